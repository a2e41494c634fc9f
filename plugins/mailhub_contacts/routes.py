"""The plugin's pages, gathered: blueprints, lines of the menu, the dashboard's panel."""

from flask import Flask, render_template
from flask_babel import lazy_gettext

from mailhub import MenuEntry
from mailhub.permissions import Actor
from mailhub_contacts import contact_pages, import_pages, list_pages, segment_pages, suppression_pages
from mailhub_contacts.models import Contact

PANEL = 30

MENU = (
    MenuEntry("Contacts", "Contacts", "contacts.index", "contacts.view", position=10),
    MenuEntry("Contacts", "Lists", "lists.index", "contacts.view", position=20),
    MenuEntry("Contacts", "Segments", "segments.index", "contacts.view", position=25),
    MenuEntry("Contacts", "Import", "imports.index", "contacts.import", position=30),
    MenuEntry("Contacts", "Suppressed", "suppressions.index", "suppressions.view", position=40),
)
WORDS = tuple(map(lazy_gettext, ("Contacts", "Lists", "Segments", "Import", "Suppressed")))
"""The menu's titles once more, where the translations' extraction sees them."""


def register(app: Flask) -> None:
    """Add the pages to the application."""
    for pages in (
        contact_pages.pages,
        list_pages.pages,
        segment_pages.pages,
        import_pages.pages,
        suppression_pages.pages,
    ):
        app.register_blueprint(pages)


def panels(actor: Actor) -> list[tuple[int, str]]:
    """The dashboard's panel with the number of contacts, for those who may see them."""
    if not actor.may("contacts.view"):
        return []
    count = Contact.of(actor.account_id).count()
    return [(PANEL, render_template("contacts/panel.html", count=count))]

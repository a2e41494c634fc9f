"""What pages call fields, reasons and counts, in the reader's language."""

from typing import Any

from flask_babel import gettext, lazy_gettext

from mailhub_contacts.columns import IGNORE
from mailhub_contacts.mapping import CUSTOM
from mailhub_contacts.models import CustomField

FIELDS: dict[str, Any] = {
    "address": lazy_gettext("E-mail"),
    "language": lazy_gettext("Language"),
    "display": lazy_gettext("Display"),
    "first_name": lazy_gettext("First name"),
    "last_name": lazy_gettext("Last name"),
    "title": lazy_gettext("Title"),
    "company": lazy_gettext("Company"),
    "phone": lazy_gettext("Phone"),
    "city": lazy_gettext("City"),
    "country": lazy_gettext("Country"),
    "postcode": lazy_gettext("Postcode"),
}
LANGUAGES: dict[str, Any] = {"en": lazy_gettext("English"), "fr": lazy_gettext("French")}
SCOPES: dict[str, Any] = {"bulk": lazy_gettext("Bulk mail"), "all": lazy_gettext("All mail")}
STATES: tuple[Any, ...] = tuple(map(lazy_gettext, ("analysing", "analysed")))
"""The states the core has no word for; the macro `badge` looks them up by their own."""
REASONS: dict[str, Any] = {
    "unsubscribed": lazy_gettext("unsubscribed"),
    "bounced": lazy_gettext("bounced"),
    "complained": lazy_gettext("complained"),
    "manual": lazy_gettext("added by hand"),
}
SEPARATORS: dict[str, Any] = {
    ";": lazy_gettext("semicolon (;)"),
    ",": lazy_gettext("comma (,)"),
    "\t": lazy_gettext("tab"),
    "|": lazy_gettext("bar (|)"),
}


def field_title(key: str, titles: dict[str, str]) -> str:
    """A field's name: `titles` holds the custom ones by slug."""
    key = key.removeprefix(CUSTOM)
    return str(FIELDS.get(key) or titles.get(key) or key)


def titles_of(fields: list[CustomField]) -> dict[str, str]:
    """Custom fields as slug → title."""
    return {each.slug: each.title for each in fields}


def field_choices(column: dict[str, Any], titles: dict[str, str]) -> list[tuple[str, str]]:
    """What a column can be mapped to: the known fields, the account's own, one made for it, or nothing."""
    choices = [(key, str(words)) for key, words in FIELDS.items()]
    choices += [(CUSTOM + slug, title) for slug, title in titles.items()]
    own = column["field"] if column["field"].startswith(CUSTOM) else column["own"]
    if own.removeprefix(CUSTOM) not in titles:
        choices.append((own, gettext("New field: %(name)s", name=column["name"] or own.removeprefix(CUSTOM))))
    return [*choices, (IGNORE, gettext("Leave out"))]

"""The sidebar: the core's entries and the plugins', each only for who may open it and only if it exists."""

from dataclasses import dataclass, replace

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext

from mailhub.accounts import Account, accounts_of
from mailhub.hub import Hub
from mailhub.vocabulary import MenuEntry
from mailhub.web.auth import current_actor, current_hub, current_session, is_signed_in

GROUPS = {
    "Dashboard": (lazy_gettext("Dashboard"), "home"),
    "Campaigns": (lazy_gettext("Campaigns"), "send"),
    "Contacts": (lazy_gettext("Contacts"), "users"),
    "Messages": (lazy_gettext("Messages"), "mail"),
    "Settings": (lazy_gettext("Settings"), "settings"),
    "Server": (lazy_gettext("Server"), "server"),
}
"""The sidebar's entries, in order: their words and icons. An entry without a line under it is not shown."""

CORE = (
    MenuEntry("Dashboard", "Dashboard", "dashboard.show", "", position=0),
    MenuEntry("Messages", "Sent", "messages.index", "messages.view", position=10),
    MenuEntry("Messages", "Tags", "tags.index", "messages.view", position=15),
    MenuEntry("Messages", "Waiting", "queue.own", "messages.view", position=12),
    MenuEntry("Messages", "Sandbox", "sandbox.index", "sandbox.view", position=20),
    MenuEntry("Settings", "Account", "settings.account", "account.view", position=10),
    MenuEntry("Settings", "Users", "settings.users", "users.view", position=20),
    MenuEntry("Settings", "Domains", "domains.index", "domains.view", position=30),
    MenuEntry("Settings", "SMTP access", "smtp_access.index", "smtp_credentials.view", position=40),
    MenuEntry("Settings", "API keys", "api_keys.index", "api_keys.view", position=50),
    MenuEntry("Settings", "Activity", "activity.index", "activity.view", position=90),
    MenuEntry("Server", "Status", "server.status", "server.view", position=10),
    MenuEntry("Server", "Queue", "queue.server", "server.view", position=15),
    MenuEntry("Server", "Routes", "routes.index", "routes.view", position=20),
    MenuEntry("Server", "Address pools", "pools.index", "routes.view", position=25),
    MenuEntry("Server", "Received mail", "received.index", "received.view", position=50),
    MenuEntry("Server", "SMTP bans", "smtp_bans.index", "smtp_bans.view", position=60),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line under a group: English title, address, and whether the page shown belongs to it."""

    title: str
    url: str
    active: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """One entry of the sidebar with its lines. `name` is its English word, `title` that of the page's language."""

    name: str
    title: str
    icon: str
    lines: tuple[Line, ...]

    @property
    def active(self) -> bool:
        """True when the page shown belongs to one of its lines."""
        return any(line.active for line in self.lines)


def register(app: Flask, hub: Hub) -> None:
    """Give templates `menu()` and `my_accounts()`."""
    app.jinja_env.globals.update(menu=menu, my_accounts=my_accounts)


def my_accounts() -> list[Account]:
    """The accounts whoever is signed in may switch to."""
    return accounts_of(current_session().user)


def menu() -> list[Group]:
    """The sidebar of whoever is signed in; empty before."""
    if not is_signed_in():
        return []
    lines = {under: _lines(entries) for under, entries in _entries().items()}
    here = _here([line.url for each in lines.values() for line in each])
    return [
        Group(under, str(title), icon, tuple(replace(line, active=line.url == here) for line in lines[under]))
        for under, (title, icon) in GROUPS.items()
        if lines.get(under)
    ]


def _entries() -> dict[str, list[MenuEntry]]:
    actor = current_actor()
    found = list(CORE)
    for _, brought in current_hub().ask_safely("menu_items", hub=current_hub(), actor=actor):
        found += brought or []
    grouped: dict[str, list[MenuEntry]] = {}
    for entry in sorted(found, key=lambda entry: entry.position):
        if entry.endpoint in current_app.view_functions and (not entry.permission or actor.may(entry.permission)):
            grouped.setdefault(entry.under, []).append(entry)
    return grouped


def _lines(entries: list[MenuEntry]) -> tuple[Line, ...]:
    return tuple(Line(entry.title, url_for(entry.endpoint)) for entry in entries)


def _here(urls: list[str]) -> str:
    """The line the page shown belongs to: the longest address that its path begins with."""
    path = request.path.rstrip("/") + "/"
    under = [url for url in urls if path.startswith(url.rstrip("/") + "/") and (url != "/" or request.path == "/")]
    return max(under, key=len, default="")

"""What a plugin brings, as itself says it: the words and addresses that nothing may show once it is switched off."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask

from mailhub.accounts import ROLES
from mailhub.hub import Hub
from mailhub.permissions import CORE as CORE_PERMISSIONS
from mailhub.permissions import Actor
from mailhub.web import menu

LINKS = frozenset({"href", "src", "action", "formaction", "hx-get", "hx-post"})
READ = frozenset({"title", "placeholder", "aria-label", "alt", "value"})
"""Attributes that people read or hear."""


@dataclass(frozen=True)
class Brought:
    """Of one plugin. `names`: actions, permissions, events and settings. `words`: what people read: lines of the menu,
    titles and areas of permissions, channels. `areas`: the first parts of its actions' names. `rules`: (address, endpoint).
    """

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    mounts: frozenset[str] = frozenset()
    rules: frozenset[tuple[str, str]] = frozenset()

    def less(self, others: Iterable["Brought"]) -> "Brought":
        """What is this one's alone."""
        left = {name: own.difference(*(getattr(each, name) for each in others)) for name, own in self.__dict__.items()}
        return Brought(**left)


def core() -> Brought:
    """What is there without any plugin, of that which plugins bring too."""
    words = {each.title for each in menu.CORE} | {each.area for each in CORE_PERMISSIONS}
    words |= {each.capitalize() for each in ROLES}
    return Brought(words=frozenset(words | {each.title for each in CORE_PERMISSIONS}))


def brought(hub: Hub, plugin: str, actor: Actor) -> Brought:
    """What a loaded plugin answers to the hooks that bring something, before an owner. Its pages are added by who asks."""
    actions = _of(hub, plugin, "register_actions")
    permissions = _of(hub, plugin, "register_permissions")
    lines = _of(hub, plugin, "menu_items", hub=hub, actor=actor)
    channels = _of(hub, plugin, "alert_channels", hub=hub)
    events = _of(hub, plugin, "register_events")
    settings = _of(hub, plugin, "register_settings")
    return Brought(
        names=frozenset(each.name for each in (*actions, *permissions, *events))
        | frozenset(each.key for each in settings),
        words=frozenset(each.title for each in (*lines, *permissions, *channels))
        | frozenset(each.area for each in permissions),
        areas=frozenset(each.name.partition(".")[0] for each in actions),
        commands=frozenset(str(each.name) for each in _of(hub, plugin, "register_commands")),
        mounts=frozenset(_of(hub, plugin, "register_mounts", hub=hub)),
    )


def _of(hub: Hub, plugin: str, hook: str, /, **arguments: Any) -> list[Any]:
    for name, answer in hub.ask(hook, **arguments):
        if name == plugin:
            return list(answer)
    return []


def rules_of(app: Flask) -> frozenset[tuple[str, str]]:
    """Every address of the pages with its endpoint."""
    return frozenset((each.rule, each.endpoint) for each in app.url_map.iter_rules())


def has_word(text: str, word: str) -> bool:
    """Whether a word, or a name with dots, stands in a text as a whole."""
    return re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)", text) is not None


@dataclass
class Page:
    """A page: what people read on it, and the addresses on this site that it leads to."""

    address: str
    html: str
    text: str = ""
    links: set[str] = field(default_factory=set)


def read(address: str, html: str) -> Page:
    """Take a page apart."""
    reader = _Reader()
    reader.feed(html)
    links = {urlsplit(urljoin(f"http://localhost{address}", each)) for each in reader.links}
    own = {each.path + (f"?{each.query}" if each.query else "") for each in links if each.netloc == "localhost"}
    return Page(address, html, " ".join(" ".join(reader.read).split()), own)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.links: set[str] = set()
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in ("script", "style")
        self.links |= {value for name, value in attrs if name in LINKS and value}
        self.read += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.read.append(data)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of an OpenAPI document with its path."""
    for path, found in document["paths"].items():
        for operation in found.values():
            yield path, operation

"""The sidebar: core's lines and the plugins', for who may open them; one line is marked as here."""

import re
from types import ModuleType

import mailhub
from mailhub import MenuEntry
from mailhub.hub import Hub
from mailhub.permissions import Actor

from .conftest import Browser


def _titles(text: str) -> list[str]:
    return re.findall(r'nav-link-title">([^<]+)<', text)


def test_the_operators_owner_sees_what_is_there(owner: Browser) -> None:
    assert _titles(owner.get("/").text) == ["Dashboard", "Messages", "Settings", "Server"]


def test_others_see_what_they_may_open(colleague: object, stranger: Browser) -> None:
    assert callable(colleague)
    assert _titles(colleague("marketer").get("/").text) == ["Dashboard", "Messages"]
    assert _titles(stranger.get("/").text) == ["Dashboard", "Messages", "Settings"]


def test_lines_of_plugins_join_the_entry_they_belong_to(owner: Browser, hub: Hub) -> None:
    module = ModuleType("extra")

    @mailhub.hookimpl
    def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
        return [
            MenuEntry("Contacts", "Lists", "domains.index", "domains.view"),
            MenuEntry("Messages", "Secret", "domains.index", "nobody.has.this"),
            MenuEntry("Messages", "Not built", "extra.not_there", ""),
        ]

    module.menu_items = menu_items  # type: ignore[attr-defined]
    hub.manager.register(module, "extra")
    assert "Contacts" in _titles(owner.get("/").text)


def test_one_line_is_here_on_pages_below_it_too(owner: Browser) -> None:
    for path, title in (("/settings/users/new", "Users"), ("/settings/account", "Account"), ("/messages", "Sent")):
        here = re.findall(r'<a class="nav-link active" href="[^"]+" aria-current="page">([^<]+)<', owner.get(path).text)
        assert here == [title], path
    assert owner.get("/").text.count('aria-current="page"') == 1

"""What a new account is asked to do, ticked as it is done, gone when all is."""

from types import ModuleType

from flask import Flask

import mailhub
from mailhub import Audience, MenuEntry
from mailhub.hub import Hub
from mailhub.permissions import Actor

from . import seed
from .conftest import Browser


def test_steps_are_ticked(owner: Browser, hub: Hub) -> None:
    assert "First steps" in owner.get("/").text
    owner.post("/settings/domains/new", name="news.example.com")
    text = owner.get("/").text
    assert text.count('<li class="done">') == 1
    seed.kept(hub, b"Subject: a\r\n\r\nb")
    assert "First steps" not in owner.get("/").text


def test_steps_of_plugins_appear_with_their_pages(owner: Browser, hub: Hub, app: Flask) -> None:
    assert "Import contacts" not in owner.get("/").text
    module = ModuleType("people")
    count = [0]

    @mailhub.hookimpl
    def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
        return [
            MenuEntry("Contacts", "Lists", "messages.index", ""),
            MenuEntry("Campaigns", "All", "sandbox.index", ""),
        ]

    @mailhub.hookimpl
    def list_audiences(hub: Hub, account: int) -> list[Audience]:
        return [Audience("list:1", "Spring", count[0])]

    module.menu_items, module.list_audiences = menu_items, list_audiences  # type: ignore[attr-defined]
    hub.manager.register(module, "people")
    text = owner.get("/").text
    assert "Import contacts" in text
    assert '<li class="done">' not in text
    count[0] = 3
    seed.source(hub)
    assert owner.get("/").text.count('<li class="done">') == 2


def test_empty_pages_lead_to_the_campaigns_where_there_are_any(owner: Browser, hub: Hub, colleague: object) -> None:
    for page in ("/messages", "/sandbox"):
        assert "Write a campaign" not in owner.get(page).text
    module = ModuleType("letters")

    @mailhub.hookimpl
    def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
        return [MenuEntry("Campaigns", "All", "activity.index", "")]

    module.menu_items = menu_items  # type: ignore[attr-defined]
    hub.manager.register(module, "letters")
    for page in ("/messages", "/sandbox"):
        assert 'href="/settings/activity">Write a campaign</a>' in owner.get(page).text
    assert callable(colleague)
    assert "Write a campaign" not in colleague("analyst").get("/messages").text


def test_nobody_is_asked_for_what_they_may_not(owner: Browser, colleague: object) -> None:
    assert callable(colleague)
    text = colleague("marketer").get("/").text
    assert "Add a domain" not in text
    assert "Look into the sandbox" in text

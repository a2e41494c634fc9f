"""Pages of a list follow each other without gaps or repeats, forwards and back, with their filters."""

import re

from flask import Flask

from mailhub.hub import Hub
from mailhub.messages import Message
from mailhub.web.paging import keyset

from . import seed
from .conftest import Browser


def _walk(browser: Browser, path: str, direction: str) -> list[list[str]]:
    pages = []
    while path:
        text = browser.get(path).text
        pages.append(re.findall(r"n(\d+)@example\.org</a>", text))
        found = re.search(rf'rel="{direction}" href="([^"]+)"', text)
        path = found[1].replace("&amp;", "&") if found else ""
    return pages


def test_older_and_newer(owner: Browser, hub: Hub) -> None:
    source = seed.source(hub)
    for each in range(120):
        seed.message(hub, source, f"n{each}@example.org")
    down = _walk(owner, "/messages?outcome=delivered", "next")
    assert [len(page) for page in down] == [50, 50, 20]
    assert [int(name) for page in down for name in page] == list(range(119, -1, -1))
    oldest = Message.select().order_by(Message.id).limit(20)
    up = _walk(owner, f"/messages?outcome=delivered&before={list(oldest)[-1].id + 1}", "prev")
    assert [name for page in reversed(up) for name in page] == [name for page in down for name in page]


def test_filters_stay_in_the_addresses(owner: Browser, hub: Hub) -> None:
    source = seed.source(hub)
    for each in range(51):
        seed.message(hub, source, f"n{each}@example.org")
    assert re.search(
        r'rel="next" href="/messages\?outcome=delivered&amp;before=\d+"', owner.get("/messages?outcome=delivered").text
    )


def test_a_page_beyond_the_end_is_empty(app: Flask, hub: Hub) -> None:
    with app.test_request_context("/messages?before=1"):
        leaf = keyset(Message.select(), Message.id)
    assert leaf == ([], "", "")

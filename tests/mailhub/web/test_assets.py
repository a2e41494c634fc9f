"""Addresses of static files change with their content, and only those may be kept for ever."""

import re
from pathlib import Path

from flask import Flask, url_for

from mailhub.web.assets import KEEP

from .conftest import Browser

ROOM = Path(__file__).parents[3] / "mailhub/web"


def test_a_static_address_carries_the_content(app: Flask) -> None:
    with app.test_request_context():
        address = url_for("static", filename="mailhub/mailhub.css")
    assert re.fullmatch(r"/static/mailhub/mailhub\.css\?v=[0-9a-f]{12}", address)
    answer = app.test_client().get(address)
    assert answer.headers["Cache-Control"] == KEEP
    assert "Set-Cookie" not in answer.headers


def test_another_version_is_not_kept(app: Flask) -> None:
    answer = app.test_client().get("/static/mailhub/mailhub.css?v=000000000000")
    assert answer.headers["Cache-Control"] != KEEP


def test_what_is_not_there_has_no_version(app: Flask) -> None:
    with app.test_request_context():
        assert url_for("static", filename="nothing.css") == "/static/nothing.css"


def test_what_a_page_loads_is_there(owner: Browser) -> None:
    text = owner.get("/").text
    loaded = re.findall(r'(?:src|href)="(/static/[^"#]+)', text)
    assert len(loaded) > 5
    for address in {address.replace("&amp;", "&") for address in loaded}:
        assert owner.client.get(address).status_code == 200, address


def test_every_icon_that_a_page_names_is_packed() -> None:
    packed = {line.strip() for line in (ROOM / "icons.txt").read_text().splitlines()}
    text = "".join(path.read_text() for path in [*ROOM.rglob("*.html"), ROOM / "states.py", ROOM / "menu.py"])
    named = set(re.findall(r'icon\("([a-z-]+)"', text))
    named |= set(re.findall(r'Look\(lazy_gettext\("[^"]+"\), "[a-z]+", "([a-z-]+)"\)', text))
    named |= set(re.findall(r'lazy_gettext\("[^"]+"\), "([a-z-]+)"\)', text))
    assert len(named) > 20
    assert named <= packed

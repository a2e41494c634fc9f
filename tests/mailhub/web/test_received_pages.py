"""Received mail kept for staff: read as text, tried again, sent on and deleted by the operator alone."""

import pytest

from mailhub.hub import Hub
from mailhub.inbound.arrivals import Arrival
from mailhub.messages import Queued
from tests.mailhub.inbound.coming import come, work

from .conftest import Browser

PATH = "/server/received"
EVIL = (
    b'From: "<script>alert(1)</script>" <eve@example.org>\r\nSubject: <b>Hello</b>\r\nX-Evil: <img src=x onerror=alert(1)>\r\n'
    b"Content-Type: text/html\r\n\r\n<script>alert(2)</script>\r\n"
)


@pytest.fixture
def number(owner: Browser, hub: Hub) -> int:
    """The number of a mail that was kept."""
    come(hub, EVIL, "postmaster", sender="eve@example.org")
    work(hub)
    return int(Arrival.get().id)


def test_the_empty_page_says_what_it_is_for(owner: Browser) -> None:
    text = owner.get(PATH).text
    assert "Nothing is kept for you" in text
    assert "postmaster" in text


def test_a_mail_is_listed_and_read_as_text_whatever_it_holds(owner: Browser, number: int) -> None:
    listed = owner.get(PATH).text
    assert "&lt;b&gt;Hello&lt;/b&gt;" in listed
    assert "for the postmaster" in listed
    shown = owner.get(f"{PATH}/{number}").text
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in shown
    for page in (listed, shown):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>Hello" not in page


def test_the_file_is_never_shown_by_a_browser(owner: Browser, number: int) -> None:
    answer = owner.get(f"{PATH}/{number}/mail.eml")
    assert answer.data.endswith(EVIL)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert owner.get(f"{PATH}/{number + 1}/mail.eml").status_code == 404


def test_it_is_found_by_its_reason(owner: Browser, number: int) -> None:
    assert "Hello" in owner.get(f"{PATH}?why=staff").text
    assert "No mail fits" in owner.get(f"{PATH}?why=failed").text
    assert "Hello" in owner.get(f"{PATH}?why=nonsense").text


def test_it_is_sent_on(owner: Browser, number: int) -> None:
    wrong = owner.post(f"{PATH}/{number}/forward", to="nobody")
    assert (wrong.status_code, 'id="error-to"' in wrong.text) == (422, True)
    assert owner.post(f"{PATH}/{number}/forward", to="op@b.example").status_code == 303
    assert [each.address for each in Queued.select()] == ["op@b.example"]


def test_it_is_read_again_and_comes_back(owner: Browser, hub: Hub, number: int) -> None:
    assert owner.post(f"{PATH}/{number}/retry").status_code == 303
    assert "Nothing is kept for you" in owner.get(PATH).text
    work(hub)
    assert "Hello" in owner.get(PATH).text


def test_it_is_deleted_alone_or_with_the_others_of_its_reason(owner: Browser, hub: Hub, number: int) -> None:
    assert owner.post(f"{PATH}/{number}/delete").status_code == 303
    assert owner.get(f"{PATH}/{number}").status_code == 404
    for _ in range(3):
        come(hub, EVIL, "abuse")
    work(hub)
    assert owner.post(f"{PATH}/delete", why="staff").status_code == 303
    assert Arrival.select().count() == 0


def test_the_page_is_the_operators(owner: Browser, stranger: Browser, number: int) -> None:
    assert PATH in owner.get("/").text
    assert PATH not in stranger.get("/").text
    for path in (PATH, f"{PATH}/{number}", f"{PATH}/{number}/mail.eml"):
        assert stranger.get(path).status_code == 403
    for path in ("delete", f"{number}/retry", f"{number}/forward", f"{number}/delete"):
        assert stranger.post(f"{PATH}/{path}", to="a@b.ca", why="staff").status_code == 403

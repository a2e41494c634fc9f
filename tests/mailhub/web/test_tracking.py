"""Opens, clicks and one-click unsubscribing by WSGI calls, and what is written of them."""

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mailhub.addresses import Suppression
from mailhub.db import bulk
from mailhub.events import CORE_EVENTS
from mailhub.hub import Hub
from mailhub.messages import Content, Event, Outcome, Queued
from mailhub.outbox import claim, settle
from mailhub.testing import Clock, make_owner, make_source
from mailhub.web import tracking
from mailhub.web.tracking import PATIENCE, PIXEL, Tracking

LINKS = ["https://example.com/one?a=1&b=%20", "https://exämple.com/日本 x\r\nX-Evil: 1"]


class Site:
    """The application with one sent message behind it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.application = Tracking(hub, self._pages)
        source = make_source(hub, make_owner(hub)[0], ["reader@example.com"], kind="campaign")
        self.content = source.content_id
        Content.update(links=LINKS).where(Content.id == self.content).execute()
        self.message = Queued.get().id
        self.source = source
        self.token = hub.tokens.message(self.content, self.message)

    def _pages(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        start("418 Pages", [])
        return [environ["PATH_INFO"].encode()]

    def settle(self) -> None:
        with bulk():
            claim(self.source, self.hub.node.number, 1, self.hub.ms())
            settle(self.hub.node.number, [Outcome(self.message, 1, "delivered", self.hub.ms(), 250)])

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", **environ: str
    ) -> tuple[str, dict[str, str], bytes]:
        heard: list[Any] = []
        given = {
            "PATH_INFO": path, "REQUEST_METHOD": method, "wsgi.input": io.BytesIO(body), "HTTP_USER_AGENT": "reader/1",
            "CONTENT_LENGTH": str(len(body)), **environ,
        }  # fmt: skip
        answer = b"".join(self.application(given, lambda status, headers: heard.extend([status, dict(headers)])))
        return heard[0], heard[1], answer

    def events(self, count: int) -> list[Event]:
        until = time.monotonic() + 5
        while Event.select().where(Event.kind != "delivered").count() < count and time.monotonic() < until:
            time.sleep(0.02)
        return list(Event.select().where(Event.kind != "delivered").order_by(Event.id))


@pytest.fixture
def site(core: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(tracking, "EVERY", 0.02)
    made = Site(core)
    yield made
    made.application.recorder.stop()


def test_the_pixel_is_an_image_that_is_never_kept_and_the_open_is_written(site: Site) -> None:
    site.settle()
    status, headers, body = site.ask(f"/o/{site.token}.gif")
    assert (status, headers["Content-Type"], body) == ("200 OK", "image/gif", PIXEL)
    assert "no-store" in headers["Cache-Control"]
    [event] = site.events(1)
    assert (event.kind, event.message_id, event.source_id) == ("opened", site.message, site.source.id)
    assert (event.account_id, event.attempt, event.values) == (site.source.account_id, None, {"agent": "reader/1"})


def test_a_click_leads_on_and_is_written_with_its_number(site: Site) -> None:
    site.settle()
    status, headers, body = site.ask(f"/c/{site.token}/0")
    assert (status, headers["Location"], body) == ("302 Found", LINKS[0], b"")
    [event] = site.events(1)
    assert (event.kind, event.values) == ("clicked", {"agent": "reader/1", "link": 0})


def test_a_link_with_letters_no_header_can_carry_is_spelled_out(site: Site) -> None:
    status, headers, _ = site.ask(f"/c/{site.token}/1")
    assert status == "302 Found"
    location = headers["Location"]
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location
    assert location.startswith("https://ex%C3%A4mple.com/%E6%97%A5%E6%9C%AC%20x%0D%0A")


@pytest.mark.parametrize(
    "number", ["2", "-1", "", "x", "0/0", "\u00b2", "\u0661", "9" * 5000, "00000000000000000000001x"]
)
def test_a_link_that_is_not_there_is_the_pages(site: Site, number: str) -> None:
    assert site.ask(f"/c/{site.token}/{number}")[0] == "418 Pages"


@pytest.mark.parametrize("token", ["", "x", "A" * 28, "é"])
def test_an_unknown_token_is_nobodys(site: Site, token: str) -> None:
    assert site.ask(f"/c/{token}/0")[0] == "418 Pages"
    assert site.ask(f"/o/{token}.gif")[2] == PIXEL
    assert site.ask(f"/u/{token}", "POST", b"List-Unsubscribe=One-Click")[0] == "404 Not Found"
    site.application.recorder.stop()
    assert Event.select().count() == 0


def test_a_look_ahead_is_no_open(site: Site) -> None:
    site.settle()
    assert site.ask(f"/o/{site.token}.gif", "HEAD")[0] == "200 OK"
    assert site.ask(f"/c/{site.token}/0", "HEAD")[0] == "302 Found"
    site.application.recorder.stop()
    assert site.events(0) == []


_MULTIPART = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (_MULTIPART, "multipart/form-data; boundary=b"),
    ],
)
def test_one_click_unsubscribes_at_once_and_twice_is_once(site: Site, body: bytes, kind: str) -> None:
    for _ in range(2):
        status, _, text = site.ask(f"/u/{site.token}", "POST", body, CONTENT_TYPE=kind)
        assert (status, text) == ("200 OK", b"Unsubscribed.")
    [row] = Suppression.select()
    assert (row.address, row.scope, row.reason) == ("reader@example.com", "bulk", "unsubscribed")
    [event] = site.events(1)
    assert (event.kind, event.values["door"]) == ("unsubscribed", "link")


@pytest.mark.parametrize("body", [b"List-Unsubscribe=Yes", b"One-Click", b"\xff\xfe", b"a=b&List-Unsubscribe=One-Clic"])
def test_another_form_unsubscribes_nobody(site: Site, body: bytes) -> None:
    status, _, _ = site.ask(f"/u/{site.token}", "POST", body, CONTENT_TYPE="application/x-www-form-urlencoded")
    assert status == "400 Bad Request"
    assert Suppression.select().count() == 0


def test_a_person_with_a_cookie_or_a_form_without_length_gets_the_page(site: Site) -> None:
    body = b"List-Unsubscribe=One-Click"
    assert site.ask(f"/u/{site.token}", "POST", body, HTTP_COOKIE="session=1")[0] == "418 Pages"
    assert site.ask(f"/u/{site.token}", "POST", body, CONTENT_LENGTH="")[0] == "418 Pages"
    assert site.ask(f"/u/{site.token}")[0] == "418 Pages"
    assert site.ask("/campaigns")[2] == b"/campaigns"
    assert Suppression.select().count() == 0


def test_a_message_long_forgotten_is_said_so(site: Site) -> None:
    Queued.delete().execute()
    status, _, text = site.ask(f"/u/{site.token}", "POST", b"List-Unsubscribe=One-Click")
    assert status == "410 Gone"
    assert b"write to its sender" in text


def test_what_is_seen_before_the_outcome_is_known_waits_for_it(site: Site) -> None:
    site.ask(f"/o/{site.token}.gif")
    time.sleep(0.15)
    assert Event.select().count() == 0
    site.settle()
    [event] = site.events(1)
    assert event.kind == "opened"


def test_what_is_never_settled_is_not_waited_for_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(site.hub, "clock", clock)
    site.ask(f"/o/{site.token}.gif")
    until = time.monotonic() + 20
    while len(site.application.recorder._seen) != 1 and time.monotonic() < until:  # empty while it is being looked at
        time.sleep(0.01)
    assert time.monotonic() < until
    clock.move(PATIENCE / 1000 + 1)
    until = time.monotonic() + 5
    while site.application.recorder._seen and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.1)
    assert site.application.recorder._seen == []
    site.settle()
    assert site.events(0) == []


def test_many_are_written_in_few_batches_and_the_last_at_the_end(site: Site) -> None:
    site.settle()
    for _ in range(2500):
        site.ask(f"/o/{site.token}.gif")
    site.application.recorder.stop()
    assert Event.select().where(Event.kind == "opened").count() == 2500
    assert not site.application.recorder._thread.is_alive()


def test_a_database_that_fails_for_a_while_loses_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.settle()
    original, failures = tracking._known, iter([OSError("gone"), OSError("gone")])

    def known(ids: set[int]) -> Any:
        for error in failures:
            raise error
        return original(ids)

    monkeypatch.setattr(tracking, "_known", known)
    site.ask(f"/c/{site.token}/0")
    [event] = site.events(1)
    assert event.kind == "clicked"


def test_what_was_written_before_a_failure_is_not_written_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.settle()
    site.application.recorder.stop()
    original, answers = tracking._known, iter([None, OSError("gone")])

    def known(ids: set[int]) -> Any:
        if error := next(answers, None):
            raise error
        return original(ids)

    monkeypatch.setattr(tracking, "_known", known)
    for _ in range(2500):
        site.ask(f"/o/{site.token}.gif")
    site.application.recorder._write_safely()
    assert len(site.application.recorder._seen) == 500
    site.application.recorder._write_safely()
    assert Event.select().where(Event.kind == "opened").count() == 2500


def test_what_is_told_is_registered() -> None:
    assert {"opened", "clicked", "unsubscribed"} <= {each.name for each in CORE_EVENTS}

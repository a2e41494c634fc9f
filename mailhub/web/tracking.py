"""Opens, clicks and one-click unsubscribing, answered before Flask by one small WSGI function, recorded in batches.

`/o/TOKEN.gif`, `/c/TOKEN/N`, `POST /u/TOKEN` with `List-Unsubscribe=One-Click` (RFC 8058); everything else goes on to
the pages.
"""

import base64
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

from mailhub import metrics
from mailhub.db import bulk, close_database, in_list, sql
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.messages import CLICKED, OPENED, Content
from mailhub.unsubscribing import unsubscribe

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
EVERY = 0.25
"""Seconds between two writes of what was seen."""
PATIENCE = 60_000
"""Milliseconds something seen waits for its message's outcome to be written."""
LARGEST_BODY = 1000

_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII).fullmatch
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
"""What a header can carry: a link's other letters are spelled out (RFC 3986 section 2.1)."""

log = logging.getLogger(__name__)

Answer = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_NEVER_KEPT = ("Cache-Control", "no-store, private")


class Seen(NamedTuple):
    """An open or a click, as it came in. `at` is in ms, `link` the link's number or None."""

    kind: str
    message_id: int
    at: int
    agent: str
    link: int | None


class Tracking:
    """A WSGI application in front of `pages`. One a process; its recorder writes from a thread of its own."""

    def __init__(self, hub: Hub, pages: Application) -> None:
        self.hub = hub
        self.pages = pages
        self.recorder = Recorder(hub)
        self._links: dict[int, list[str]] = {}

    def __call__(self, environ: dict[str, Any], start: Answer) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/c/"):
            return self._click(environ, start, path)
        if path.startswith("/o/"):
            return self._open(environ, start, path)
        if path.startswith("/u/") and environ["REQUEST_METHOD"] == "POST":
            return self._one_click(environ, start, path)
        return self.pages(environ, start)

    def _open(self, environ: dict[str, Any], start: Answer, path: str) -> Iterable[bytes]:
        token = self.hub.tokens.read_message(path[3:].removesuffix(".gif"))
        if token is not None:
            self._saw(environ, OPENED, token.message_id, None)
        start("200 OK", [("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL))), _NEVER_KEPT])
        return [PIXEL]

    def _click(self, environ: dict[str, Any], start: Answer, path: str) -> Iterable[bytes]:
        text, _, number = path[3:].partition("/")
        token = self.hub.tokens.read_message(text)
        links = self._links_of(token.content_id) if token else []
        if token is None or not _NUMBER(number) or int(number) >= len(links):
            return self.pages(environ, start)  # their "not found" page
        self._saw(environ, CLICKED, token.message_id, int(number))
        start(
            "302 Found",
            [("Location", quote(links[int(number)], safe=_PRINTABLE)), ("Content-Length", "0"), _NEVER_KEPT],
        )
        return []

    def _one_click(self, environ: dict[str, Any], start: Answer, path: str) -> Iterable[bytes]:
        """RFC 8058: a POST with this form and no cookie unsubscribes at once. Any other POST is the page's."""
        if "HTTP_COOKIE" in environ or not environ.get("CONTENT_LENGTH", "").isdigit():
            return self.pages(environ, start)
        length = int(environ["CONTENT_LENGTH"])
        body = environ["wsgi.input"].read(min(length, LARGEST_BODY)).decode("latin-1")
        if not _is_one_click(environ.get("CONTENT_TYPE", ""), body):
            return _plain(start, "400 Bad Request", "This form is not List-Unsubscribe=One-Click (RFC 8058).")
        token = self.hub.tokens.read_message(path[3:])
        if token is None:
            return _plain(start, "404 Not Found", "This link belongs to no message of this server.")
        try:
            reader = unsubscribe(self.hub, token.message_id, token.content_id, "link")
        finally:
            close_database()
        if reader is None:
            return _plain(start, "410 Gone", "This message is no longer known here: write to its sender instead.")
        return _plain(start, "200 OK", "Unsubscribed.")

    def _saw(self, environ: dict[str, Any], kind: str, message_id: int, link: int | None) -> None:
        if environ["REQUEST_METHOD"] != "HEAD":
            agent = environ.get("HTTP_USER_AGENT", "")[:200]
            self.recorder.add(Seen(kind, message_id, self.hub.ms(), agent, link))

    def _links_of(self, content_id: int) -> list[str]:
        links = self._links.get(content_id)
        if links is None:
            content = Content.get_or_none(Content.id == content_id)
            close_database()
            if len(self._links) > 1000:
                self._links.clear()
            links = self._links[content_id] = content.links if content else []
        return links


def _is_one_click(content_type: str, body: str) -> bool:
    if content_type.startswith("multipart/form-data"):
        return 'name="List-Unsubscribe"' in body and "One-Click" in body
    return parse_qs(body).get("List-Unsubscribe") == ["One-Click"]


def _plain(start: Answer, status: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


class Recorder:
    """Writes what was seen, in batches. A visitor never waits for it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: list[Seen] = []
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="tracking", daemon=True)
        self._thread.start()

    def add(self, seen: Seen) -> None:
        """Remember something seen until the next write."""
        with self._guard:
            self._seen.append(seen)
        self._wake.set()

    def stop(self) -> None:
        """Write what is left and end."""
        self._stopping = True
        self._wake.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            time.sleep(EVERY)
            self._write_safely()
        self._write_safely()
        close_database()

    def _write_safely(self) -> None:
        with self._guard:
            batch, self._seen = self._seen, []
        left: list[Seen] = []
        for start in range(0, len(batch), 2000):
            part = batch[start : start + 2000]
            try:
                left += self._write(part)
            except Exception:
                log.exception("%s opens and clicks could not be written and are tried again", len(part))
                metrics.count("write_failed")
                left += part
        if left:
            with self._guard:
                self._seen[:0] = left
            self._wake.set()

    def _write(self, part: list[Seen]) -> list[Seen]:
        """Write events for messages whose outcome is known; returns those whose is not yet, unless they waited long."""
        known = _known({each.message_id for each in part})
        events = [_event(each, *known[each.message_id]) for each in part if each.message_id in known]
        if events:
            with metrics.spending("track"), bulk():
                write(events)
            metrics.count("written", len(events))
        oldest = self._hub.ms() - PATIENCE
        return [each for each in part if each.message_id not in known and each.at > oldest]


def _known(ids: set[int]) -> dict[int, tuple[int, int]]:
    condition, parameters = in_list("id", list(ids))
    rows = sql(f"SELECT id, account_id, source_id FROM messages WHERE {condition}", parameters).fetchall()
    return {id_: (account, source) for id_, account, source in rows}


def _event(seen: Seen, account: int, source: int) -> NewEvent:
    values = {"agent": seen.agent} | ({} if seen.link is None else {"link": seen.link})
    return NewEvent(seen.kind, account, seen.at, source_id=source, message_id=seen.message_id, values=values)

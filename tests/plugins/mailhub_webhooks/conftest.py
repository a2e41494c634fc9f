"""A hub with this plugin alone, two accounts, and a receiver on loopback that keeps what it is sent and answers as told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mailhub.db import transaction
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor
from mailhub.plugins import GROUP
from mailhub.testing import Clock, make_hub, make_owner
from mailhub_webhooks.jobs import wake


class Request(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """Its body as JSON."""
        return dict(json.loads(self.body))


class Receiver:
    """`requests` came in this order over `connections` connections; `answers` are given one by one, then 204.

    An answer is a status, a pair (status, headers), or a function that is given the handler.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Any] = []
        self.connections = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                receiver.connections += 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) < int(self.headers["Content-Length"]):  # who sent it was killed
                    self.close_connection = True
                    return
                receiver.requests.append(Request(self.path, dict(self.headers.items()), body))
                answer = receiver.answers.pop(0) if receiver.answers else 204
                if callable(answer):
                    answer(self)
                    return
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks?a=1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def ids(self) -> list[str]:
        """The events' ids in the order they came."""
        return [request.event["id"] for request in self.requests]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """The configuration's sections: this plugin alone, private addresses allowed."""
    disabled = sorted({entry.name for entry in entry_points(group=GROUP)} - {"webhooks"})
    return {"plugins": {"disabled": disabled}, "webhooks": {"allow_private": True}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, database_url: str, settings: dict[str, Any], clock: Clock) -> Iterator[Hub]:
    """A hub with this plugin over an empty database; each test runs on SQLite and PostgreSQL."""
    with make_hub(tmp_path / "data", database={"url": database_url}, **settings) as made:
        made.clock = clock
        yield made


@pytest.fixture
def sqlite_hub(tmp_path: Path, settings: dict[str, Any], clock: Clock) -> Iterator[Hub]:
    """The same on SQLite alone."""
    with make_hub(tmp_path / "data", **settings) as made:
        made.clock = clock
        yield made


@pytest.fixture
def owner(hub: Hub) -> Actor:
    return make_owner(hub)[2]


@pytest.fixture
def stranger(hub: Hub) -> Actor:
    return make_owner(hub, "Other")[2]


Tell = Callable[..., None]


@pytest.fixture
def tell() -> Tell:
    """`tell(account, 3, "opened")`: three events happen in an account."""

    def happen(account_id: int, count: int = 1, kind: str = "delivered", **more: Any) -> None:
        with transaction():
            write([NewEvent(kind, account_id, 1_800_000_000_000 + n, **more) for n in range(count)])

    return happen


@pytest.fixture
def work(hub: Hub) -> Callable[[], None]:
    """Works off what is due now, as scheduler and engine do."""

    def working() -> None:
        for _ in range(100):
            wake(hub)
            due = rows.due(hub)
            if not due:
                return
            for job_id in due:
                while rows.work(hub, job_id):
                    pass
            time.sleep(0.01)
        raise AssertionError("there is always more to do")

    return working

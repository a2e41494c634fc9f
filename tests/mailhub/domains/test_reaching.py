"""Whether the pages answer under another name: only our own sign counts."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mailhub.domains.reaching import _FILE, SIGN, answers

MARK = _FILE.read_bytes()


@contextmanager
def web(status: int, body: bytes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A web server on loopback that answers one request; what it was asked."""
    asked: list[tuple[str, str]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.headers["Host"], self.path))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.timeout = 10
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.server_close()
        thread.join(15)


def test_our_own_sign_is_asked_for_under_the_name() -> None:
    with web(200, MARK) as (url, asked):
        assert asyncio.run(answers(url, "link.acme.example")) is True
    assert asked == [(f"link.acme.example:{url.rpartition(':')[2]}", SIGN)]


@pytest.mark.parametrize(("status", "body"), [(200, b"hello"), (404, MARK), (200, b"")])
def test_another_answer_is_not_ours(status: int, body: bytes) -> None:
    with web(status, body) as (url, _):
        assert asyncio.run(answers(url, "link.acme.example")) is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_nobody_answers(url: str) -> None:
    assert asyncio.run(answers(url, "link.acme.example")) is False


def test_a_server_without_tls_is_not_believed_to_have_it() -> None:
    with web(200, MARK) as (url, asked):
        assert asyncio.run(answers(url.replace("http:", "https:"), "link.acme.example")) is False
    assert asked == []

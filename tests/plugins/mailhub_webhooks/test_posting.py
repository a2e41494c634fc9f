"""A connection is kept, a request has its time whatever the receiver does, answers are read up to a bound, TLS is verified."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mailhub.sink.certificate import self_signed
from mailhub_webhooks.addresses import Target, parse
from mailhub_webhooks.posting import KEPT, LARGEST, Connection

from .conftest import Receiver


@pytest.fixture
def connection(receiver: Receiver) -> Iterator[Connection]:
    made = Connection(parse(receiver.url, True), True, timeout=1.0)
    yield made
    made.close()


def _post(connection: Connection) -> Any:
    return connection.post(b"{}", {"Content-Type": "application/json"})


def test_requests_share_a_connection_and_a_closed_one_is_opened_again(
    receiver: Receiver, connection: Connection
) -> None:
    for _ in range(3):
        assert _post(connection).taken
    assert receiver.connections == 1

    def hang_up(handler: Any) -> None:
        handler.close_connection = True
        handler.send_response(204)
        handler.end_headers()

    receiver.answers = [hang_up]
    assert _post(connection).taken
    time.sleep(0.1)
    assert _post(connection).taken, "a connection that was closed between two requests is no fault"
    assert receiver.connections == 2


def test_a_receiver_that_is_not_there(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    answer = _post(Connection(Target("http", "127.0.0.1", port, "/"), True))
    assert (answer.code, answer.taken) == (0, False)
    assert "refused" in answer.text


@pytest.mark.parametrize("when", ["silent", "headers", "body"])
def test_a_request_has_its_time_even_when_bytes_drip(receiver: Receiver, connection: Connection, when: str) -> None:
    ended = threading.Event()

    def drip(handler: Any) -> None:
        if when == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        elif when == "headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for n in range(50):
                if when != "silent":
                    handler.wfile.write(b"x" if when == "body" else b"X-%d: y\r\n" % n)
                    handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            ended.set()
        handler.close_connection = True

    receiver.answers = [drip]
    began = time.monotonic()
    answer = _post(connection)
    assert time.monotonic() - began < 4, "all of it takes five seconds"
    assert (answer.code, answer.taken) == (0, False)
    assert "within 1 second" in answer.text or "timed out" in answer.text
    assert _post(connection).taken, "the next request has a connection of its own"


def test_a_large_answer_is_read_up_to_a_bound(receiver: Receiver, connection: Connection) -> None:
    def talk(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(LARGEST * 100))
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b"y" * LARGEST)
        except OSError:
            handler.close_connection = True

    receiver.answers = [talk]
    answer = _post(connection)
    assert answer.taken
    assert answer.text == "y" * KEPT
    assert _post(connection).taken


def test_what_is_no_http_is_said(receiver: Receiver, connection: Connection) -> None:
    def shout(handler: Any) -> None:
        handler.wfile.write(b"220 mail.example.com ESMTP\r\n")
        handler.close_connection = True

    receiver.answers = [shout]
    assert _post(connection).code == 0


def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    _, context = self_signed()
    seen: list[bytes] = []

    def serve(server: socket.socket) -> None:
        plain, _ = server.accept()
        with plain:
            try:
                with context.wrap_socket(plain, server_side=True) as secured:
                    seen.append(secured.recv(1000))
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        answer = _post(Connection(Target("https", "localhost", server.getsockname()[1], "/"), True))
        thread.join(10)
    assert answer.code == 0
    assert "certificate" in answer.text.lower()
    assert b"POST" not in b"".join(seen)

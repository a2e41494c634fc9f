"""What one connection to the sink hears, command by command, over a real socket."""

import socket
from collections.abc import Iterator

import pytest

from mailhub.sink import Sink


@pytest.fixture
def wire() -> Iterator[tuple[Sink, socket.socket]]:
    with Sink() as sink, socket.create_connection(("127.0.0.1", sink.port), timeout=10) as connection:
        assert connection.recv(100).startswith(b"220 ")
        yield sink, connection


def _say(connection: socket.socket, text: bytes, answers: int) -> list[bytes]:
    connection.sendall(text)
    heard = b""
    while heard.count(b"\r\n") < answers:
        heard += connection.recv(4096)
    return heard.splitlines()


def test_a_pipelined_group_is_answered_in_order(wire: tuple[Sink, socket.socket]) -> None:
    sink, connection = wire
    _say(connection, b"EHLO me\r\n", 5)
    group = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
    assert [line[:3] for line in _say(connection, group, 3)] == [b"250", b"250", b"354"]
    assert _say(connection, b"Subject: x\r\n\r\n..dotted\r\n.\r\n", 1)[0][:3] == b"250"
    assert sink.received[0].content.endswith(b"\r\n.dotted\r\n")


def test_a_refused_recipient_gets_its_scripted_answer(wire: tuple[Sink, socket.socket]) -> None:
    sink, connection = wire
    _say(connection, b"EHLO me\r\n", 5)
    _say(connection, b"MAIL FROM:<a@example.com>\r\n", 1)
    assert _say(connection, b"RCPT TO:<hard@example.com>\r\n", 1) == [b"550 5.1.1 No such mailbox here"]
    assert sink.count == 0


def test_an_unknown_command_is_refused_and_the_connection_goes_on(wire: tuple[Sink, socket.socket]) -> None:
    _, connection = wire
    assert _say(connection, b"FROB\r\n", 1)[0][:1] == b"5"
    assert _say(connection, b"NOOP\r\n", 1)[0][:3] == b"250"
    assert _say(connection, b"QUIT\r\n", 1)[0][:3] == b"221"


def test_a_word_in_the_sender_changes_nothing_for_the_recipient(wire: tuple[Sink, socket.socket]) -> None:
    sink, connection = wire
    _say(connection, b"EHLO me\r\n", 5)
    group = b"MAIL FROM:<bounce+xdropx@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
    _say(connection, group, 3)
    assert _say(connection, b"Subject: x\r\n\r\nx\r\n.\r\n", 1)[0][:3] == b"250"
    assert sink.count == 1

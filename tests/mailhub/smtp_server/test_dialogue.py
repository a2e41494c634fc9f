"""The wire: greeting, pipelining, limits, ends; unforeseen errors are ours and temporary."""

import contextlib
import time

import pytest

from mailhub.hub import Hub
from mailhub.smtp_server import Listener, conversation, dialogue
from tests.mailhub.smtp_server.listening import MAIL, Login, Raw, listening, queued, signed_in


def test_the_greeting_names_the_server(sqlite_core: Hub) -> None:
    with listening(sqlite_core, hostname="mail.acme.example") as listener, Raw(listener.inbound_port) as raw:
        assert raw.ask("HELO x") == "250 mail.acme.example"
        assert raw.ask("QUIT").startswith("221 2.0.0")
        assert raw.hear() == ""


def test_pipelined_commands_are_answered_in_order(listener: Listener, login: Login) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        assert smtp.has_extn("pipelining")
        one = b"MAIL FROM:<ada@acme.example>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"
        smtp.send(one)
        assert [smtp.getreply()[0] for _ in range(3)] == [250, 250, 354]
        smtp.send(MAIL + b".\r\n" + one)
        assert [smtp.getreply()[0] for _ in range(4)] == [250, 250, 250, 354]
        smtp.send(MAIL + b".\r\nRSET\r\nNOOP\r\n")
        assert [smtp.getreply()[0] for _ in range(3)] == [250, 250, 250]
    assert queued() == ["bob@example.net"] * 2


def test_what_was_said_before_the_end_is_still_answered(listener: Listener) -> None:
    with Raw(listener.inbound_port) as raw:
        raw.say(b"EHLO x\r\nMAIL FROM:<>\r\nRSET\r\n")
        raw.socket.shutdown(1)
        assert raw.codes(4) == [250, 250, 250, 0]


def test_replies_to_pipelined_commands_share_a_packet(listener: Listener) -> None:
    with Raw(listener.inbound_port) as raw:
        raw.say(b"NOOP\r\n" * 50)
        time.sleep(0.3)
        assert raw.socket.recv(65536).count(b"250 2.0.0") == 50


def test_ten_bad_commands_end_it(listener: Listener) -> None:
    with Raw(listener.inbound_port) as raw:
        assert [raw.ask("FOO")[:9] for _ in range(9)] == ["500 5.5.1"] * 9
        assert raw.ask("FOO").startswith("500")
        assert raw.hear().startswith("421 4.7.0")
        assert raw.hear() == ""


def test_good_commands_do_not(listener: Listener) -> None:
    with Raw(listener.inbound_port) as raw:
        assert {raw.ask("NOOP")[:3] for _ in range(50)} == {"250"}


@pytest.mark.parametrize("line", [b"NOOP\0\r\n", b"NO\rOP\r\n", b"NOOP \xff\r\n", b"\r\n", b"NOOP\n"])
def test_bad_lines(listener: Listener, line: bytes) -> None:
    with Raw(listener.inbound_port) as raw:
        raw.say(line)
        assert raw.hear().startswith("500 5.5.")
        assert raw.ask("NOOP").startswith("250 2.0.0")


def test_silence_ends_it(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "IDLE", 0.3)
    with listening(sqlite_core) as listener, Raw(listener.inbound_port) as raw:
        assert raw.hear().startswith("421 4.4.2")
        assert raw.hear() == ""


def test_a_command_that_never_ends_ends_it(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "IDLE", 0.5)
    with listening(sqlite_core) as listener, Raw(listener.inbound_port) as raw:
        raw.socket.settimeout(0.05)
        heard = b""
        until = time.monotonic() + 20
        while not heard and time.monotonic() < until:
            raw.say(b"N")
            with contextlib.suppress(TimeoutError):
                heard = raw.socket.recv(1000)
    assert heard.startswith(b"421 4.4.2")


def test_a_mail_that_drips_ends_it(sqlite_core: Hub, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "IDLE", 0.5)
    with listening(sqlite_core) as listener, signed_in(listener.submission_port, login) as smtp:
        smtp.mail("ada@acme.example")
        smtp.rcpt("bob@example.net")
        smtp.docmd("DATA")
        assert smtp.sock is not None
        smtp.sock.settimeout(0.05)
        heard = b""
        until = time.monotonic() + 20
        while not heard and time.monotonic() < until:
            smtp.sock.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                heard = smtp.sock.recv(1000)
    assert heard.startswith(b"421 4.4.2")
    assert queued() == []


def test_a_large_mail_that_comes_fast_enough_has_its_time(
    sqlite_core: Hub, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogue, "IDLE", 2.0)
    monkeypatch.setattr(conversation, "PACE", 1000)
    with listening(sqlite_core) as listener, signed_in(listener.submission_port, login) as smtp:
        smtp.mail("ada@acme.example")
        smtp.rcpt("bob@example.net")
        smtp.docmd("DATA")
        smtp.send(MAIL)
        for _ in range(6):
            time.sleep(0.5)
            smtp.send(b"x" * 998 + b"\r\n")
        smtp.send(b".\r\n")
        assert smtp.getreply()[0] == 250
    assert queued() == ["bob@example.net"]


def test_errands_without_a_mail_have_an_end(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "ERRANDS", 5)
    with Raw(listener.inbound_port) as raw:
        assert [raw.ask("NOOP")[:3] for _ in range(5)] == ["250"] * 5
        assert raw.ask("NOOP").startswith("421 4.7.0")
        assert raw.hear() == ""


def test_one_address_has_so_many_connections(sqlite_core: Hub) -> None:
    limited = {"trusted_networks": [], "connections_per_address": 2, "greeting_delay": 0.0}
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listening(sqlite_core, **limited))
        stack.enter_context(Raw(listener.inbound_port))
        second = stack.enter_context(Raw(listener.inbound_port))
        third = stack.enter_context(contextlib.closing(Raw(listener.submission_port).socket))
        assert third.recv(1000).startswith(b"421 4.7.0 ")
        assert second.ask("QUIT").startswith("221")
        time.sleep(0.2)
        assert stack.enter_context(Raw(listener.inbound_port)).ask("NOOP").startswith("250")


def test_what_nobody_foresaw_is_ours_and_temporary(
    listener: Listener, login: Login, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        monkeypatch.delattr("mailhub.smtp_server.paths.read")
        assert smtp.docmd("MAIL", "FROM:<ada@acme.example>")[0] == 451
        assert smtp.docmd("NOOP")[0] == 250
    assert "AttributeError" in caplog.text

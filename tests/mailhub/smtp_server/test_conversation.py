"""The commands in their order, and STARTTLS."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.hub import Hub
from mailhub.smtp_server import Listener
from mailhub.smtp_server.listener import loop_factory
from tests.mailhub.smtp_server import listening as listening_module
from tests.mailhub.smtp_server.listening import Login, Raw, listening, queued, signed_in

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
EVIL = b"NOOP\r\nMAIL FROM:<evil@example.net>\r\n"


def test_what_is_offered(listener: Listener) -> None:
    with Raw(listener.inbound_port) as raw:
        assert raw.ask("EHLO x").split("\n") == [
            "250-localhost",
            "250-PIPELINING",
            f"250-SIZE {25 * 1024 * 1024}",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 ENHANCEDSTATUSCODES",
        ]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["MAIL FROM:<>"], "503 5.5.1"),
        (["EHLO"], "501 5.5.4"),
        (["HELO x", "MAIL FROM:<> SIZE=1"], "555 5.5.4"),
        (["EHLO x", "RCPT TO:<a@b.ca>"], "503 5.5.1"),
        (["EHLO x", "DATA"], "503 5.5.1"),
        (["EHLO x", "MAIL FROM:<>", "MAIL FROM:<>"], "503 5.5.1"),
        (["EHLO x", "MAIL FROM:<>", "DATA"], "503 5.5.1"),
        (["EHLO x", "MAIL FROM:<>", "RSET", "RCPT TO:<a@b.ca>"], "503 5.5.1"),
        (["EHLO x", "MAIL FROM:<>", "EHLO x", "RCPT TO:<a@b.ca>"], "503 5.5.1"),
        (["EHLO x", "MAIL FROM:a"], "501 5.5.4"),
        (["EHLO x", "MAIL FROM:<> RET=HDRS"], "555 5.5.4"),
        (["EHLO x", "MAIL FROM:<> BODY=BINARYMIME"], "501 5.5.4"),
        (["EHLO x", "MAIL FROM:<> BODY=8bitmime SIZE=0"], "250 2.1.0"),
        (["EHLO x", "MAIL FROM:<> SIZE=many"], "501 5.5.4"),
        (["EHLO x", "MAIL FROM:<> SIZE=26214401"], "552 5.3.4"),
        (["EHLO x", f"MAIL FROM:<> SIZE={'9' * 5000}"], "552 5.3.4"),
        (["EHLO x", "MAIL FROM:<prénom@b.ca>"], "553 5.6.7"),
        (["EHLO x", "MAIL FROM:<prénom@b.ca> SMTPUTF8"], "250 2.1.0"),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<prénom@b.ca>"], "553 5.6.7"),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.ca> NOTIFY=NEVER"], "555 5.5.4"),
        (["EHLO x", "VRFY root"], "252 2.1.5"),
        (["EHLO x", "EXPN root"], "500 5.5.1"),
        (["EHLO x", "STARTTLS"], "502 5.5.1"),
        (["EHLO x", "AUTH PLAIN AAAA"], "500 5.5.1"),
    ],
)
def test_commands_in_their_order(listener: Listener, lines: list[str], answer: str) -> None:
    with Raw(listener.inbound_port) as raw:
        assert [raw.ask(line) for line in lines][-1].startswith(answer)


def test_recipients_have_a_limit(sqlite_core: Hub, login: Login) -> None:
    with listening(sqlite_core, max_recipients=2) as listener, signed_in(listener.submission_port, login) as smtp:
        smtp.mail("ada@acme.example")
        assert [smtp.rcpt(f"{name}@example.net")[0] for name in "abc"] == [250, 250, 452]
        smtp.data(b"From: ada@acme.example\r\n\r\nx\r\n")
    assert queued() == ["a@example.net", "b@example.net"]


@pytest.mark.parametrize("loop", [loop_factory(), asyncio.new_event_loop])
def test_starttls_then_a_login_then_a_mail(
    sqlite_core: Hub, login: Login, certificate: Path, loop: LoopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "loop_factory", lambda: loop)
    with (
        listening(sqlite_core, tls_certificate=str(certificate)) as listener,
        smtplib.SMTP("127.0.0.1", listener.submission_port, timeout=20) as smtp,
    ):
        smtp.ehlo()
        assert smtp.has_extn("starttls")
        smtp.starttls(context=ssl.create_default_context(cafile=str(certificate)))
        smtp.ehlo()
        assert not smtp.has_extn("starttls")
        smtp.login(login.login, login.password)
        smtp.sendmail("ada@acme.example", ["bob@example.net"], b"From: ada@acme.example\r\n\r\n" + b"x\r\n" * 50_000)
        assert smtp.docmd("STARTTLS")[0] == 503
    assert queued() == ["bob@example.net"]


def test_starttls_forgets_what_was_said_before(sqlite_core: Hub, login: Login, certificate: Path) -> None:
    with (
        listening(sqlite_core, tls_certificate=str(certificate)) as listener,
        signed_in(listener.submission_port, login) as smtp,
    ):
        smtp.starttls(context=ssl.create_default_context(cafile=str(certificate)))
        assert smtp.docmd("MAIL", "FROM:<a@acme.example>")[0] == 503
        smtp.ehlo()
        assert smtp.docmd("MAIL", "FROM:<a@acme.example>")[0] == 530


def test_what_is_injected_behind_starttls_is_refused(sqlite_core: Hub, certificate: Path) -> None:
    with listening(sqlite_core, tls_certificate=str(certificate)) as listener, Raw(listener.submission_port) as raw:
        raw.ask("EHLO x")
        raw.say(b"STARTTLS\r\n" + EVIL)
        assert raw.hear().startswith("554 5.5.1")
        assert raw.hear() == ""


def test_what_is_injected_after_the_answer_never_counts(sqlite_core: Hub, certificate: Path) -> None:
    with listening(sqlite_core, tls_certificate=str(certificate)) as listener:
        with Raw(listener.submission_port) as raw:
            raw.ask("EHLO x")
            assert raw.ask("STARTTLS").startswith("220 ")
            raw.say(EVIL)
            rest = raw.socket.recv(1000)
            assert not rest or rest[0] == 0x15  # a TLS alert, or nothing
        with Raw(listener.submission_port) as raw:
            assert raw.ask("NOOP").startswith("250")

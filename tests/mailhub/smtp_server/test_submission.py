"""Programs sign in and hand in mail; 250 means the rows are there."""

import base64
import contextlib
import errno
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from email import message_from_bytes
from pathlib import Path

import pytest

from mailhub import Refuse, addresses, db, hookimpl, submission_access
from mailhub.hub import Hub
from mailhub.messages import HELD, Content, Message, Queued, Source
from mailhub.smtp_server import Listener, auth
from mailhub.testing import make_hub
from mailhub.vocabulary import Hold
from tests.mailhub.smtp_server.listening import MAIL, Login, Raw, contents, listening, make_login, queued, signed_in
from tests.mailhub.smtp_server.test_reading import SMUGGLED

SERVER = """
import asyncio, pathlib, sys
from mailhub import db
from mailhub.smtp_server import Listener
from mailhub.testing import make_hub
from tests.mailhub.smtp_server.listening import make_login

async def serve(core):
    listener = Listener(core)
    await listener.start()
    print(listener.submission_port, login.login, login.password, flush=True)
    await asyncio.sleep(60)

with make_hub(pathlib.Path(sys.argv[1]), smtp={"submission_port": 0, "inbound_port": 0}) as core:
    login = make_login(core)
    asyncio.run(serve(core))
"""


def word(text: str) -> str:
    """Base64, as AUTH wants it."""
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
def test_the_forms_of_auth(listener: Listener, login: Login, mechanism: str, initial: bool) -> None:
    with smtplib.SMTP("127.0.0.1", listener.submission_port, timeout=20) as smtp:
        smtp.ehlo()
        assert smtp.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
        smtp.user, smtp.password = login.login, login.password
        forms = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login}
        assert smtp.auth(mechanism, forms[mechanism], initial_response_ok=initial)[0] == 235
        assert smtp.docmd("MAIL", "FROM:<ada@acme.example> AUTH=<>")[0] == 250


def test_a_wrong_password(listener: Listener, login: Login) -> None:
    with smtplib.SMTP("127.0.0.1", listener.submission_port, timeout=20) as smtp:
        for name, password in ((login.login, "wrong"), ("nobody", login.password), (login.login, "")):
            with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                smtp.login(name, password)
            assert refused.value.smtp_code == 535
            assert refused.value.smtp_error.startswith(b"5.7.8 ")
        assert smtp.docmd("MAIL", "FROM:<ada@acme.example>")[0] == 530


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["AUTH PLAIN"], "503 5.5.1"),
        (["EHLO x", "AUTH CRAM-MD5"], "504 5.5.4"),
        (["EHLO x", "AUTH"], "504 5.5.4"),
        (["EHLO x", "AUTH PLAIN", "*"], "501 5.7.0"),
        (["EHLO x", "AUTH PLAIN %%"], "501 5.5.2"),
        (["EHLO x", "AUTH LOGIN", "YQ==", "*"], "501 5.7.0"),
        (["EHLO x", "AUTH PLAIN =", "NOOP"], "250 2.0.0"),
        (["EHLO x", "MAIL FROM:<ada@acme.example>"], "530 5.7.0"),
        (["EHLO x", "RCPT TO:<bob@example.net>"], "503 5.5.1"),
    ],
)
def test_a_login_that_goes_wrong(listener: Listener, lines: list[str], answer: str) -> None:
    with Raw(listener.submission_port) as raw:
        assert [raw.ask(line) for line in lines][-1].startswith(answer)


def test_auth_needs_tls_unless_the_peer_is_this_machine(
    listener: Listener, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = auth.may_authenticate
    monkeypatch.setattr(auth, "may_authenticate", lambda peer, secure: real("192.0.2.1", secure))
    with Raw(listener.submission_port) as raw:
        assert "AUTH" not in raw.ask("EHLO x")
        assert raw.ask(f"AUTH PLAIN {word(chr(0) + login.login + chr(0) + login.password)}").startswith("538 5.7.11")


def test_signing_in_twice(listener: Listener, login: Login) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        assert smtp.docmd("AUTH", "PLAIN")[0] == 503


def test_a_mail_is_repaired_and_kept_once(core: Hub) -> None:
    login = make_login(core)
    with listening(core) as listener, signed_in(listener.submission_port, login) as smtp:
        smtp.mail("bounces@acme.example")
        for name in ("bob@example.net", "Bob@EXAMPLE.net", "eve@example.net", "bob@example.net"):
            assert smtp.rcpt(name)[0] == 250
        code, text = smtp.data(b"Bcc: eve@example.net\r\nReturn-Path: <x@y.ca>\r\n" + MAIL + b"..\r\n")
    row = Queued.select().order_by(Queued.id).first()
    assert (code, text) == (250, f"2.0.0 queued as {row.id}".encode())
    assert queued() == ["bob@example.net", "Bob@example.net", "eve@example.net"]
    assert (row.source_id, row.envelope_from, row.recipient_key) == (login.source_id, "bounces@acme.example", 0)
    (content,) = contents()
    mail = message_from_bytes(content)
    assert mail["Bcc"] is mail["Return-Path"] is None
    assert mail["Received"].startswith("from ")
    assert "with ESMTPA" in mail["Received"]
    assert mail["Message-ID"].endswith("@acme.example>")
    assert mail["Date"]
    assert content.endswith(b"\r\n\r\nA line.\r\n..\r\n")
    kept = Content.get()
    assert (kept.subject, kept.from_address, kept.account_id) == ("Hello", "ada@acme.example", login.account.id)


def test_suppressed_recipients_are_refused_in_the_ledger(listener: Listener, login: Login) -> None:
    with db.transaction():
        addresses.suppress(
            login.account.id, ["bob@example.net"], scope="all", reason="bounced", origin="test", at=0
        )  # fmt: skip
    with signed_in(listener.submission_port, login) as smtp:
        assert smtp.sendmail("ada@acme.example", ["bob@example.net", "eve@example.net"], MAIL) == {}
    assert queued() == ["eve@example.net"]
    assert [(row.address, row.reason) for row in Message.select()] == [("bob@example.net", "suppressed")]


def test_a_domain_that_is_not_the_accounts(listener: Listener, login: Login) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL.replace(b"<ada@acme", b"<ada@other"))
        assert refused.value.smtp_code == 550
        assert refused.value.smtp_error.startswith(b"5.7.1 This login may not write from other.example: add the domain")
        smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL.replace(b"<ada@acme", b"<ada@news.acme"))
    assert len(contents()) == 1


def test_the_sandbox_takes_any_domain(sqlite_core: Hub, login: Login) -> None:
    with (
        listening(sqlite_core, route="sandbox") as listener,
        signed_in(listener.submission_port, login) as smtp,
    ):
        smtp.sendmail("ada@other.example", ["bob@example.net"], MAIL.replace(b"acme", b"other"))
    assert queued() == ["bob@example.net"]


def test_a_login_revoked_meanwhile(listener: Listener, login: Login, sqlite_core: Hub) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        with db.transaction():
            submission_access.revoke(sqlite_core, login.account.id, login.login)
        with pytest.raises(smtplib.SMTPDataError, match="was revoked"):
            smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL)
    assert queued() == []


@pytest.mark.parametrize(
    ("address", "answer"),
    [("bob", 553), ("bob@example", 553), ("bob@@example.net", 553), ("bob@[192.0.2.1]", 553), ("", 553)],
)
def test_recipients_that_cannot_be_written_to(listener: Listener, login: Login, address: str, answer: int) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        smtp.mail("ada@acme.example")
        assert smtp.docmd("RCPT", f"TO:<{address}>")[0] == answer


def test_eight_bits_and_utf8_come_through(listener: Listener, login: Login) -> None:
    text = "From: Ada <ada@acme.example>\r\nSubject: Été\r\n\r\nÀ bientôt\r\n"
    with signed_in(listener.submission_port, login) as smtp:
        options = ["BODY=8BITMIME", "SMTPUTF8"]
        smtp.sendmail("ada@acme.example", ["prénom@québec.example"], text.encode(), mail_options=options)
    assert queued() == ["prénom@xn--qubec-csa.example"]
    assert contents()[0].decode().endswith("\r\n\r\nÀ bientôt\r\n")
    assert Content.get().subject == "Été"
    assert b"with UTF8SMTPA" in contents()[0]


def test_too_large_a_mail(sqlite_core: Hub, login: Login) -> None:
    with (
        listening(sqlite_core, max_message_size=2000) as listener,
        signed_in(listener.submission_port, login) as smtp,
    ):
        assert smtp.docmd("MAIL", "FROM:<ada@acme.example> SIZE=2001")[0] == 552
        smtp.mail("ada@acme.example")
        smtp.rcpt("bob@example.net")
        code, text = smtp.data(MAIL + b"x\r\n" * 100_000)
        assert (code, text[:6]) == (552, b"5.3.4 ")
        smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL)
    assert len(contents()) == 1


@pytest.mark.parametrize("form", SMUGGLED)
def test_smuggling(listener: Listener, login: Login, form: str) -> None:
    with Raw(listener.submission_port) as raw:
        raw.ask("EHLO x")
        raw.ask(f"AUTH PLAIN {word(chr(0) + login.login + chr(0) + login.password)}")
        raw.say(b"MAIL FROM:<ada@acme.example>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
        assert raw.codes(3) == [250, 250, 354]
        raw.say(b"From: ada@acme.example\r\n\r\n" + SMUGGLED[form] + b"NOOP\r\n")
        assert raw.hear().startswith("554 5.6.11")
        with contextlib.suppress(ConnectionResetError):
            assert raw.hear() == ""
    assert queued() == contents() == []


class Strict:
    """A plugin that refuses one address, holds another's source, and fails at a third."""

    @hookimpl
    def admit_messages(self, messages, stage):  # type: ignore[no-untyped-def]
        if stage != "submit":
            return None
        first = messages[0].address.partition("@")[0]
        if first == "hold":
            return Hold("no credit left", 4_000_000_000_000)
        if first == "fail":
            raise RuntimeError("the plugin is broken")
        return {each.id: Refuse("strict", "No.") for each in messages if each.address.startswith("refuse")}


def test_what_admission_says_is_heard(listener: Listener, login: Login, sqlite_core: Hub) -> None:
    sqlite_core.manager.register(Strict(), "strict")
    with signed_in(listener.submission_port, login) as smtp:
        smtp.sendmail("ada@acme.example", ["refuse@example.net"], MAIL)
        assert [(row.plugin, row.reason) for row in Message.select()] == [("strict", "strict")]
        with pytest.raises(smtplib.SMTPDataError, match="no credit left") as refused:
            smtp.sendmail("ada@acme.example", ["hold@example.net"], MAIL)
        assert (refused.value.smtp_code, refused.value.smtp_error[:6]) == (451, b"4.7.1 ")
        assert Source.get_by_id(login.source_id).state == HELD
        with pytest.raises(smtplib.SMTPDataError, match="plugin strict failed"):
            smtp.sendmail("ada@acme.example", ["fail@example.net"], MAIL)
    assert queued() == []
    assert len(contents()) == 1


def test_a_database_that_cannot_be_written_leaves_the_mail_with_its_sender(
    listener: Listener, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        db.db.execute_sql("ALTER TABLE queue RENAME TO away")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL)
        assert (refused.value.smtp_code, refused.value.smtp_error[:6]) == (451, b"4.3.0 ")
        db.db.execute_sql("ALTER TABLE away RENAME TO queue")
        smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL)
    assert queued() == ["bob@example.net"]
    assert len(contents()) == 1


def test_a_login_that_cannot_be_looked_up_is_to_try_again(
    listener: Listener, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError(errno.EROFS, "as a broken disk says it")

    with smtplib.SMTP("127.0.0.1", listener.submission_port, timeout=20) as smtp:
        with monkeypatch.context() as patch:
            patch.setattr(submission_access, "check", away)
            with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                smtp.login(login.login, login.password)
            assert refused.value.smtp_code == 454
            assert b"can only be read now" in refused.value.smtp_error
        assert smtp.login(login.login, login.password)[0] == 235


def test_many_connections_share_transactions(core: Hub) -> None:
    connections, mails = 50, 20
    login = make_login(core)

    def send() -> None:
        with signed_in(listener.submission_port, login) as smtp:
            for _ in range(mails):
                smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL)

    with listening(core) as listener:
        threads = [threading.Thread(target=send) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        batches = listener.shared.committer.batches
    assert Queued.select().count() == len(contents()) == connections * mails
    assert Source.get_by_id(login.source_id).submitted == connections * mails
    assert len({row.id for row in Queued.select(Queued.id)}) == connections * mails
    assert batches < connections * mails / 2


def test_after_250_the_rows_survive_kill_9(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([".", "plugins"])}
    command = [sys.executable, "-c", SERVER, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            port, name, password = server.stdout.readline().split()
            smtp = smtplib.SMTP("127.0.0.1", int(port), timeout=20)
            smtp.login(name, password)
            for number in range(5):
                smtp.sendmail("ada@acme.example", [f"{number}@example.net"], MAIL)
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait(20)
        smtp.close()
    with make_hub(tmp_path / "data"):
        assert queued() == [f"{number}@example.net" for number in range(5)]
        assert len(contents()) == 5


def test_a_peer_that_leaves_in_the_middle_harms_nobody(listener: Listener, login: Login) -> None:
    for cut in (b"From: ada@acme.example\r\n\r\nx", MAIL + b".\r\n"):
        smtp = signed_in(listener.submission_port, login)
        smtp.mail("ada@acme.example")
        smtp.rcpt("bob@example.net")
        smtp.docmd("DATA")
        assert smtp.sock is not None
        smtp.send(cut)
        smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        smtp.close()
    with signed_in(listener.submission_port, login) as smtp:
        smtp.sendmail("ada@acme.example", ["eve@example.net"], MAIL)
    assert "eve@example.net" in queued()
    deadline = time.monotonic() + 5
    while listener.shared.present and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not listener.shared.present


@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", [True, False])
def test_swaks_submits(sqlite_core: Hub, login: Login, certificate: Path, mechanism: str, tls: bool) -> None:
    with listening(sqlite_core, tls_certificate=str(certificate)) as listener:
        command = [
            "swaks", "--server", "127.0.0.1", "--port", str(listener.submission_port), "--auth", mechanism,
            "--auth-user", login.login, "--auth-password", login.password, "--from", "ada@acme.example",
            "--to", "bob@example.net", "--helo", "swaks.example", "--pipeline", *(["--tls"] if tls else []),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if tls and "requirements are not met" in done.stdout + done.stderr:
        pytest.skip("this swaks has no TLS: its Perl lacks Net::SSLeay")
    assert done.returncode == 0, done.stdout + done.stderr
    assert queued() == ["bob@example.net"]
    assert f"with ESMTP{'S' if tls else ''}A".encode() in contents()[0]

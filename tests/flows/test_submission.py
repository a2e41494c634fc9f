"""Mail is submitted over SMTP with a login and arrives signed; mail from elsewhere is taken only where a plugin says so."""

import shutil
import smtplib
import subprocess
from email import message_from_bytes
from pathlib import Path

import pytest

from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import open_account

MAIL = "From: Ada <ada@news.example.com>\r\nTo: bob@example.net\r\nSubject: Invoice\r\nBcc: spy@example.net\r\n\r\nHello.\r\n"


def _login(server: Server) -> tuple[str, str]:
    made = server.do("smtp_credentials.create", "name=shop")
    return made["login"], made["password"]


def test_submitted_mail_arrives_signed(start: Start) -> None:
    with Sink() as sink:
        server = start(sink)
        open_account(server)
        login, password = _login(server)
        with smtplib.SMTP("127.0.0.1", server.submission, timeout=20) as program:
            program.login(login, password)
            program.sendmail("ada@news.example.com", ["bob@example.net", "eve@example.net"], MAIL)
        assert sink.wait_for(2, 30)
        assert {each.recipient for each in sink.received} == {"bob@example.net", "eve@example.net"}
        open_database(load(None, server.environment))
        try:
            verdicts = verify(sink.received[0].content, public_record)
        finally:
            close_database()
        arrived = message_from_bytes(sink.received[0].content)
    assert [verdict.passed for verdict in verdicts] == [True, True]
    assert arrived["Bcc"] is None
    assert "Received" in arrived
    assert arrived["Message-ID"]


def test_a_wrong_password_a_missing_login_and_a_stranger_are_refused(start: Start) -> None:
    server = start()
    open_account(server)
    login, _ = _login(server)
    with smtplib.SMTP("127.0.0.1", server.submission, timeout=20) as program:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            program.login(login, "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            program.sendmail("ada@news.example.com", ["bob@example.net"], MAIL)
        assert refused.value.smtp_code == 530
    with (
        smtplib.SMTP("127.0.0.1", server.inbound, timeout=20) as program,
        pytest.raises(smtplib.SMTPRecipientsRefused) as relayed,
    ):
        program.sendmail("stranger@example.org", ["bob@example.net"], MAIL)
    assert relayed.value.recipients["bob@example.net"][0] == 550


def test_swaks_submits(start: Start) -> None:
    if shutil.which("swaks") is None:
        pytest.skip("swaks is not installed")
    with Sink() as sink:
        server = start(sink)
        open_account(server)
        login, password = _login(server)
        ended = subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{server.submission}", "--auth", "PLAIN", "--auth-user", login,
             "--auth-password", password, "--from", "ada@news.example.com", "--to", "bob@example.net",
             "--header", "Subject: From swaks"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout
        assert sink.wait_for(1, 30)
        assert b"DKIM-Signature" in sink.received[0].content


TAKER = '''
"""Takes mail for one address and writes it down."""
from mailhub import hookimpl


@hookimpl
def accept_recipient(hub, sender, recipient):
    return True if recipient == "desk@news.example.com" else None


@hookimpl
def receive_mail(hub, mail):
    if mail.recipient != "desk@news.example.com":
        return None
    (hub.config.data / "taken.eml").write_bytes(mail.content)
    return True
'''


def test_inbound_mail_is_taken_where_a_plugin_accepts_it(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "desk.py").write_text(TAKER, "utf-8")
    server = start(MAILHUB_PLUGINS__FOLDER=str(folder))
    open_account(server)
    with smtplib.SMTP("127.0.0.1", server.inbound, timeout=20) as program:
        program.sendmail("stranger@example.org", ["desk@news.example.com"], MAIL)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            program.sendmail("stranger@example.org", ["nobody@news.example.com"], MAIL)
    taken = server.folder / "data" / "taken.eml"
    wait_until(taken.exists, 20, "the plugin to have the mail")
    assert b"Subject: Invoice" in taken.read_bytes()

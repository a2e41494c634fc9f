"""Any mail at all, through a real socket to every desk: taken or refused for good, and then done with."""

import base64
import logging

import pytest

from mailhub import hookimpl
from mailhub.hub import Hub
from mailhub.inbound import Mail
from mailhub.inbound.arrivals import Arrival
from mailhub.messages import NEVER, Message
from mailhub.testing import Clock
from tests.mailhub.inbound.coming import delivered, return_path, work
from tests.mailhub.smtp_server.listening import Raw, listening

REPORT = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
MANY = b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n"
NESTED = b"Content-Type: message/rfc822\r\n\r\n"

TAKEN = {
    "empty": b"",
    "no header": b"\r\nhello\r\n",
    "no body": b"Subject: x\r\n",
    "a header that is none": b"this is no field\r\n: nor this\r\n\r\nx\r\n",
    "an unknown charset": b'Content-Type: text/plain; charset="no-such"\r\nSubject: =?no-such?q?=FF?=\r\n\r\n\xff\xfe\r\n',
    "a wrong charset": b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xff\xfe\xfd failed <a@example.net>\r\n",
    "no boundary": b"Content-Type: multipart/report\r\n\r\n--b\r\n\r\nx\r\n",
    "a boundary that never ends": REPORT + b"\r\n--b\r\n" + b"--b" * 1000 + b"\r\n",
    "ten thousand parts": REPORT + b"\r\n" + MANY * 10_000 + b"--b--\r\n",
    "a thousand mails in each other": NESTED * 1000 + b"Subject: x\r\n\r\nx\r\n",
    "a thousand multiparts in each other": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number) for number in range(1000)
    ),
    "a hundred thousand fields": b"X-Evil: y\r\n" * 100_000 + b"\r\nx\r\n",
    "a folded field of three megabytes": b"Subject: a\r\n" + (b" " + b"b" * 44 + b"\r\n") * 70_000 + b"\r\nx\r\n",
    "encoded words without end": b"Subject: " + b"\r\n ".join([b"=?utf-8?q?" + b"=C3" * 20 + b"?="] * 5000) + b"\r\n\r\nx\r\n",
    "base64 of nothing sound": b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"=A=B!" * 200 + b"\r\n") * 500,
    "base64 of NULs": b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"\0" * 300_000).replace(b"\n", b"\r\n"),
    "comments in comments": b"From: " + b"(" * 3000 + b"\r\nTo: " + b"<" * 3000 + b"\r\n\r\nx\r\n",
    "parameters without end": b"Content-Type: text/plain" + b";\r\n a*0*=''%ff" * 5000 + b"\r\n\r\nx\r\n",
    "a report with every field wrong": REPORT
    + b"\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: ;;;\r\nStatus: 9.999999999999999999.x\r\n"
    b"Action: \xff\r\nDiagnostic-Code: smtp; " + b"5" * 3000 + b"\r\n--b--\r\n",
    "a line of a megabyte": b"Subject: x\r\n\r\n" + b"x" * 1_000_000 + b"\r\n",
    "what looks like tokens": b"\r\n" + b"bounce+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x /u/AAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n" * 5000,
}  # fmt: skip
REFUSED = {
    "a NUL": b"Subject: x\r\n\r\na\0b\r\n",
    "line feeds alone": b"Subject: x\n\nx\n",
}


class Box:
    """A plugin that takes its own address."""

    def __init__(self) -> None:
        self.count = 0

    @hookimpl
    def accept_recipient(self, recipient: str) -> bool | None:
        return True if recipient == "box@in.example" else None

    @hookimpl
    def receive_mail(self, mail: Mail) -> bool | None:
        self.count += mail.recipient == "box@in.example"
        return True if mail.recipient == "box@in.example" else None


def _say(raw: Raw, recipients: list[str], content: bytes) -> str:
    raw.ask("EHLO peer.example")
    raw.ask("MAIL FROM:<>")
    assert all(raw.ask(f"RCPT TO:<{each}>").startswith("250") for each in recipients)
    assert raw.ask("DATA").startswith("354")
    raw.say(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return raw.hear()


@pytest.mark.timeout(180)
def test_any_mail_is_taken_and_done_with(sqlite_core: Hub, caplog: pytest.LogCaptureFixture) -> None:
    box = Box()
    sqlite_core.manager.register(box, "box")
    (message,) = delivered(sqlite_core, "a@example.net")
    desks = [return_path(sqlite_core, message), "fbl", "postmaster", "box@in.example"]
    with listening(sqlite_core) as listener:
        for name, content in TAKEN.items():
            with Raw(listener.inbound_port) as raw:
                assert _say(raw, desks, content).startswith("250"), name
    with caplog.at_level(logging.WARNING, "mailhub"):
        for _ in range(60):
            work(sqlite_core)
            if not Arrival.select().where(Arrival.due_at < NEVER).exists():
                break
            sqlite_core.clock = Clock(sqlite_core.clock() + 1)
    assert Arrival.select().where(Arrival.due_at < NEVER).count() == 0
    assert not [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert box.count == len(TAKEN)
    assert {each.kept for each in Arrival.select()} <= {"staff", "no_message", "not_understood"}
    assert Arrival.select().where(Arrival.kept == "staff").count() == len(TAKEN)
    assert Message.get_by_id(message).outcome in ("delivered", "bounced")


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_hide_another_mail_is_refused_for_good(sqlite_core: Hub, name: str) -> None:
    with listening(sqlite_core) as listener, Raw(listener.inbound_port) as raw:
        assert _say(raw, ["postmaster"], REFUSED[name]).startswith("5"), name
    assert Arrival.select().count() == 0

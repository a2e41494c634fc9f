"""A forwarded reply: its header written anew, its body as it came."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from mailhub import Hub
from mailhub.inbound import Mail
from mailhub.parts import header_of
from mailhub_sending import forwarding
from mailhub_sending.reply_reading import Mailbox, read
from tests.plugins.mailhub_sending.answers import written

SENDER = Mailbox("news@example.com", "Bookshop, Paris")


def octets(hub: Hub, content: bytes) -> bytes:
    letter = read(Mail("p1@example.org", "x", content, "", "", 0))
    return forwarding.write(hub, content, letter, SENDER, "desk@example.com", 77)


def forward(hub: Hub, content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(octets(hub, content), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_thread_date_and_identity_stay_and_the_way_it_took_does_not(sqlite_hub: Hub) -> None:
    kept = {
        "In-Reply-To": "<7.8@example.com>", "References": "<1@a> <2@b>", "Thread-Topic": "Books",
        "Auto-Submitted": "no", "Importance": "high",
    }  # fmt: skip
    gone = [
        "Bcc: boss@example.org", "DKIM-Signature: v=1; d=example.org", "Received: from a by b", "Return-Path: <x@example.org>",
        "Sender: other@example.org", "Resent-From: y@example.org", "X-MailHub-Tag: evil", "List-Unsubscribe: <https://x>",
        "Disposition-Notification-To: p1@example.org",
    ]  # fmt: skip
    mail = forward(
        sqlite_hub, written("Merci", *gone, **{name.replace("-", "_"): value for name, value in kept.items()})
    )
    for name, value in {**kept, "Message-ID": "<1@example.org>", "Date": "Tue, 03 Nov 2026 09:01:00 +0100"}.items():
        assert mail.get_all(name) == [value]
    for line in gone:
        assert mail[line.partition(":")[0]] is None
    assert len(mail.get_all("From")) == len(mail.get_all("To")) == 1


def test_the_body_is_not_touched(sqlite_hub: Hub) -> None:
    body = "--b\r\nContent-Type: application/pdf\r\n\r\n\r\n.\r\n--b--\r\n  \r\n"
    content = written("", Content_Type='multipart/mixed;\r\n boundary="b"') + body.encode() + b"\xff\x00"
    made = octets(sqlite_hub, content)
    assert made.partition(b"\r\n\r\n")[2] == content.partition(b"\r\n\r\n")[2]
    assert b'boundary="b"' in made.partition(b"\r\n\r\n")[0]


def test_who_wrote_is_shown_and_gets_the_answer(sqlite_hub: Hub) -> None:
    mail = forward(sqlite_hub, written("x", Reply_To="Zoé <zoe@example.net>", Cc="Eve <eve@example.org>, nobody"))
    assert mail["From"].addresses[0].display_name == "Zoë Martin via Bookshop, Paris"
    assert mail["Reply-To"].addresses[0].addr_spec == "zoe@example.net"
    assert mail["Cc"].addresses[0].addr_spec == "eve@example.org"
    mail = forward(sqlite_hub, written("x", From="p1@example.org"))
    assert mail["From"].addresses[0].display_name == "p1@example.org via Bookshop, Paris"


def test_a_doubtful_author_is_said_so(sqlite_hub: Hub) -> None:
    letter = read(Mail("p1@example.org", "x", written("x", From="p1@example.org"), "", "", 0))
    made = forwarding.write(sqlite_hub, written("x"), letter, Mailbox("news@example.com", ""), "d@example.com", 7, True)
    mail = email.message_from_bytes(made, policy=email.policy.default)
    assert mail["From"].addresses[0].display_name == "p1@example.org (unverified)"


def test_our_own_addresses_are_not_among_the_copies(sqlite_hub: Hub) -> None:
    ours = f"reply+{sqlite_hub.tokens.reply(1, 2)}@in.example.net"
    assert forward(sqlite_hub, written("x", Cc=ours))["Cc"] is None
    assert [
        each.addr_spec for each in forward(sqlite_hub, written("x", Cc=f"{ours}, eve@example.org"))["Cc"].addresses
    ] == ["eve@example.org"]


def test_what_is_missing_is_added(sqlite_hub: Hub) -> None:
    mail = forward(sqlite_hub, b"From: p1@example.org\r\n\r\nHello\r\n")
    assert mail["Date"] is not None
    assert mail["Message-ID"].endswith(".reply@example.com>")
    assert mail["Subject"] == ""


def test_it_is_known_when_it_comes_back(sqlite_hub: Hub) -> None:
    assert forwarding.is_ours(sqlite_hub, header_of(octets(sqlite_hub, written("x"))))
    assert not forwarding.is_ours(sqlite_hub, header_of(written("x", "MailHub-Forwarded: made up")))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\r\n", b"no header at all", b"From: x\r\rBcc: evil@example.org\r\n\r\nx", b"From: \xff\xfe <p1@example.org>\r\n\r\n",
        b"Subject: a\r\n b\rBcc: evil@example.org\r\nMessage-ID: <1@x>\rBcc: evil@example.org\r\n\r\nx",
        b"Subject: =?utf-8?q?a=0D=0ABcc:_evil@example.org?=\r\nFrom: =?utf-8?q?a=0D=0ABcc:_evil?= <p1@example.org>\r\n\r\nx",
        b"Content-Type: text/plain; name=\"\xc3\xa9.txt\"\r\nMessage-ID: <\xc3\xa9@x>\r\n\r\nx",
        b"Cc: " + b"(" * 5000 + b"\r\n\r\nx",
    ],
)  # fmt: skip
def test_any_header_becomes_a_sound_one(sqlite_hub: Hub, content: bytes) -> None:
    made = octets(sqlite_hub, content)
    header = made.partition(b"\r\n\r\n")[0]
    assert b"\r" not in header.replace(b"\r\n", b"")
    mail = email.message_from_bytes(made)
    assert mail["Bcc"] is None
    assert mail["From"].endswith("<news@example.com>")
    assert mail["To"] == "desk@example.com"

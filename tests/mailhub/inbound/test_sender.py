"""A mail whose From is rewritten: its author's name and answers are kept, and nothing else is touched."""

from base64 import b64encode
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest

from mailhub.inbound.repairing import Repaired
from mailhub.inbound.sender import drop_vouchers, mailbox, rewrite

REST = b"Subject: Hi\r\nX-Folded: a\r\n b\r\n"


def rewritten(*fields: bytes, body: bytes = b"Hello\r\n.\r\n") -> EmailMessage:
    content = b"".join(fields) + REST + b"\r\n" + body
    made = rewrite(Repaired(content, "Hi", ["ada@other.example"]), "mail@acme.example")
    assert made.authors == ["mail@acme.example"]
    assert made.content.endswith(REST + b"\r\n" + body)
    return cast(EmailMessage, message_from_bytes(made.content, policy=default))


def test_the_name_stays_and_answers_go_to_the_author() -> None:
    mail = rewritten(b'From: "Ada L." <ada@other.example>\r\n')
    assert mail["From"] == '"Ada L." <mail@acme.example>'
    assert mail["Reply-To"] == '"Ada L." <ada@other.example>'
    assert mail["X-Original-From"] == '"Ada L." <ada@other.example>'


def test_answers_go_where_the_mail_asked_for_them() -> None:
    mail = rewritten(b"Reply-To: help@other.example\r\n", b"From: ada@other.example\r\n")
    assert mail.get_all("Reply-To") == ["help@other.example"]
    assert mail["X-Original-From"] == "ada@other.example"
    assert mail["From"] == '"ada@other.example" <mail@acme.example>'


def test_several_authors_all_get_the_answers() -> None:
    mail = rewritten(b"From: Ada <ada@other.example>,\r\n Bo <bo@other.example>\r\n", b"Sender: ada@other.example\r\n")
    assert mail["From"] == "Ada <mail@acme.example>"
    assert [each.addr_spec for each in mail["Reply-To"].addresses] == ["ada@other.example", "bo@other.example"]
    assert mail["Sender"] is None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (b"=?utf-8?q?Ren=C3=A9e?= <r@other.example>", "Renée"),
        ("Renée <r@other.example>".encode(), "Renée"),
        (b'"A \\"B\\" C" <r@other.example>', 'A "B" C'),
        (b"=?utf-8?b?" + b64encode("é".encode() * 20) + b"?= <r@other.example>", "é" * 20),
    ],
)
def test_a_name_in_any_form(given: bytes, name: str) -> None:
    address = rewritten(b"From: " + given + b"\r\n")["From"].addresses[0]
    assert (address.display_name, address.addr_spec) == (name, "mail@acme.example")


def test_nobody_else_says_who_wrote() -> None:
    mail = rewritten(b"X-Original-From: pope@vatican.example\r\n", b"From: ada@other.example\r\n")
    assert mail.get_all("X-Original-From") == ["ada@other.example"]


@pytest.mark.parametrize("name", ["é" * 70, "Ada " * 40, "a"])
def test_lines_stay_short(name: str) -> None:
    for line in (b"From: " + mailbox(name, "mail@acme.example")).split(b"\r\n"):
        assert len(line) <= 998
    assert b"\n" not in mailbox(name, "mail@acme.example").replace(b"\r\n ", b"")


def test_who_is_not_of_the_account_does_not_vouch_for_the_mail() -> None:
    own = b"From: a@own.example\r\nResent-From: a@own.example\r\n"
    strange = b"Sender: v@bank.example\r\nResent-Sender: V <v@bank.example>, a@own.example\r\n"
    mail = Repaired(strange + own + REST + b"\r\nSender: stays\r\n", "Hi", ["a@own.example"])
    assert drop_vouchers(mail, {"bank.example"}).content == own + REST + b"\r\nSender: stays\r\n"


def test_several_authors_keep_a_sender() -> None:
    given = b"From: a@own.example, b@own.example\r\n"
    mail = Repaired(b"Sender: v@bank.example\r\n" + given + b"\r\nx", "", ["a@own.example", "b@own.example"])
    assert drop_vouchers(mail, {"bank.example"}).content == given + b"Sender: <a@own.example>\r\n\r\nx"

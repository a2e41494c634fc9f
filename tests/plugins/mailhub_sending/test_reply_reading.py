"""A mail that came to a reply address is read whatever it holds."""

import random

import pytest

from mailhub.authentication.verdicts import Arc, Dmarc, Spf, Verdicts
from mailhub.inbound import Mail
from mailhub.parts import parts_of
from mailhub_sending.reply_reading import Letter, Mailbox, attachments, confirmed, mailbox, mailboxes, read
from tests.plugins.mailhub_sending.answers import written


def letter(content: bytes, sender: str = "envelope@example.org") -> Letter:
    return read(Mail(sender, "x", content, "", "", 0))


def test_author_subject_and_words() -> None:
    got = letter(written("Merci é\n\n> stop", Subject="=?iso-8859-1?q?R=E9p?= : Hello\n a"))
    assert got.author == got.answers == Mailbox("p1@example.org", "Zoë Martin")
    assert (got.subject, got.own) == ("Rép : Hello a", "Merci é")
    assert letter(written("x", Reply_To="z@example.net")).answers == Mailbox("z@example.net", "")


def test_without_a_from_the_envelope_says_who() -> None:
    assert letter(written("x", From="")).author == Mailbox("envelope@example.org", "")
    assert letter(written("x", From="undisclosed-recipients:;"), "").author == Mailbox("", "")


def test_one_mail_is_known_by_its_message_id_or_by_its_words() -> None:
    assert letter(written("a")).digest == letter(b"Received: again\r\n" + written("b")).digest
    assert letter(written("a")).digest != letter(written("a", Message_ID="<2@x>")).digest
    one, two = written("a", Message_ID=""), written("b", Message_ID="")
    assert letter(one).digest == letter(one).digest != letter(two).digest


def test_mailboxes_that_can_be_written_to() -> None:
    assert mailbox("nobody") is mailbox("") is mailbox("(" * 100_000) is None
    assert mailboxes('"Doe, Jane" <jane@example.org>, x, <y@BÜCHER.example>') == [
        Mailbox("jane@example.org", "Doe, Jane"), Mailbox("y@xn--bcher-kva.example", ""),
    ]  # fmt: skip


def test_files_are_those_beside_the_text() -> None:
    mail = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
        b'--b\r\nContent-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n'
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nInside\r\n--b--\r\n"
    )
    assert [(name, kind) for name, kind, _ in attachments(parts_of(mail))] == [
        ("a.png", "image/png"),
        ("", "message/rfc822"),
    ]
    assert attachments(parts_of(mail))[0][2] == 3
    assert attachments(parts_of(written("x"))) == []


def test_nobody_says_who_a_mail_is_from_where_nobody_was_asked() -> None:
    assert confirmed(Mail("", "x", b"", "", "", 0)) is None


@pytest.mark.parametrize(("result", "expected"), [("pass", True), ("fail", False), ("none", None), ("temperror", None)])
def test_dmarc_says_who_a_mail_is_from(result: str, expected: bool | None) -> None:
    verdicts = Verdicts(Spf("pass", "x", "mailfrom"), (), Arc("none"), Dmarc(result, "x"))
    assert confirmed(Mail("", "x", b"", "", "", 0, verdicts)) is expected


def test_any_octets_are_read() -> None:
    chance = random.Random(7)
    base = written("Merci", Content_Type='multipart/mixed; boundary="b"') + b"--b\r\n\r\nx\r\n--b--"
    for _ in range(300):
        content = bytearray(base)
        for _ in range(chance.randrange(1, 30)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        got = letter(bytes(content[: chance.randrange(len(content))]))
        assert "\0" not in got.subject

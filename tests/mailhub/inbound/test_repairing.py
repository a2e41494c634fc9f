from datetime import UTC, datetime
from email import message_from_bytes

import pytest

from mailhub.errors import Invalid
from mailhub.inbound.repairing import SUBJECT_LENGTH, repair

AT = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
TRACE = b"Received: from here;\r\n"


def test_what_is_missing_is_added() -> None:
    mail = repair(b"From: Ada <Ada@ACME.example>\r\n\r\nbody\r\n", TRACE, AT)
    parsed = message_from_bytes(mail.content)
    assert mail.content.startswith(TRACE)
    assert mail.content.endswith(b"\r\n\r\nbody\r\n")
    assert parsed["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert parsed["Message-ID"].endswith("@acme.example>")
    assert (mail.subject, mail.authors) == ("", ["Ada@acme.example"])


def test_what_is_there_stays_as_it_is() -> None:
    content = b"DATE: yesterday\r\nmessage-id: <1@x>\r\nFrom: a@b.ca\r\nSubject:  x\r\n\r\nbody"
    assert repair(content, TRACE, AT).content == TRACE + content


def test_what_is_nobodys_business_goes() -> None:
    content = (
        b"Bcc: a@b.ca,\r\n c@d.ca\r\nFrom: a@b.ca\r\nbcc : x\r\nResent-Bcc: y\r\nReturn-Path: <z>\r\n"
        b"Date: d\r\nMessage-ID: <m>\r\n\r\nBcc: in the body\r\n"
    )
    kept = b"From: a@b.ca\r\nDate: d\r\nMessage-ID: <m>\r\n\r\nBcc: in the body\r\n"
    assert repair(content, TRACE, AT).content == TRACE + kept


def test_a_mail_without_a_body() -> None:
    content = b"From: a@b.ca\r\nDate: d\r\nMessage-ID: <m>\r\n"
    assert repair(content, TRACE, AT).content == TRACE + content + b"\r\n"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"To: a@b.ca\r\n", "has 0 From headers"),
        (b"From: a@b.ca\r\nFROM: c@d.ca\r\n", "has 2 From headers"),
        (b"From: \r\n", "holds no address"),
        (b"From: Ada\r\n", "holds no address"),
        (b"From: a@b.ca, Ada\r\n", "holds no address"),
        (b"From: root@localhost\r\n", "holds no address"),
        (b"From: x@y.ca <a@b.ca> <c@d.ca>, e\r\n", "holds no address"),
        (b"Hello\r\nFrom: a@b.ca\r\n", "no header field"),
    ],
)
def test_what_cannot_be_mended(header: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        repair(header + b"\r\nbody\r\n", TRACE, AT)


def test_a_long_subject_is_cut_for_lists_only() -> None:
    content = b"From: a@b.ca\r\nSubject: " + b"x" * 900 + b"\r\n\r\n"
    mail = repair(content, TRACE, AT)
    assert len(mail.subject) == SUBJECT_LENGTH
    assert b"x" * 900 in mail.content

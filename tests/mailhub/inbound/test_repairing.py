from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from mailhub.errors import Invalid
from mailhub.inbound.repairing import ENCODED_LENGTH, SUBJECT_LENGTH, repair

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
        (b"From: me@own.example (<victim@bank.example>\r\n", "that never ends: close it"),
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


def header(mail: bytes) -> list[bytes]:
    """The lines of a mail's header, unfolded, without what is added to every mail."""
    lines = mail.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")
    return [line for line in lines if not line.startswith((b"Received:", b"Date:", b"Message-ID:"))]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Subject: Été", "Subject: =?utf-8?b?w4l0w6k=?="),
        ("To: Zoë <zoe@b.ca>, x@y.ca", "To: =?utf-8?q?Zo=C3=AB?= <zoe@b.ca>, x@y.ca"),
        ('X-Note: "é"', "X-Note: =?utf-8?q?=22=C3=A9=22?="),
        ('Content-Type: application/pdf; name="é.pdf"', "Content-Type: application/pdf; name*=utf-8''%C3%A9.pdf"),
        ("Subject: plain", "Subject: plain"),
    ],
)
def test_text_beyond_ascii_is_encoded(field: str, expected: str) -> None:
    mail = repair(f"From: a@b.ca\r\n{field}\r\n\r\nb\r\n".encode(), TRACE, AT)
    assert header(mail.content) == [b"From: a@b.ca", expected.encode()]
    parsed = message_from_bytes(mail.content, policy=policy.default)
    sent = message_from_bytes(f"{field}\r\n\r\n".encode(), policy=policy.default.clone(utf8=True))
    name = field.partition(":")[0]
    assert name == "Content-Type" or str(parsed[name]) == str(sent[name])


def test_octets_of_an_older_charset_are_read_as_latin_1() -> None:
    mail = repair(b"From: a@b.ca\r\nSubject: \xc9t\xe9\r\n\r\nb\r\n", TRACE, AT)
    assert message_from_bytes(mail.content, policy=policy.default)["Subject"] == "Été"


@pytest.mark.parametrize("field", ["To: zoë@b.ca", "Cc: x@y.ca, <zoë@b.ca>", "Message-ID: <é@b.ca>", "References: <é>"])
def test_what_cannot_be_encoded_needs_smtputf8(field: str) -> None:
    content = f"From: a@b.ca\r\n{field}\r\n\r\nb\r\n".encode()
    with pytest.raises(Invalid, match="announce SMTPUTF8"):
        repair(content, TRACE, AT)
    assert (
        "é" in repair(content, TRACE, AT, utf8=True).content.decode()
        or "ë" in repair(content, TRACE, AT, utf8=True).content.decode()
    )


def test_so_much_beyond_ascii_is_not_encoded_here() -> None:
    with pytest.raises(Invalid, match="too much text beyond ASCII"):
        repair(b"From: a@b.ca\r\nSubject: " + b"\xc3\xa9" * ENCODED_LENGTH + b"\r\n\r\n", TRACE, AT)


def test_several_authors_have_a_sender() -> None:
    mail = repair(b"From: a@b.ca, c@d.ca\r\n\r\nx\r\n", TRACE, AT)
    assert header(mail.content) == [b"From: a@b.ca, c@d.ca", b"Sender: <a@b.ca>"]
    kept = b"From: a@b.ca, c@d.ca\r\nSender: c@d.ca\r\n\r\nx\r\n"
    assert header(repair(kept, TRACE, AT).content) == [b"From: a@b.ca, c@d.ca", b"Sender: c@d.ca"]


def test_what_may_be_there_once_is_there_once() -> None:
    twice = [b"From: a@b.ca", b"Subject: one", b"MIME-Version: 1.0", b"subject: two", b"MIME-version: 1.0"]
    content = b"\r\n".join([*twice, b"To: x@y.ca", b"To: z@y.ca", b"", b"x"])
    assert header(repair(content, TRACE, AT).content) == [
        b"From: a@b.ca", b"Subject: one", b"MIME-Version: 1.0", b"To: x@y.ca", b"To: z@y.ca",
    ]  # fmt: skip


def test_a_mail_to_hidden_recipients_alone_gets_no_field_for_them() -> None:
    mail = repair(b"From: a@b.ca\r\nBcc: c@d.ca\r\n\r\nx\r\n", TRACE, AT)
    assert header(mail.content) == [b"From: a@b.ca"]


def test_comments_without_end_are_no_author() -> None:
    with pytest.raises(Invalid, match="that never ends"):
        repair(b"From: " + b"(" * 5000 + b"a@b.ca\r\n\r\n", TRACE, AT)


def test_who_else_is_named_as_the_sender() -> None:
    header = (
        b"From: a@b.ca\r\nSender: A <a@Bank.example>\r\nResent-From: x@b.ca, nobody\r\nResent-To: c@other.example\r\n"
    )
    assert repair(header + b"\r\n", TRACE, AT).vouchers == {"bank.example", "b.ca", ""}
    odd = b"From: a@b.ca\r\nSender: a@b.ca (<v@bank.example>\r\n\r\n"
    assert repair(odd, TRACE, AT).vouchers == {""}
    assert repair(b"From: a@b.ca\r\n\r\n", TRACE, AT).vouchers == frozenset()


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ("mail.hub.example; dkim=pass", False), ("MAIL.hub.example 1; spf=pass", False), ('"mail.hub.example"; none', False),
        ("(said by) mail.hub.example;\r\n dkim=pass", False), ("; dkim=pass", False), ("mx.other.example; dkim=pass", True),
        ("mail.hub.example.org; dkim=pass", True),
    ],
)  # fmt: skip
def test_nobody_else_tells_results_in_our_name(value: str, leaves: bool) -> None:
    content = f"From: a@b.ca\r\nauthentication-RESULTS: {value}\r\n\r\nb\r\n".encode()
    kept = b"RESULTS" in repair(content, TRACE, AT, "mail.hub.example").content
    assert kept is leaves

from datetime import UTC, datetime

import pytest

from mailhub.inbound.trace import Origin, received

AT = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


def test_the_line() -> None:
    assert received(Origin("192.0.2.1", "a.example", tls=True, login=True), "mx.example", AT, ["b@c.ca"]) == (
        b"Received: from a.example ([192.0.2.1])\r\n"
        b"\tby mx.example (MailHub) with ESMTPSA\r\n"
        b"\tfor <b@c.ca>;\r\n"
        b"\tFri, 15 Jan 2027 08:00:00 +0000\r\n"
    )


def test_several_recipients_are_not_shown_to_each_other() -> None:
    assert b"for <" not in received(Origin("192.0.2.1", "a.example"), "mx.example", AT, ["b@c.ca", "d@e.ca"])


@pytest.mark.parametrize("helo", ["a b", "a\r\nBcc: x", "x" * 256, "", "é", "(comment)"])
def test_a_name_that_is_none_is_not_repeated(helo: str) -> None:
    assert received(Origin("2001:db8::1", helo), "mx.example", AT, []).startswith(
        b"Received: from unknown ([IPv6:2001:db8::1])\r\n"
    )


@pytest.mark.parametrize(
    ("origin", "protocol"),
    [
        (Origin("", "", extended=False), "SMTP"),
        (Origin("", ""), "ESMTP"),
        (Origin("", "", tls=True), "ESMTPS"),
        (Origin("", "", login=True), "ESMTPA"),
        (Origin("", "", tls=True, login=True, utf8=True), "UTF8SMTPSA"),
    ],
)
def test_the_keyword(origin: Origin, protocol: str) -> None:
    assert origin.protocol == protocol


def test_whom_a_proxy_does_not_know_is_unknown() -> None:
    line = received(Origin("", "mail.b.ca"), "here", AT, [])
    assert line.startswith(b"Received: from mail.b.ca (unknown)\r\n\tby here")

"""Our own header fields: what a mail may ask of us, said wrongly too."""

import pytest

from mailhub.errors import Invalid
from mailhub.inbound.fields import split
from mailhub.inbound.own_fields import Own, read


def _read(*lines: bytes) -> Own:
    return read(split(b"".join(line + b"\r\n" for line in (b"From: a@b.ca", *lines)) + b"\r\n")[0])


def test_nothing_is_asked() -> None:
    assert _read() == Own("", None, None)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"X-MailHub-Tag: order-42", Own("order-42", None, None)),
        (b"x-mailhub-track: opens", Own("", True, False)),
        (b"X-MailHub-Track: Clicks, opens", Own("", True, True)),
        (b"X-MailHub-Track: none", Own("", False, False)),
    ],
)
def test_what_is_asked(line: bytes, wanted: Own) -> None:
    assert _read(line) == wanted


@pytest.mark.parametrize("name", [b"X-MailHub-Tag", b"X-MailHub-Track"])
def test_of_two_none_counts(name: bytes) -> None:
    value = {b"X-MailHub-Tag": b"order", b"X-MailHub-Track": b"opens"}[name]
    with pytest.raises(Invalid, match=f"2 headers {name.decode().lower()}"):
        _read(name + b": " + value, name.lower() + b": " + value)


@pytest.mark.parametrize(
    "line",
    [
        b"X-MailHub-Tag: no", b"X-MailHub-Tag: Order", b"X-MailHub-Tag: two words", b"X-MailHub-Tag: " + b"x" * 21,
        b"X-MailHub-Track: all", b"X-MailHub-Track: none, opens", b"X-MailHub-Tags: order",
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(line: bytes) -> None:
    with pytest.raises(Invalid, match="X-MailHub"):
        _read(line)

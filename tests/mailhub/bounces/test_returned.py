"""What leads to our message is found wherever a mail system put it."""

import pytest

from mailhub.bounces.returned import original_of, recipients_of, returned_header, senders_of
from mailhub.parts import header_of, parts_of

HEADER = (
    "Return-Path: <b@ours.example>\nFrom: us@ours.example\nTo: a@b.example, c@b.example\nMessage-ID: <m@ours.example>\n"
)


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_part_is_the_returned_mail(kind: str) -> None:
    mail = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: {kind}\n\n{HEADER}\n--b--\n"
    assert returned_header(parts_of(mail.encode()), "").get("message-id") == "<m@ours.example>"


def test_text_is_the_returned_mail() -> None:
    header = returned_header(parts_of(b"Subject: x\n\ny"), f"--- Below this line is a copy\n\n{HEADER}\nHello: there\n")
    assert recipients_of(header) == ["a@b.example", "c@b.example"]
    assert senders_of(header) == ["b@ours.example", "us@ours.example"]
    assert "hello" not in header


def test_the_original_is_known_by_its_identity_and_its_path() -> None:
    top = header_of(b"To: b-7@ours.example\nDelivered-To: b-7@mx.example\nIn-Reply-To: <other@ours.example>\n")
    original = original_of(top, header_of(HEADER.encode()), ["s@ours.example"])
    assert original.message_id == "m@ours.example"
    assert original.addresses == ("b-7@mx.example", "b-7@ours.example", "b@ours.example", "s@ours.example")
    assert original_of(top, header_of(b""), []).message_id == "other@ours.example"

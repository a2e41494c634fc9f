"""The sandbox keeps each mail once, byte for byte, for as many days as configured."""

import pytest

from mailhub.delivery.sandbox import DAY, Delivered, forget_old, keep, message_of, subject_of
from mailhub.hub import Hub
from mailhub.messages import Kept

MAIL = b"Subject: =?utf-8?q?=C3=89t=C3=A9?=\r\n\r\n\x00\xff" + b"long " * 1000


def _delivered(number: int, at: int = 5) -> Delivered:
    return Delivered(number, 1, 2, "from@example.org", "to@example.com", MAIL, at)


def test_a_mail_is_kept_byte_for_byte(core: Hub) -> None:
    keep([_delivered(382748501324333058)])
    row = Kept.get()
    assert message_of(row) == MAIL
    assert (row.id, row.account_id, row.source_id, row.system) == (382748501324333058, 1, 2, False)
    assert (row.envelope_from, row.recipient, row.subject) == ("from@example.org", "to@example.com", "Été")
    assert (row.size, row.at) == (len(MAIL), 5)


def test_keeping_twice_keeps_once(core: Hub) -> None:
    keep([_delivered(1), _delivered(2)])
    keep([_delivered(2), _delivered(3)])
    assert [row.id for row in Kept.select().order_by(Kept.id)] == [1, 2, 3]


def test_keeping_nothing_is_no_fault(core: Hub) -> None:
    keep([])
    assert Kept.select().count() == 0


def test_old_mail_is_forgotten(core: Hub) -> None:
    now = core.ms()
    keep([_delivered(1, now - 7 * DAY - 1), _delivered(2, now - 7 * DAY + 60_000)])
    forget_old(core)
    assert [row.id for row in Kept.select()] == [2]


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"From: a@b.example\r\nSUBJECT: plain", "plain"),
        (b"Subject: one\r\n two", "one two"),
        (b"Subject: =?utf-8?q?=C3=89t=C3=A9?= =?iso-8859-1?q?_99?=", "Été 99"),
        (b"Subject: raw \xc3\x89t\xc3\xa9", "raw Été"),
        (b"From: a@b.example", ""),
        (b"X-Subject: no", ""),
    ],
)
def test_a_subject_is_what_its_reader_sees(header: bytes, subject: str) -> None:
    assert subject_of(header + b"\r\n\r\nSubject: of the body\r\n") == subject


@pytest.mark.parametrize(
    "subject",
    [
        b"=?utf-8?q?a=00b?=",
        b"=?utf-8?b?abcde?=",
        b"=?unicode-escape?q?=5Cud800?=",
        b"=?utf-16?q?a?=",
        b"\xff\xfe",
        b"=?utf-7?q?+2AA-?=",
        b"=?idna?q?xn--a?=",
        b"=?rot13?q?abc?=",
        b"=?nothing?q?abc?=",
    ],
)
def test_no_subject_keeps_a_mail_from_being_kept(core: Hub, subject: bytes) -> None:
    mail = b"Subject: " + subject + b"\r\n\r\nbody\r\n"
    keep([_delivered(1)._replace(message=mail)])
    assert message_of(Kept.get()) == mail

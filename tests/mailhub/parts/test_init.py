"""Mail of every shape is cut into its parts; mail that is none is cut into one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.parts import MOST_DEPTH, MOST_PARTS, header_of, parts_of

REPORT = b"""From: postmaster@mx.example
Subject: Failed
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

for old programs
--=_b

Your mail failed.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

--=_b
Content-Type: message/rfc822

Subject: Hello
Content-Type: multipart/alternative; boundary==_c

--=_c
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

d=E9j=E0
--=_c
Content-Type: text/html

<p>deja</p>
--=_c--
--=_b--
trailing
"""


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("before", [b"", b"From x@y.example Mon Jan  1 00:00:00 2026\n", b"\n\n", b"\xef\xbb\xbf"])
def test_a_mail_is_cut_from_the_outside_in(ends: bytes, before: bytes) -> None:
    parts = parts_of((before + REPORT).replace(b"\n", ends))
    assert [(part.kind, part.depth, part.within) for part in parts] == [
        ("multipart/report", 0, 0), ("text/plain", 1, 0), ("message/delivery-status", 1, 0), ("message/rfc822", 1, 0),
        ("multipart/alternative", 2, 1), ("text/plain", 3, 1), ("text/html", 3, 1),
    ]  # fmt: skip
    assert parts[0].header.get("subject") == "Failed"
    assert parts[0].text == "for old programs\n"
    assert parts[1].text == "Your mail failed.\n"
    assert parts[5].text == "déjà"
    assert parts[6].text == "<p>deja</p>"


def test_a_boundary_that_is_missing_or_wrong_is_found() -> None:
    for wrong in (b"", b'; boundary="another"', b"; boundary="):
        mail = REPORT.replace(b'; boundary="=_b"', wrong)
        assert [part.kind for part in parts_of(mail)][2:4] == ["message/delivery-status", "message/rfc822"]


def test_a_multipart_without_parts_is_one_part() -> None:
    parts = parts_of(b"Content-Type: multipart/mixed; boundary=x\n\nThere is no part.\n")
    assert [part.text for part in parts] == ["There is no part.\n"]


def test_a_mail_that_ends_too_soon_keeps_what_came() -> None:
    parts = parts_of(REPORT[: REPORT.index(b"Reporting-MTA") + 13])
    assert (parts[-1].kind, parts[-1].text) == ("message/delivery-status", "Reporting-MTA")


def test_an_attachment_has_a_name_and_its_octets() -> None:
    part = parts_of(
        b"Content-Type: application/zip; name=old.zip\nContent-Disposition: attachment;\n"
        b" filename*0*=utf-8''r%C3%A9s;\n filename*1*=um%C3%A9.zip\nContent-Transfer-Encoding: base64\n\nUEsD\nBAo=\n"
    )[0]
    assert (part.kind, part.name, part.body) == ("application/zip", "résumé.zip", b"PK\x03\x04\n")


def test_a_mail_inside_may_be_encoded() -> None:
    parts = parts_of(
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaW5zaWRlCgpib2R5Cg==\n"
    )
    assert (parts[1].within, parts[1].header.get("subject"), parts[1].text) == (1, "inside", "body\n")


@pytest.mark.parametrize(
    "mail",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000)),
        b"Content-Type: message/rfc822\n\n" * 10_000,
        b"A: b\n" * 100_000,
        b"Content-Type: a/b;" + b' a="\\\\\\' * 100_000,
        b"\0" * 1_000_000,
    ],
    ids=["parts", "multiparts", "mails", "fields", "parameters", "nuls"],
)  # fmt: skip
def test_a_bomb_is_bounded(mail: bytes) -> None:
    parts = parts_of(mail)
    assert 1 <= len(parts) <= MOST_PARTS
    assert max(part.depth for part in parts) <= MOST_DEPTH


@given(st.binary(max_size=2000))
def test_anything_is_a_mail(content: bytes) -> None:
    assert parts_of(content)[0].text is not None


@given(st.lists(st.sampled_from([REPORT[at : at + 40] for at in range(0, len(REPORT), 40)]), max_size=60))
def test_a_mail_in_disorder_is_read(pieces: list[bytes]) -> None:
    for part in parts_of(b"".join(pieces)):
        assert isinstance(part.text, str)
        assert isinstance(part.header.words("subject"), str)


def test_the_header_alone() -> None:
    assert header_of(REPORT).get("from") == "postmaster@mx.example"

"""Every wrapping a report may come in, and what no wrapping may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.reports.reading import read
from mailhub.reports.records import Aggregate, Failure, Tls, Unreadable
from mailhub.reports.unpacking import MIB
from tests.mailhub.reports.samples import FAILURE, aggregate, gzipped, mail, policy, record, tls, zipped

XML = aggregate(record(), record("192.0.2.2"))
JSON = tls(policy())


@pytest.mark.parametrize(
    "content",
    [XML, gzipped(XML), zipped(XML), gzipped(zipped(XML)), zipped(gzipped(XML)),
     XML.decode().encode("utf-16"), b"\xef\xbb\xbf\r\n" + XML + b"\r\n\r\ntrailing garbage \xff"],
    ids=["xml", "gzip", "zip", "zip in gzip", "gzip in zip", "utf-16", "garbage"],
)  # fmt: skip
def test_wrappings(content: bytes) -> None:
    for given_ in (content, mail(("application/octet-stream", content)), gzipped(mail(("text/xml", content)))):
        assert [(each.source_ip, each.count) for each in read(given_) if isinstance(each, Aggregate)] == [
            ("192.0.2.1", 3), ("192.0.2.2", 3),
        ]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed", "application/octet-stream",
     "text/xml", "application/xml", "text/plain", "image/png", "application/tlsrpt+gzip", "nonsense"],
)  # fmt: skip
def test_the_type_that_a_mail_says_does_not_matter(kind: str) -> None:
    assert len(list(read(mail((kind, gzipped(XML)))))) == 2
    assert len(list(read(mail((kind, zipped(XML)))))) == 2
    assert len(list(read(mail((kind, XML))))) == 2
    (one,) = read(mail((kind, gzipped(JSON))))
    assert isinstance(one, Tls)


def test_several_members_and_several_parts() -> None:
    assert len(list(read(zipped(XML, JSON)))) == 3
    assert len(list(read(mail(("text/xml", XML), ("application/json", JSON), ("text/html", b"<html>hi</html>"))))) == 3


def test_a_mail_whose_body_is_the_report() -> None:
    plain = b"From: a@receiver.example\r\nSubject: Report\r\nContent-Type: text/xml\r\n\r\n" + XML
    assert len(list(read(plain))) == 2
    assert len(list(read(b"\r\n" + plain))) == 2


def test_a_failure_report_is_one_record() -> None:
    (one,) = read(FAILURE)
    assert isinstance(one, Failure)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no report: expected"), (b"\x89PNG\r\n", "no report: expected"), (b"From: a@b.example\r\n\r\nHello.", "holds no report"),
     (mail(("text/html", b"<!doctype html><html></html>")), "holds no report"),
     (mail(("text/plain", b'{"a": 1}')), "holds no report"),
     (mail(("application/zip", zipped(b"\x89PNG"))), "no report: expected"), (b'{"a": 1}', "no TLS report"),
     (zipped(zipped(zipped(zipped(zipped(XML))))), "archive in an archive"),
     (gzipped(mail(("text/plain", b"x" * 33 * MIB))), "archive in an archive"),
     (gzipped(b"<feedback>" + b"<!-- -->" * 9 * MIB), "more than 64 MiB")],
    ids=["empty", "image", "a mail", "a web page", "json", "image in zip", "not tls", "dolls", "large doll", "bomb"],
)  # fmt: skip
def test_what_is_no_report_is_said_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        list(read(content))


def test_an_empty_report_has_no_records() -> None:
    assert list(read(aggregate())) == []
    assert list(read(zipped())) == []


_SEEDS = (XML, gzipped(XML), zipped(XML, JSON), JSON, FAILURE, mail(("application/zip", zipped(XML))))


@given(
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.integers(0, 9999), st.binary(max_size=6)), max_size=6),
    st.integers(0, 9999),
)
def test_changed_anywhere_it_ends_in_records_or_a_sentence(
    seed: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    content, said = bytearray(seed), set()
    for at, octets in changes:
        content[at % len(content) : at % len(content) + len(octets)] = octets
    content = content[: cut or None]
    try:
        for each in read(bytes(content)):
            assert each.report is not None
    except Unreadable as trouble:
        said.add(str(trouble)[-1])
    assert said <= {"."}


@given(st.binary(max_size=300))
def test_anything_at_all(content: bytes) -> None:
    said = set()
    for given_ in (content, b"PK\x03\x04" + content, b"\x1f\x8b" + content, b"From: " + content):
        try:
            list(read(given_))
        except Unreadable as trouble:
            said.add(str(trouble)[-1])
    assert said <= {"."}

"""DKIM with signatures made here, good and bad, each with the word RFC 8601 has for it."""

import time

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.dkim import MOST_SIGNATURES, MOST_SILENCES, MOST_TOLD, Signatures, check_dkim
from mailhub.authentication.mail import LONGEST_HEADER, Mail
from mailhub.authentication.verdicts import Dkim
from mailhub.dns.asking import Unanswered
from tests.mailhub.authentication.signing import MAIL, ed25519_pair, rsa_pair, sign, texts

NAME = "sel._domainkey.example.com"
KEY = {NAME: rsa_pair().record}


def one(content: bytes, records: dict[str, bytes] | None = None) -> Dkim:
    """The verdict on the only signature of a mail."""
    (verdict,) = check_dkim(Mail(content), texts(KEY if records is None else records))
    return verdict


@pytest.mark.parametrize("header", ["simple", "relaxed"])
@pytest.mark.parametrize("body", ["simple", "relaxed"])
def test_each_canonical_form(header: str, body: str) -> None:
    content = sign(c=f"{header}/{body}")
    assert one(content).result == "pass"
    assert one(content.replace(b"\r\n", b"\n")).result == "pass"
    assert one(b"From ada Sun Nov 22 12:00:00 2026\r\n" + content).result == "pass"
    blanks = content.replace(b"Subject: Two  words", b"Subject:   Two words  ")
    assert one(blanks).result == ("pass" if header == "relaxed" else "fail")
    blanks = content.replace(b"Hello  Bob, \r\n", b"Hello Bob,\t\r\n")
    assert one(blanks).result == ("pass" if body == "relaxed" else "fail")
    assert one(content + b"\r\n\r\n").result == "pass"
    assert one(content + b"more\r\n").reason == "the body was changed"


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b"x", b" \r\n", b"a\rb\r\n", b"\0\xff \r\n"])
@pytest.mark.parametrize("form", ["simple/simple", "relaxed/relaxed", "simple", "relaxed"])
def test_bodies_that_are_nearly_none(body: bytes, form: str) -> None:
    assert one(sign(b"From: a@example.com\r\n\r\n" + body, c=form)).result == "pass"


def test_a_mail_without_a_body_or_signature() -> None:
    assert one(sign(b"From: a@example.com\r\n")).result == "pass"
    assert check_dkim(Mail(MAIL), texts(KEY)) == ()


def test_the_words_of_a_verdict() -> None:
    verdict = one(sign(d="Example.COM"))
    assert verdict[:4] == ("pass", "example.com", "sel", "rsa-sha256")
    assert len(verdict.start) == 8
    assert verdict.reason == ""


def test_ed25519_and_both_together() -> None:
    records = {**KEY, "ed._domainkey.example.com": ed25519_pair().record}
    content = sign(sign(), ed25519_pair(), s="ed")
    assert [each.result for each in check_dkim(Mail(content), texts(records))] == ["pass", "pass"]
    assert [each.algorithm for each in check_dkim(Mail(content), texts(records))] == ["ed25519-sha256", "rsa-sha256"]
    assert [each.result for each in check_dkim(Mail(content), texts(KEY))] == ["permerror", "pass"]


@pytest.mark.parametrize("bits", [2048, 3072])
def test_longer_keys(bits: int) -> None:
    assert one(sign(pair=rsa_pair(bits)), {NAME: rsa_pair(bits).record}).result == "pass"


@pytest.mark.parametrize("tag", ["v", "a", "b", "bh", "d", "h", "s"])
def test_a_tag_that_must_be_there(tag: str) -> None:
    assert one(sign(**{tag: None})).result == "permerror"
    assert one(sign(**{tag: " "})).result == "permerror"


@pytest.mark.parametrize(
    ("tags", "result"),
    [
        ({"v": "2"}, "permerror"),
        ({"a": "rsa-sha1"}, "permerror"),
        ({"a": "rsa-md5"}, "permerror"),
        ({"a": "ed25519-sha256"}, "permerror"),  # with an RSA key
        ({"c": "future"}, "permerror"),
        ({"c": "relaxed/nearly"}, "permerror"),
        ({"c": None}, "pass"),
        ({"q": "dns/txt"}, "pass"),
        ({"q": "http:dns/txt"}, "pass"),
        ({"q": "http"}, "permerror"),
        ({"d": "example.org"}, "permerror"),
        ({"d": "exam ple.com"}, "permerror"),
        ({"d": "example.com(.evil.org"}, "permerror"),
        ({"d": "example..com"}, "permerror"),
        ({"s": "."}, "permerror"),
        ({"s": "x" * 64}, "permerror"),
        ({"h": "to:subject"}, "permerror"),
        ({"h": ":".join(["from"] * 1001)}, "permerror"),
        ({"h": " From : To:to : Subject:subject:x-none"}, "pass"),
        ({"h": "from:to:subject:dkim-signature"}, "pass"),
        ({"i": "@example.com"}, "pass"),
        ({"i": "ada=3D@news.example.com"}, "pass"),
        ({"i": "@EXAMPLE.com"}, "pass"),
        ({"i": "example.com"}, "permerror"),
        ({"i": "@badexample.com"}, "permerror"),
        ({"i": "@com"}, "permerror"),
        ({"l": "5"}, "pass"),
        ({"l": "0"}, "pass"),
        ({"l": "100000"}, "fail"),
        ({"l": "-1"}, "permerror"),
        ({"l": "5x"}, "permerror"),
        ({"t": "1000000000", "x": "2000000000"}, "pass"),
        ({"x": "1000000000"}, "fail"),
        ({"t": "1900000000", "x": "1800000000"}, "permerror"),
        ({"t": "now"}, "permerror"),
        ({"b": "!!!!"}, "permerror"),
        ({"b": "AAAA"}, "fail"),
        ({"bh": "AAAA"}, "fail"),
        ({"bh": "=AAA"}, "permerror"),
        ({"z": "Subject:=20x", "x-new": "1"}, "pass"),
    ],
)
def test_tags(tags: dict[str, str], result: str) -> None:
    assert one(sign(**tags)).result == result


@pytest.mark.parametrize(
    "field", [b"", b"nonsense", b"v=1; v=1", b"=", b"v", b";", b"\xff=1", b"v=1;;a=x", b"1=1", b"a=\0"]
)
def test_a_field_that_cannot_be_read(field: bytes) -> None:
    verdict = one(b"DKIM-Signature: " + field + b"\r\n" + MAIL)
    assert verdict.result == "permerror"
    assert verdict.reason


def test_folds_in_the_field() -> None:
    content = sign(h="from:\r\n\tto : subject")
    at = content.index(b"b=", content.index(b"bh=") + 3)
    folded = content[: at + 10] + b"\r\n\t " + content[at + 10 : at + 20] + b" \r\n " + content[at + 20 :]
    assert one(folded).result == "pass"
    assert one(folded.replace(b"; s=", b";\r\n s=")).result == "pass"


def test_a_length_lets_more_be_added() -> None:
    content = sign(l="14") + b"Added.\r\n"
    assert one(content).result == "pass"
    assert one(content.replace(b"Hello", b"Holla")).result == "fail"


def test_a_signed_name_that_is_not_there_may_not_be_added() -> None:
    content = sign(h="from:from:to:subject:cc")
    assert one(content).result == "pass"
    assert one(content.replace(b"To: ", b"Cc: x@example.org\r\nTo: ")).result == "fail"
    assert one(b"X-Added: 1\r\n" + content).result == "pass"


def test_another_from_is_never_right() -> None:
    assert one(b"From: eve@example.org\r\n" + sign()).result == "fail"
    assert one(sign().replace(b"To: ", b"From: eve@example.org\r\nTo: ")).result == "fail"


def test_fields_of_one_name_are_taken_from_below() -> None:
    content = sign(MAIL.replace(b"To: ", b"X: 1\r\nX: 2\r\nTo: "), h="from:x:x")
    assert one(content).result == "pass"
    assert one(content.replace(b"X: 1\r\nX: 2", b"X: 2\r\nX: 1")).result == "fail"
    assert one(sign(MAIL.replace(b"To: ", b"X: 2\r\nTo: "), h="from:x").replace(b"X:", b"X: 0\r\nX:")).result == "pass"


def test_a_mail_without_from() -> None:
    assert one(sign(MAIL.replace(b"From", b"Form"))).result == "permerror"


def test_a_key_that_is_of_no_use() -> None:
    assert one(sign(), {NAME: b"v=DKIM1; p="}).reason == "the key is revoked"
    assert one(sign(), {}).reason == "there is no key"
    assert one(sign(), {NAME: rsa_pair(1024, 1).record}).result == "fail"
    assert one(sign(), {NAME: ed25519_pair().record}).result == "permerror"


def test_a_strict_key_wants_the_very_domain() -> None:
    strict = {NAME: rsa_pair().record + b"; t=y:s"}
    assert one(sign(i="ada@example.com"), strict).result == "pass"
    assert one(sign(), strict).result == "pass"
    assert one(sign(i="ada@news.example.com"), strict).result == "permerror"


def test_a_key_dns_does_not_tell() -> None:
    def silent(name: str) -> list[bytes]:
        raise Unanswered(name)

    assert [each.result for each in check_dkim(Mail(sign()), silent)] == ["temperror"]


def test_an_international_domain() -> None:
    records = {"sel._domainkey.xn--bcher-kva.example": rsa_pair().record}
    assert one(sign(d="bücher.example"), records).result == "pass"
    assert one(sign(d="xn--bcher-kva.example"), records).result == "pass"


def test_no_more_than_a_dozen_are_checked() -> None:
    asked = list[str]()

    def counted(name: str) -> list[bytes]:
        asked.append(name)
        return [KEY[NAME]]

    signature = sign().removesuffix(MAIL)
    found = check_dkim(Mail(signature * 500 + MAIL), counted)
    assert len(found) == MOST_TOLD
    assert [each.result for each in found[: MOST_SIGNATURES + 1]] == ["pass"] * MOST_SIGNATURES + ["neutral"]
    assert len(asked) == MOST_SIGNATURES


def test_those_that_matter_are_checked_first() -> None:
    asked = list[str]()

    def half_silent(name: str) -> list[bytes]:
        asked.append(name)
        if "silent" in name:
            raise Unanswered(name)
        return [KEY[NAME]]

    others = b"".join(sign(d=f"silent{number}.example").removesuffix(MAIL) for number in range(12))
    content = others + b"DKIM-Signature: nonsense\r\n" + sign(d="Example.COM")
    signatures = Signatures(Mail(content), half_silent, matters=lambda domain: domain == "example.com")
    signatures.check_first()
    assert asked == [NAME]
    found = signatures.check_others()
    assert asked == [NAME, "sel._domainkey.silent0.example", "sel._domainkey.silent1.example"]
    assert [each.result for each in found] == ["temperror"] * 11 + ["neutral", "permerror", "pass"]
    assert [each.domain for each in found[:2]] == ["silent0.example", "silent1.example"]
    assert len(asked) == 1 + MOST_SILENCES


def test_a_header_without_end() -> None:
    content = sign().removesuffix(MAIL) + b"X: " + b"y" * LONGEST_HEADER + b"\r\n" + MAIL
    assert one(content).result == "neutral"


def test_dkimpy_says_the_same() -> None:
    signed = dkim.sign(MAIL, b"sel", b"example.com", rsa_pair().pem, canonicalize=(b"simple", b"relaxed"))
    for content in (signed + MAIL, signed + MAIL.replace(b"Two", b"Three"), signed + MAIL + b"x"):
        theirs = dkim.verify(content, dnsfunc=lambda name, timeout=5: rsa_pair().record)
        assert (one(content).result == "pass") == theirs


def test_time_is_ours_to_tell() -> None:
    content = sign(x="1900000000")
    assert check_dkim(Mail(content), texts(KEY), now=1899999999)[0].result == "pass"
    assert check_dkim(Mail(content), texts(KEY), now=1900000001)[0].result == "fail"


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=100))
def test_any_octets_have_a_verdict(field: bytes, rest: bytes, record: bytes) -> None:
    content = b"DKIM-Signature:" + field.replace(b"\n", b"").replace(b"\r", b"") + b"\r\n" + rest
    (first, *_) = check_dkim(Mail(content), lambda name: [record])
    assert first.result in ("permerror", "fail", "policy", "neutral")


@given(st.sampled_from(["v", "a", "c", "d", "s", "h", "i", "l", "q", "t", "x", "b", "bh"]), st.text(max_size=40))
def test_any_tag_has_a_verdict(tag: str, value: str) -> None:
    value = value.replace("\r", "").replace("\n", "").replace(";", "").encode("utf-8", "replace").decode()
    content = sign(b="AAAA", bh="AAAA", **({} if tag in ("b", "bh") else {tag: value}))
    assert one(content).result in ("permerror", "fail")


def test_a_line_of_a_million_blanks_takes_no_time() -> None:
    begun = time.process_time()
    assert one(sign(bh="AAAA", b="AAAA") + b" " * 4_000_000).result == "fail"
    assert time.process_time() - begun < 10  # dkimpy would be at it for hours

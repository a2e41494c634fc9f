"""ARC chains sealed by dkimpy, and chains sealed wrongly here."""

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.arc import MOST_SETS, check_arc
from mailhub.authentication.mail import Mail
from mailhub.dns.asking import Unanswered
from tests.mailhub.authentication.signing import MAIL, rsa_pair, seal, texts

KEYS = {f"arc._domainkey.hop{number}.example": rsa_pair(1024, number).record for number in (1, 2, 3)}


def chain(length: int, mail: bytes = MAIL) -> bytes:
    """A mail as `length` forwarders leave it, each with a key of its own."""
    for number in range(1, length + 1):
        before = "none" if number == 1 else "pass"
        results = b"Authentication-Results: hop%d.example; spf=pass; arc=%b\r\n" % (number, before.encode())
        domain = b"hop%d.example" % number
        fields = dkim.arc_sign(results + mail, b"arc", domain, rsa_pair(1024, number).pem, domain)
        mail = b"".join(fields) + mail
    return mail


def result(content: bytes) -> str:
    """The state of a mail's chain."""
    return check_arc(Mail(content), texts(KEYS)).result


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_good_chain(length: int) -> None:
    content = chain(length)
    assert check_arc(Mail(content), texts(KEYS)) == ("pass", f"hop{length}.example", length, "")
    assert result(content.replace(b"\r\n", b"\n")) == "pass"
    assert result(content.replace(b"see you", b"see me")) == "fail"
    assert result(content.replace(b"spf=pass", b"spf=none", 1)) == "fail"


def test_no_chain() -> None:
    assert result(MAIL) == "none"
    assert result(b"") == "none"


def test_a_list_may_write_into_the_mail_between_two_seals() -> None:
    changed = chain(1).replace(b"see you", b"see me")
    assert result(changed) == "fail"
    results = b"Authentication-Results: hop2.example; arc=pass\r\n"
    fields = dkim.arc_sign(results + changed, b"arc", b"hop2.example", rsa_pair(1024, 2).pem, b"hop2.example")
    assert result(b"".join(fields) + changed) == "pass"


def test_a_chain_that_had_failed_before() -> None:
    broken = chain(1).replace(b"see you", b"see me")
    results = b"Authentication-Results: hop2.example; arc=fail\r\n"
    fields = dkim.arc_sign(results + broken, b"arc", b"hop2.example", rsa_pair(1024, 2).pem, b"hop2.example")
    verdict = check_arc(Mail(b"".join(fields) + broken), texts(KEYS))
    assert verdict.result == "fail"
    assert verdict.reason == "it had failed before"


@pytest.mark.parametrize("name", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_set_that_is_not_complete(name: bytes, number: int) -> None:
    content = chain(2)
    field = next(each for each in Mail(content).named(name.lower()) if b"i=%d;" % number in each.value)
    whole = field.name + b":" + field.value
    assert whole in content
    assert result(content.replace(whole, b"")) == "fail"
    assert result(whole + content) == "fail"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"i=2", b"i=3"),
        (b"i=2", b"i=0"),
        (b"i=2", b"i=x"),
        (b"i=2", b"j=2"),
        (b"i=2;", b";"),
        (b"i=1", b"i=2"),
        (b"cv=pass", b"cv=none"),
        (b"cv=none", b"cv=pass"),
        (b"cv=pass", b"cv=perhaps"),
        (b"cv=pass;", b""),
        (b"d=hop1.example", b"d=hop3.example"),
        (b"s=arc", b"s=other"),
        (b" spf=pass", b" spf=fail"),
    ],
)
def test_a_chain_that_was_tampered_with(was: bytes, becomes: bytes) -> None:
    assert was in chain(2)
    assert result(chain(2).replace(was, becomes)) == "fail"


@pytest.mark.parametrize(
    ("message", "sealing"),
    [
        ({}, {"h": "from"}),
        ({"h": "from:arc-seal"}, {}),
        ({"h": None}, {}),
        ({"bh": "AAAA"}, {}),
        ({"c": "future/simple"}, {}),
        ({"a": "rsa-sha1"}, {}),
        ({}, {"a": "rsa-sha1"}),
        ({}, {"d": None}),
        ({}, {"s": None}),
        ({}, {"b": "AAAA"}),
        ({}, {"t": "soon"}),
    ],
)
def test_sets_made_wrongly(message: dict[str, str | None], sealing: dict[str, str | None]) -> None:
    assert result(seal(MAIL, {}, {})) == "pass"
    assert result(seal(MAIL, message, sealing)) == "fail"


def test_a_message_signature_has_the_forms_it_names() -> None:
    assert result(seal(MAIL, {"c": "simple/simple"}, {})) == "pass"
    assert result(seal(MAIL, {"c": None}, {})) == "pass"
    assert result(seal(MAIL, {"h": "", "i": "1"}, {})) == "pass"


def test_a_key_dns_does_not_tell_ends_in_failure() -> None:
    def silent(name: str) -> list[bytes]:
        raise Unanswered(name)

    assert check_arc(Mail(chain(1)), silent).result == "fail"
    assert check_arc(Mail(chain(1)), texts({})).reason == "there is no key"


def test_only_so_many_sets_are_looked_at() -> None:
    asked = list[str]()
    sets = b"".join(
        b"ARC-Seal: i=%d; cv=%b; a=rsa-sha256; d=x.example; s=s; b=AAAA\r\nARC-Message-Signature: i=%d; x=\r\n"
        b"ARC-Authentication-Results: i=%d; x\r\n" % (number, b"none" if number == 1 else b"pass", number, number)
        for number in range(1, MOST_SETS + 2)
    )
    verdict = check_arc(Mail(sets + MAIL), lambda name: asked.append(name) or [])
    assert verdict.reason == "there are too many sets"
    assert asked == []


@given(
    st.lists(st.sampled_from([b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"]), max_size=5),
    st.binary(max_size=60),
)
def test_any_octets_have_a_state(names: list[bytes], value: bytes) -> None:
    header = b"".join(name + b": i=1; " + value.replace(b"\n", b"") + b"\r\n" for name in names)
    assert check_arc(Mail(header + MAIL), lambda name: [value]).result == ("fail" if names else "none")

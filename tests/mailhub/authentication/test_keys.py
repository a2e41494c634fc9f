"""Public keys in every form their records have, and those that are none."""

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.keys import KINDS, Problem, read_key
from tests.mailhub.authentication.signing import ed25519_pair, rsa_pair

RSA, ED = rsa_pair(), ed25519_pair()
# cryptography makes no key this short any more.
WEAK = (
    b"p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALWgMm9IoCmaJ8OJzn3VSWzUP02QZH84YTT6cHBmaXCqMAJ0"
    b"e+BtzSp6s8m/HzcWkoz7kGdFzm3uxV0KzV2OKUMCAwEAAQ=="
)


def read(record: bytes, algorithm: bytes = b"rsa-sha256") -> str:
    """The result a record leads to, "good" for a key that fits signatures of RSA or ED and nothing else."""
    try:
        key = read_key([record], algorithm)
    except Problem as problem:
        return problem.result
    if algorithm == b"rsa-sha256":
        made = RSA.private.sign(b"signed", padding.PKCS1v15(), SHA256())  # type: ignore[call-arg, union-attr]
    else:
        made = ED.private.sign(sha256(b"signed").digest())  # type: ignore[call-arg, union-attr]
    wrong = [
        key.fits(made, b"other"),
        key.fits(made[:-1], b"signed"),
        key.fits(b"", b"signed"),
        key.fits(made * 9, b"signed"),
    ]
    assert not any(wrong)
    return "good" if key.fits(made, b"signed") else "another"


def named(value: bytes | str) -> str:
    """The keys are others each time, the names of the tests must not be."""
    return value if isinstance(value, str) else "record"


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (RSA.record, "good"),
        (RSA.record.replace(b"v=DKIM1; k=rsa; ", b""), "good"),
        (RSA.record + b"; n=a note; x=y;", "good"),
        (RSA.record.replace(b"p=", b"p= \t") + b" ", "good"),
        (RSA.record[:60] + b" \t" + RSA.record[60:], "good"),
        (RSA.record + b"; h=sha1:sha256; s=*; t=y", "good"),
        (RSA.record + b"; h=sha1", "permerror"),
        (RSA.record + b"; h=", "permerror"),
        (RSA.record + b"; s=tlsrpt", "permerror"),
        (RSA.record + b"; s=web : email", "good"),
        (RSA.record + b"; k=rsa", "permerror"),
        (RSA.record.replace(b"DKIM1", b"DKIM2"), "permerror"),
        (RSA.record.replace(b"DKIM1", b"dkim1"), "permerror"),
        (RSA.record.replace(b"k=rsa", b"k=ed25519"), "permerror"),
        (RSA.record.replace(b"k=rsa", b"k=x"), "permerror"),
        (ED.record, "permerror"),
        (ED.record.replace(b"k=ed25519", b"k=rsa"), "permerror"),
        (RSA.record[:-8], "permerror"),
        (b"v=DKIM1; p=", "permerror"),
        (b"v=DKIM1", "permerror"),
        (b"p=AAAA", "permerror"),
        (b"p=%%%", "permerror"),
        (b"p=\xff", "permerror"),
        (b"", "permerror"),
        (b";", "permerror"),
        (b"v=spf1 -all", "permerror"),
        (RSA.record + b"; n=" + b"x" * 9000, "permerror"),
        (rsa_pair(1024, 1).record, "another"),
        (WEAK, "policy"),
    ],
    ids=named,
)
def test_rsa(record: bytes, result: str) -> None:
    assert read(record) == result


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (ED.record, "good"),
        (ED.record.replace(b"k=ed25519; ", b""), "permerror"),
        (ED.record[:-4], "permerror"),
        (b"k=ed25519; p=" + b64encode(b"x" * 32), "another"),
        (b"k=ed25519; p=" + b64encode(b"x" * 33), "permerror"),
        (b"k=ed25519; p=", "permerror"),
        (RSA.record, "permerror"),
    ],
    ids=named,
)
def test_ed25519(record: bytes, result: str) -> None:
    assert read(record, b"ed25519-sha256") == result


def test_a_key_without_its_wrapping() -> None:
    """As RFC 8017 has it, which some publish instead of what RFC 6376 asks for."""
    octets = RSA.private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert read(b"p=" + b64encode(octets)) == "good"


def test_a_key_of_quite_another_kind() -> None:
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    octets = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*form)
    assert read(b"p=" + b64encode(octets)) == "permerror"


def test_a_key_too_long_to_be_worked_with() -> None:
    octets = b64decode(RSA.record.partition(b"p=")[2])
    modulus = RSA.private.public_key().public_numbers().n.to_bytes(128, "big")  # type: ignore[union-attr]
    # Nobody needs 9,000 bits made for a test: the number is enough.
    number = b"\x02\x82\x04\x66\x00" + b"\xc1" * 1124 + b"\x01"
    key = b"\x30\x82\x04\x6f" + number + b"\x02\x03\x01\x00\x01"
    assert modulus in octets
    assert read(b"p=" + b64encode(key)) == "policy"


def test_flags() -> None:
    assert read_key([RSA.record + b"; t=y:s"], b"rsa-sha256").strict
    assert not read_key([RSA.record + b"; t=y"], b"rsa-sha256").strict


def test_of_several_records_the_first_that_can_be_used() -> None:
    assert read_key([b"v=spf1 -all", b"p=", RSA.record], b"rsa-sha256")
    with pytest.raises(Problem, match="there is no key"):
        read_key([], b"rsa-sha256")
    with pytest.raises(Problem, match="revoked"):
        read_key([b"v=spf1 -all", b"p="], b"rsa-sha256")
    with pytest.raises(Problem):
        read_key([b"p="] * 4 + [RSA.record], b"rsa-sha256")


@given(st.one_of(st.binary(max_size=120), st.binary(max_size=90).map(lambda octets: b"p=" + b64encode(octets))))
def test_any_record_is_a_key_or_a_problem(record: bytes) -> None:
    for algorithm in KINDS:
        assert read(record, algorithm) in ("permerror", "policy", "another")

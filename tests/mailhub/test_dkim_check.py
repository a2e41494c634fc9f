import pytest

from mailhub.dkim import Signer, dns_record, generate_keys
from mailhub.dkim_check import verify

KEYS = generate_keys("k")
RAW = b"From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n"
SIGNED = Signer("example.com", KEYS).sign_raw(RAW) + RAW
RECORDS = {f"{name}.example.com".encode(): value.encode() for name, value in map(dns_record, KEYS)}


def test_each_signature_has_its_own_verdict() -> None:
    rsa_only = {name: value for name, value in RECORDS.items() if b"rsa" in name}
    verdicts = verify(SIGNED, rsa_only.get)
    assert [verdict.passed for verdict in verdicts] == [True, False]
    assert [verdict.selector for verdict in verdicts] == ["k-rsa", "k-ed25519"]
    assert verdicts[1].reason


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"v=DKIM1; p=",
        b"v=DKIM1; k=rsa; p=AAAA",
        b"v=DKIM1; k=ed25519; p=AAAA",
        b"nonsense",
        b"v=DKIM1; k=x; p=\xff",
        b"p=%%%",
    ],
)
def test_a_bad_key_is_a_failure_with_a_reason(record: bytes) -> None:
    verdicts = verify(SIGNED, lambda name: record)
    assert [verdict.passed for verdict in verdicts] == [False, False]
    assert all(verdict.reason for verdict in verdicts)


@pytest.mark.parametrize(
    "field", [b"", b"nonsense", b"v=1; a=rsa-sha256", b"v=1; v=1", b"v=1; a=\xff; b=x; bh=x; d=x; h=x; s=x"]
)
def test_a_bad_signature_field_is_a_failure(field: bytes) -> None:
    (verdict,) = verify(b"DKIM-Signature: " + field + b"\r\n" + RAW, RECORDS.get)
    assert not verdict.passed
    assert verdict.reason


def test_no_signature_no_verdict() -> None:
    assert verify(RAW, RECORDS.get) == []
    assert verify(b"no header at all\r\n", RECORDS.get) == []
    assert verify(b"", RECORDS.get) == []


def test_a_flood_of_signatures_is_bounded() -> None:
    asked = list[bytes]()
    signature = SIGNED[: SIGNED.index(b"DKIM-Signature", 10)]
    verdicts = verify(signature * 500 + RAW, lambda name: (asked.append(name), RECORDS[name])[1])
    assert len(verdicts) == 100
    assert [verdict.passed for verdict in verdicts].count(True) == 12
    assert len(asked) == 12

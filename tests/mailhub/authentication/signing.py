"""Signatures with any tags at all, good ones and bad ones: hashed by dkimpy, which is the other opinion, with keys made
here."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from dkim.canonicalization import CanonicalizationPolicy

MAIL = (
    b"From: Ada <ada@example.com>\r\nTo: bob@example.net\r\nSubject: Two  words\r\n\tand a fold\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n\r\nHello  Bob, \r\n\r\nsee you.\r\n\r\n\r\n"
)


class Pair(NamedTuple):
    """A private key and the TXT record of its public half."""

    private: rsa.RSAPrivateKey | Ed25519PrivateKey
    record: bytes

    @property
    def pem(self) -> bytes:
        """For dkimpy, which reads PKCS#1."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )


@lru_cache
def rsa_pair(bits: int = 1024, number: int = 0) -> Pair:
    """An RSA key, always the same for the same arguments; 1024 bits are made quickly."""
    private = rsa.generate_private_key(65537, bits)
    octets = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Pair(private, b"v=DKIM1; k=rsa; p=" + b64encode(octets))


@lru_cache
def ed25519_pair() -> Pair:
    """An Ed25519 key."""
    private = Ed25519PrivateKey.generate()
    octets = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return Pair(private, b"v=DKIM1; k=ed25519; p=" + b64encode(octets))


def texts(records: dict[str, bytes]) -> Callable[[str], Sequence[bytes]]:
    """The lookup of TXT records for names in a table."""
    return lambda name: [records[name]] if name in records else []


def sign(mail: bytes = MAIL, pair: Pair | None = None, name: bytes = b"DKIM-Signature", **tags: str | None) -> bytes:
    """`mail` under a signature field with these tags besides the usual ones; None leaves a tag out.

    bh= and b= are made from the others unless they are given.
    """
    pair = pair or rsa_pair()
    algorithm = "rsa-sha256" if isinstance(pair.private, rsa.RSAPrivateKey) else "ed25519-sha256"
    usual = {"v": "1", "a": algorithm, "c": "relaxed/relaxed", "d": "example.com", "s": "sel", "h": "from:to:subject"}
    whole = {**usual, "bh": "", **tags, "b": tags.get("b", "")}
    headers, body = dkim.rfc822_parse(mail)
    try:
        policy = CanonicalizationPolicy.from_c_value((whole["c"] or "simple/simple").encode())
    except Exception:
        policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    if whole["bh"] == "":
        octets = policy.canonicalize_body(body)
        length = whole.get("l") or ""
        whole["bh"] = b64encode(sha256(octets[: int(length)] if length.isdigit() else octets).digest()).decode()
    field = " " + "; ".join(f"{tag}={value}" for tag, value in whole.items() if value is not None)
    if whole["b"] == "":
        chosen = dkim.select_headers(headers, [each.strip().lower().encode() for each in (whole["h"] or "").split(":")])
        own = policy.canonicalize_headers([(name, field.encode())])[0]
        signed = b"".join(key + b":" + value for key, value in policy.canonicalize_headers(chosen))
        field += _signature(pair, whole["a"] or "", signed + own[0] + b":" + own[1].rstrip())
    return name + b":" + field.encode("utf-8", "surrogateescape") + b"\r\n" + mail


def _signature(pair: Pair, algorithm: str, signed: bytes) -> str:
    if isinstance(pair.private, Ed25519PrivateKey):
        made = pair.private.sign(sha256(signed).digest())
    else:
        made = pair.private.sign(signed, padding.PKCS1v15(), SHA1() if algorithm.endswith("sha1") else SHA256())
    return b64encode(made).decode()


def seal(mail: bytes, message: dict[str, str | None], sealing: dict[str, str | None]) -> bytes:
    """`mail` under one ARC set of hop1.example with these tags besides the usual ones in its message signature and its
    seal."""
    pair, usual = rsa_pair(1024, 1), {"i": "1", "d": "hop1.example", "s": "arc", "v": None}
    results = b"ARC-Authentication-Results: i=1; hop1.example; spf=none\r\n"
    inner = sign(mail, pair, b"ARC-Message-Signature", **{**usual, **message})
    field = inner.removesuffix(mail)
    whole = {**usual, "cv": "none", "a": "rsa-sha256", **sealing}
    tags = (
        " " + "; ".join(f"{tag}={value}" for tag, value in whole.items() if value is not None and tag != "b") + "; b="
    )
    relaxed = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    headers, _ = dkim.rfc822_parse(results + field)
    *signed, (name, value) = relaxed.canonicalize_headers([*headers, (b"ARC-Seal", tags.encode())])
    octets = b"".join(key + b":" + each for key, each in signed) + name + b":" + value.rstrip()
    made = whole.get("b") or _signature(pair, whole["a"] or "", octets)
    return b"ARC-Seal:" + (tags + made).encode() + b"\r\n" + field + results + mail

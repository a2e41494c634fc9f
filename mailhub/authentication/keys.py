"""Public keys as DNS gives them (RFC 6376 section 3.6.1, RFC 8463): read, weighed, used. Where they are found is left
to who asks."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from dkim.util import InvalidTagValueList, parse_tag_value

SMALLEST, LARGEST = 1024, 8192
"""Bits of an RSA key: RFC 8301 section 3.2 forbids less and asks for 4096 at least."""
LONGEST_RECORD = 8192
KINDS = {b"rsa-sha256": b"rsa", b"ed25519-sha256": b"ed25519"}
"""Algorithms of signatures, and the kind of key each needs; rsa-sha1 is of the past (RFC 8301 section 3.1)."""


class Problem(Exception):
    """A signature did not pass: `result` in the words of RFC 8601, and why."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result, self.reason = result, reason


class Key:
    """A usable public key; `strict`: the signer's i= must be of exactly the d= domain (t=s)."""

    def __init__(self, public: rsa.RSAPublicKey | Ed25519PublicKey, strict: bool) -> None:
        self._public = public
        self.strict = strict

    def fits(self, signature: bytes, signed: bytes) -> bool:
        """Whether this is the signature of these octets."""
        try:
            if isinstance(self._public, rsa.RSAPublicKey):
                self._public.verify(signature, signed, padding.PKCS1v15(), SHA256())
            else:
                self._public.verify(signature, sha256(signed).digest())
        except InvalidSignature:
            return False
        return True


def read_key(records: Sequence[bytes], algorithm: bytes) -> Key:
    """The key for signatures of an algorithm out of the TXT records under its name; of several, the first that can be
    used. Raises `Problem`."""
    problem = Problem("permerror", "there is no key")
    for record in records[:4]:
        try:
            return _read(record, KINDS[algorithm])
        except Problem as found:
            problem = found
    raise problem


def _read(record: bytes, kind: bytes) -> Key:
    tags = _tags(record)
    if tags.get(b"v", b"DKIM1") != b"DKIM1":
        raise Problem("permerror", "the key is of another version")
    if tags.get(b"k", b"rsa") != kind:
        raise Problem("permerror", "the key is of another kind than the signature")
    if b"h" in tags and b"sha256" not in _listed(tags[b"h"]):
        raise Problem("permerror", "the key is for another hash")
    if not {b"*", b"email"} & set(_listed(tags.get(b"s", b"*"))):
        raise Problem("permerror", "the key is not for mail")
    return Key(_public(b"".join(tags[b"p"].split()), kind), b"s" in _listed(tags.get(b"t", b"")))


def _tags(record: bytes) -> dict[bytes, bytes]:
    if len(record) > LONGEST_RECORD:
        raise Problem("permerror", "the key's record is too long")
    try:
        tags: dict[bytes, bytes] = parse_tag_value(record)
    except (InvalidTagValueList, IndexError):
        raise Problem("permerror", "the key's record cannot be read") from None
    if b"p" not in tags:
        raise Problem("permerror", "the record has no key")
    if not tags[b"p"]:
        raise Problem("permerror", "the key is revoked")
    return tags


def _listed(value: bytes) -> list[bytes]:
    return [each.strip() for each in value.split(b":")]


def _public(text: bytes, kind: bytes) -> rsa.RSAPublicKey | Ed25519PublicKey:
    try:
        octets = b64decode(text, validate=True)
        if kind == b"ed25519":
            return Ed25519PublicKey.from_public_bytes(octets)
        public = load_der_public_key(octets)
    except (NotBase64, ValueError, UnsupportedAlgorithm):
        raise Problem("permerror", "the key cannot be read") from None
    if not isinstance(public, rsa.RSAPublicKey):
        raise Problem("permerror", "the key is no RSA key")
    if not SMALLEST <= public.key_size <= LARGEST:
        raise Problem("policy", f"the key has {public.key_size} bits")
    return public

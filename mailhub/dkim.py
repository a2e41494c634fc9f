"""DKIM signatures: RSA (RFC 6376) and Ed25519 (RFC 8463), relaxed/relaxed, two keys in one go; keys and their records.

Verifying is left to `dkim_check`, so that a worker does not load it.
"""

import logging
import re
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

import idna
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from mailhub import multibuffer
from mailhub.errors import UserError

if TYPE_CHECKING:
    from hashlib import _Hash

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]

# Signed once more than they occur, so that nobody can add another: RFC 6376, 8.15.
_OVERSIGNED = ("from", "to", "cc", "subject", "date", "message-id", "reply-to", "mime-version", "content-type")
# RFC 8058, 4 asks for both List-Unsubscribe fields; the others are those of RFC 6376, 5.4.1 and Feedback-ID.
_SIGNED = frozenset(
    [
        *_OVERSIGNED,
        "sender",
        "content-transfer-encoding",
        "content-id",
        "content-description",
        "in-reply-to",
        "references",
        "auto-submitted",
        "feedback-id",
        "list-id",
        "list-help",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-subscribe",
        "list-post",
        "list-owner",
        "list-archive",
    ]
)
_SPACES = re.compile(rb"[ \t]+")
_NAME = re.compile(rb"(?m)^([!-9;-~]+): ")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]+|\r(?!\n)|\r\n(?=[ \t]))*+)")
_RSA_PADDING = padding.PKCS1v15()
_RSA_HASH = Prehashed(SHA256())
log = logging.getLogger(__name__)
_WORTH_TOGETHER = 3
"""From so many signatures on, making eight at once is faster than one after the other."""


@dataclass(frozen=True)
class Key:
    """One private key (PEM, PKCS#8) and the selector its public half is published under."""

    selector: str
    algorithm: Algorithm
    private_key_pem: bytes


class Unsigned(NamedTuple):
    """A mail to sign: `headers` are names and values (folded or not), `body` has CRLF line ends. `canonical` says that
    `body` already is in relaxed form, as rendered mail is."""

    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    canonical: bool = False


class Signer:
    """Signs for one domain with all its keys. The keys are loaded once, here."""

    def __init__(self, domain: str, keys: Sequence[Key]) -> None:
        """Take a domain (in any script) and its keys. Raises UserError when a key cannot be read."""
        a_labels = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
        self._keys = [_Loaded(a_labels, key) for key in keys]

    def sign(
        self,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        *,
        canonical_body: bool = False,
        now: int | None = None,
    ) -> bytes:
        """Return the DKIM-Signature lines to put before one mail; see `Unsigned` and `sign_all`."""
        return self.sign_all([Unsigned(headers, body, canonical_body)], now=now)[0]

    def sign_all(self, mails: Sequence[Unsigned], *, now: int | None = None) -> list[bytes]:
        """Return the DKIM-Signature lines to put before each mail, one field per key, each ending in CRLF.

        Eight at a time are the cheapest (see `multibuffer`). `now` is the time of signing in Unix seconds.
        """
        when = b"%d" % (int(time.time()) if now is None else now)
        hashed = [_hash(mail, when) for mail in mails]
        made = [key.sign(hashed) for key in self._keys]
        return [b"".join(fields) for fields in zip(*made, strict=True)] if made else [b""] * len(mails)

    def sign_raw(self, message: bytes, *, now: int | None = None) -> bytes:
        """Return the DKIM-Signature lines to put before a whole `message`; see `read_raw`."""
        return self.sign_all([read_raw(message)], now=now)[0]


def read_raw(message: bytes) -> Unsigned:
    """A whole message, cut up for signing. Bare LF is signed as the CRLF it must be sent as.

    Raises UserError when the header cannot be read.
    """
    if message.count(b"\n") != message.count(b"\r\n"):
        message = _BARE_LF.sub(b"\r\n", message)
    head, _, body = message.partition(b"\r\n\r\n") if not message.startswith(b"\r\n") else (b"", b"", message[2:])
    fields, position = list[tuple[bytes, bytes]](), 0
    head = head.removesuffix(b"\r\n")
    while position < len(head):
        found = _FIELD.match(head, position)
        if found is None:
            raise UserError("The message cannot be signed: its header has a line that is no field. Correct it.")
        fields.append((found[1], found[2]))
        position = found.end() + 2
    return Unsigned(fields, body)


class _Hashed(NamedTuple):
    """What the keys have to sign of a mail: its header's hash so far, and the end of our field, folded and flat."""

    header: "_Hash"
    tail: bytes
    flat: bytes


def _hash(mail: Unsigned, when: bytes) -> _Hashed:
    names, flat_names, signed = _plan(tuple([name for name, _ in mail.headers]))
    headers = mail.headers
    block = _relaxed_header(b"".join([b"%b:%b\r\n" % (name, headers[number][1]) for name, number in signed]))
    digest = b64encode(sha256(mail.body if mail.canonical else _relaxed_body(mail.body)).digest())
    return _Hashed(
        sha256(block),
        b" t=%b;\r\n h=%b;\r\n bh=%b;\r\n b=" % (when, names, digest),
        b" t=%b; h=%b; bh=%b; b=" % (when, flat_names, digest),
    )


class _Loaded:
    """A key in memory, with the part of its header field that never changes."""

    _sign: Callable[[bytes], bytes]
    _sign_many: multibuffer.Sign | None

    def __init__(self, domain: str, key: Key) -> None:
        try:
            private = serialization.load_pem_private_key(key.private_key_pem, password=None)
        except ValueError:
            raise UserError(f"The DKIM key “{key.selector}” of {domain} cannot be read: create a new one.") from None
        if key.algorithm == "rsa-sha256" and isinstance(private, rsa.RSAPrivateKey):
            self._sign, self._sign_many = partial(_sign_rsa, private), multibuffer.rsa_signer(private)
        elif key.algorithm == "ed25519-sha256" and isinstance(private, Ed25519PrivateKey):
            self._sign, self._sign_many = private.sign, multibuffer.ed25519_signer(private)
        else:
            raise UserError(f"The DKIM key “{key.selector}” of {domain} is no {key.algorithm} key: create a new one.")
        head = f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain};\r\n s={key.selector};".encode("ascii")
        self._head = b"DKIM-Signature: " + head
        self._flat = b"dkim-signature:" + head.replace(b"\r\n", b"")

    def sign(self, mails: Sequence[_Hashed]) -> list[bytes]:
        """The field for each mail."""
        digests = []
        for mail in mails:
            whole = mail.header.copy()
            whole.update(self._flat + mail.flat)
            digests.append(whole.digest())
        return [self._field(mail.tail, made) for mail, made in zip(mails, self._signatures(digests), strict=True)]

    def _signatures(self, digests: Sequence[bytes]) -> list[bytes]:
        made: list[bytes] = []
        for start in range(0, len(digests), multibuffer.WIDTH):
            some = digests[start : start + multibuffer.WIDTH]
            if self._sign_many is not None and len(some) >= _WORTH_TOGETHER:
                made += self._together(self._sign_many, some)
            else:
                made += [self._sign(digest) for digest in some]
        return made

    def _together(self, sign: multibuffer.Sign, digests: Sequence[bytes]) -> list[bytes]:
        try:
            return sign(digests)
        except RuntimeError:
            log.exception("eight signatures at once failed and are made one by one")
            return [self._sign(digest) for digest in digests]

    def _field(self, tail: bytes, signature: bytes) -> bytes:
        text = b64encode(signature)
        lines = [text[:72], *[text[start : start + 74] for start in range(72, len(text), 74)]]
        return self._head + tail + b"\r\n ".join(lines) + b"\r\n"


def generate_keys(prefix: str) -> list[Key]:
    """Return a new RSA-2048 key and a new Ed25519 key; their selectors are `prefix` and `-rsa` or `-ed25519`."""
    return [
        Key(f"{prefix}-rsa", "rsa-sha256", _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))),
        Key(f"{prefix}-ed25519", "ed25519-sha256", _pem(Ed25519PrivateKey.generate())),
    ]


def dns_record(key: Key) -> tuple[str, str]:
    """Return the name (relative to the domain) and the value of the TXT record that publishes `key`.

    The value of an RSA key is longer than the 255 octets of one DNS string: a zone file must cut it.
    """
    public = serialization.load_pem_private_key(key.private_key_pem, password=None).public_key()
    if key.algorithm == "rsa-sha256":
        kind, form = "rsa", (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, form = "ed25519", (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    octets = b64encode(public.public_bytes(*form)).decode("ascii")
    return f"{key.selector}._domainkey", f"v=DKIM1; k={kind}; p={octets}"


@lru_cache(maxsize=1000)
def _plan(names: tuple[bytes, ...]) -> tuple[bytes, bytes, tuple[tuple[bytes, int], ...]]:
    """Return the h= value for headers with these names, folded and flat, and which of them to hash: lower name and
    place, in order.

    Fields of one name are signed from the last to the first (RFC 6376, 5.4.2).
    """
    lower = [name.lower().decode("ascii", "replace") for name in names]
    signed = [number for number in reversed(range(len(names))) if lower[number] in _SIGNED]
    listed = [lower[number] for number in signed]
    listed += _OVERSIGNED
    lines, line = list[str](), "h="
    for name in listed:
        if len(line) + len(name) > 72:
            lines.append(line)
            line = ""
        line += name + ":"
    lines.append(line.rstrip(":"))
    folded = "\r\n ".join(lines).removeprefix("h=").encode("ascii")
    return folded, folded.replace(b"\r\n", b""), tuple((names[number].lower(), number) for number in signed)


def _sign_rsa(private: rsa.RSAPrivateKey, digest: bytes) -> bytes:
    return private.sign(digest, _RSA_PADDING, _RSA_HASH)


def _relaxed_header(block: bytes) -> bytes:
    """Return fields, whose names are in relaxed form already, with their values so too (RFC 6376, 3.4.2)."""
    block = block.replace(b"\r\n ", b" ")
    # Rendered mail, whose values are tidy, needs no more than these looks.
    if b"\t" in block or b"  " in block or b": " in block or b" \r\n" in block:
        block = _SPACES.sub(b" ", block.replace(b"\r\n\t", b" ")).replace(b" \r\n", b"\r\n")
        block = _NAME.sub(rb"\1:", block)
    return block


def _relaxed_body(body: bytes) -> bytes:
    """Return a body in relaxed form (RFC 6376, 3.4.4)."""
    body = _SPACES.sub(b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def _pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

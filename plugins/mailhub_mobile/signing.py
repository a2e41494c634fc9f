"""Tokens of a device: short-lived ones for each request, and refresh tokens, one generation after the other.

Both say whose they are and are signed with the server's key and the sign-in's own secret, which is new at each sign-in:
nothing of them lies in the database, and a new sign-in, a sign-out or a revocation ends them all.
"""

import binascii
import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from mailhub import Hub

ACCESS, REFRESH = 1, 2
_WORDS = {ACCESS: "phone access", REFRESH: "phone refresh"}
_BODY = struct.Struct(">BQIQ")
_MAC = 21
_TEXT = re.compile(r"[A-Za-z0-9_-]{56}\Z", re.ASCII)


class Token(NamedTuple):
    """What a token says: `kind` is `ACCESS` or `REFRESH`, `until` is in ms."""

    kind: int
    number: int
    generation: int
    until: int


def make(hub: Hub, token: Token, family: str) -> str:
    """The token as text, signed for one sign-in."""
    body = _BODY.pack(*token)
    return urlsafe_b64encode(body + _sign(hub, token.kind, body, family)).decode()


def peek(text: str, kind: int) -> Token | None:
    """What a text claims; None when it is no token of this kind. Believe it only after `is_true`."""
    raw = _raw(text)
    if raw is None or raw[0] != kind:
        return None
    return Token(*_BODY.unpack(raw[: _BODY.size]))


def is_true(hub: Hub, text: str, family: str) -> bool:
    """Whether this server signed the token for the sign-in with this secret."""
    raw = _raw(text)
    if raw is None or not family:
        return False
    body = raw[: _BODY.size]
    return hmac.compare_digest(raw[_BODY.size :], _sign(hub, body[0], body, family))


def _raw(text: str) -> bytes | None:
    if not _TEXT.match(text):
        return None
    try:
        raw = urlsafe_b64decode(text)
    except binascii.Error:
        return None
    return raw if len(raw) == _BODY.size + _MAC and raw[0] in _WORDS else None


def _sign(hub: Hub, kind: int, body: bytes, family: str) -> bytes:
    return hmac.digest(hub.keyring.derive(_WORDS[kind]), body + family.encode(), "sha256")[:_MAC]

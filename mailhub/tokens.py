"""Signed tokens for tracking, unsubscribing, return paths and replies. Mail lives for ever, so each carries its version.

What a token means when it comes back is left to the rooms that read it.
"""

import binascii
import hmac
import re
import struct
from base64 import b32decode, b32encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

VERSION = 1
_MESSAGE = struct.Struct(">BIQ")
_EXPIRY = struct.Struct(">q")
_MAC = 8
_LONG_MAC = 16
_URL_TEXT = re.compile(r"[A-Za-z0-9_-]+\Z")
_FROM_URL = str.maketrans("-_", "+/")


class MessageToken(NamedTuple):
    """What a message token says: which content and which message it belongs to."""

    content_id: int
    message_id: int


class Tokens:
    """Makes and reads tokens with one server secret.

    Every purpose has its own key, so a return path is never taken for a link, nor the other way round.
    """

    def __init__(self, secret: bytes) -> None:
        """Take the server's `secret`, at least 16 bytes. Raises ValueError when it is shorter."""
        if len(secret) < 16:
            raise ValueError("A token secret needs at least 16 bytes.")
        self._secret = blake2b(secret, digest_size=32, person=b"mailhub-tokens").digest()
        self._message = self._keyed(b"message", _MAC)
        self._return_path = self._keyed(b"return-path", _MAC)
        self._reply = self._keyed(b"reply", _MAC)
        self._leave = self._keyed(b"unsubscribe", _MAC)

    def message(self, content_id: int, message_id: int) -> str:
        """Return 28 URL-safe characters that name one message (content: 32 bits, message: 64 bits)."""
        return urlsafe_b64encode(_pack(content_id, message_id, self._message)).decode("ascii")

    def read_message(self, token: str) -> MessageToken | None:
        """Return what `message` put in, or None when the token is not ours or was changed."""
        return _unpack(_from_url(token), self._message)

    def return_path(self, content_id: int, message_id: int) -> str:
        """Return 34 characters of lower-case base32: a local part survives servers that change its case."""
        packed = _pack(content_id, message_id, self._return_path)
        return b32encode(packed).rstrip(b"=").lower().decode("ascii")

    def read_return_path(self, local_part: str) -> MessageToken | None:
        """Return what `return_path` put in, whatever the case of the letters, or None."""
        return _unpack(_from_base32(local_part), self._return_path)

    def reply(self, content_id: int, message_id: int) -> str:
        """Return 42 characters of lower-case hex for the address that replies to a message go to.

        Hex is as deaf to case as base32 and made in a fifth of the time: every message has one.
        """
        return _pack(content_id, message_id, self._reply).hex()

    def read_reply(self, local_part: str) -> MessageToken | None:
        """Return what `reply` put in, whatever the case of the letters, or None."""
        return _unpack(_from_hex(local_part), self._reply)

    def leave(self, content_id: int, message_id: int) -> str:
        """Return 42 characters of lower-case hex for the address a message's reader unsubscribes at by mail."""
        return _pack(content_id, message_id, self._leave).hex()

    def read_leave(self, local_part: str) -> MessageToken | None:
        """Return what `leave` put in, whatever the case of the letters, or None."""
        return _unpack(_from_hex(local_part), self._leave)

    def sign(self, purpose: str, payload: bytes) -> str:
        """Return a URL-safe token that carries `payload` readably, valid for `purpose` only and for ever."""
        signed = bytes([VERSION]) + payload
        return urlsafe_b64encode(self._mac(f"sign:{purpose}", signed) + signed).decode("ascii").rstrip("=")

    def read(self, purpose: str, token: str) -> bytes | None:
        """Return the payload that was signed for `purpose`, or None."""
        return self._open(f"sign:{purpose}", token)

    def sign_until(self, purpose: str, payload: bytes, expires: int) -> str:
        """Return a token like `sign` does, which `read_until` refuses from `expires` (Unix seconds) on."""
        signed = bytes([VERSION]) + _EXPIRY.pack(expires) + payload
        return urlsafe_b64encode(self._mac(f"until:{purpose}", signed) + signed).decode("ascii").rstrip("=")

    def read_until(self, purpose: str, token: str, now: int) -> bytes | None:
        """Return the payload signed for `purpose` if it has not expired at `now` (Unix seconds), or None."""
        payload = self._open(f"until:{purpose}", token)
        if payload is None or len(payload) < _EXPIRY.size or _EXPIRY.unpack_from(payload)[0] <= now:
            return None
        return payload[_EXPIRY.size :]

    def _keyed(self, purpose: bytes, size: int) -> Callable[[bytes], bytes]:
        person = blake2b(purpose, digest_size=16).digest()
        start = blake2b(key=self._secret, digest_size=size, person=person)

        def mac(payload: bytes) -> bytes:
            state = start.copy()
            state.update(payload)
            return state.digest()

        return mac

    def _mac(self, purpose: str, signed: bytes) -> bytes:
        return self._keyed(purpose.encode(), _LONG_MAC)(signed)

    def _open(self, purpose: str, token: str) -> bytes | None:
        packed = _from_url(token)
        if packed is None or len(packed) <= _LONG_MAC:
            return None
        mac, signed = packed[:_LONG_MAC], packed[_LONG_MAC:]
        if not hmac.compare_digest(mac, self._mac(purpose, signed)) or signed[0] != VERSION:
            return None
        return signed[1:]


def _pack(content_id: int, message_id: int, mac: Callable[[bytes], bytes]) -> bytes:
    payload = _MESSAGE.pack(VERSION, content_id, message_id)
    return payload + mac(payload)


def _unpack(packed: bytes | None, mac: Callable[[bytes], bytes]) -> MessageToken | None:
    if packed is None or len(packed) != _MESSAGE.size + _MAC:
        return None
    payload = packed[: _MESSAGE.size]
    if not hmac.compare_digest(packed[_MESSAGE.size :], mac(payload)):
        return None
    version, content_id, message_id = _MESSAGE.unpack(payload)
    return MessageToken(content_id, message_id) if version == VERSION else None


def _from_url(token: str) -> bytes | None:
    if not _URL_TEXT.match(token):
        return None
    try:
        packed = binascii.a2b_base64(token.translate(_FROM_URL) + "=" * (-len(token) % 4), strict_mode=True)
    except binascii.Error:
        return None
    # One token has one spelling: spare bits in its last letter must be zero.
    return packed if urlsafe_b64encode(packed).decode("ascii").rstrip("=") == token else None


def _from_hex(text: str) -> bytes | None:
    try:
        # `fromhex` passes over white space, which would give one token many spellings.
        return bytes.fromhex(text) if text.isascii() and text.isalnum() else None
    except ValueError:
        return None


def _from_base32(text: str) -> bytes | None:
    try:
        return b32decode(text + "=" * (-len(text) % 8), casefold=True)
    except ValueError:
        return None

"""Login words: who may say them, and what AUTH PLAIN and AUTH LOGIN hold (RFC 4954, RFC 4616)."""

import base64
import binascii
import ipaddress

from mailhub.smtp_server.replies import Refused


def may_authenticate(peer: str, secure: bool) -> bool:
    """True under TLS, and from this machine itself: nowhere else may a password cross a wire unread."""
    if secure:
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def decode(word: str) -> str:
    """The text behind a Base64 word; `=` stands for an empty one. Raises `Refused`, also when the peer says `*`."""
    if word == "*":
        raise Refused(501, "5.7.0", "Login given up, as you wished.")
    if word == "=":
        return ""
    try:
        return base64.b64decode(word, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Refused(501, "5.5.2", "This is not Base64 of a text.") from None


def plain(text: str) -> tuple[str, str]:
    """Login and password of AUTH PLAIN. Raises `Refused` for another shape, and for acting as somebody else."""
    parts = text.split("\0")
    if len(parts) != 3:
        raise Refused(501, "5.5.2", "AUTH PLAIN holds an identity, a login and a password.")
    identity, login, password = parts
    if identity not in ("", login):
        raise Refused(535, "5.7.8", "A login can act for itself only: leave the identity empty.")
    return login, password

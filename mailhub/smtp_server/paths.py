"""The arguments of MAIL and RCPT: a path in angle brackets and parameters (RFC 5321 section 4.1.2)."""

import re
from typing import NamedTuple

from mailhub.smtp_server.replies import Refused

PATH_LENGTH = 320
"""Octets of an address. RFC 5321 section 4.5.3.1.3 says 254; a little more is let in for the sender's sake."""
_PATH = re.compile(
    r"(?P<word>FROM|TO):[ ]*<(?:@[^:<>]*:)?(?P<address>(?:\"(?:[^\"\\]|\\.)*\"|[^<>\"\s])*)>(?P<rest>(?: .*)?)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[^=\s]+))?")


class Path(NamedTuple):
    """An address as it came (empty for `<>`), and parameters: upper-case name → value, or "" without one."""

    address: str
    parameters: dict[str, str]


def read(word: str, text: str) -> Path:
    """The argument of MAIL (`word` is FROM) or RCPT (TO). A source route is left out, as RFC 5321 appendix C says.

    Raises `Refused` for what cannot be read.
    """
    found = _PATH.fullmatch(text)
    if found is None or found["word"].upper() != word:
        raise Refused(501, "5.5.4", f"Write {'MAIL' if word == 'FROM' else 'RCPT'} {word}:<name@example.com>.")
    if len(found["address"].encode("utf-8")) > PATH_LENGTH:
        raise Refused(553, "5.1.3", "The address is too long.")
    return Path(found["address"], dict(map(_parameter, found["rest"].split())))


def _parameter(text: str) -> tuple[str, str]:
    found = _PARAMETER.fullmatch(text)
    if found is None:
        raise Refused(501, "5.5.4", "The parameters after the address cannot be read.")
    return found["name"].upper(), found["value"] or ""

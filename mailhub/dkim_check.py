"""Checks the DKIM signatures of a message (RFC 6376, RFC 8463) with dkimpy, which needs PyNaCl for Ed25519.

Where the keys come from, DNS or our own domains, is left to whoever asks.
"""

from collections.abc import Callable
from typing import NamedTuple

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

_MOST_SIGNATURES = 12


class Verdict(NamedTuple):
    """What became of one signature of a message; `reason` is empty when it passed."""

    domain: str
    selector: str
    algorithm: str
    passed: bool
    reason: str


def verify(message: bytes, lookup: Callable[[bytes], bytes | None]) -> list[Verdict]:
    """Check every DKIM signature of `message` (the first dozen), topmost first.

    `lookup` returns the TXT record for a name such as `b"sel._domainkey.example.com"`, or None when there is none.
    A message without signatures, or whose header cannot be read, gives an empty list.
    """
    try:
        signed = dkim.DKIM(message, minkey=1024)
    except dkim.MessageFormatError:
        return []
    fields = [value for name, value in signed.headers if name.lower() == b"dkim-signature"]
    return [_check(signed, index, field, lookup) for index, field in enumerate(fields[:_MOST_SIGNATURES])]


def _check(signed: dkim.DKIM, index: int, field: bytes, lookup: Callable[[bytes], bytes | None]) -> Verdict:
    try:
        tags = parse_tag_value(field)
    except InvalidTagValueList:
        return Verdict("", "", "", False, "the signature field cannot be read")
    domain, selector, algorithm = (tags.get(tag, b"").decode("utf-8", "replace") for tag in (b"d", b"s", b"a"))
    reason = ""
    try:
        if not signed.verify(index, dnsfunc=lambda name, timeout=5: lookup(name.rstrip(b"."))):
            reason = "the signature does not fit the header"
    except dkim.DKIMException as error:
        reason = str(error) or type(error).__name__
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        # dkimpy lets odd keys and tags surface as these.
        reason = f"the signature or its key cannot be read ({type(error).__name__})"
    return Verdict(domain, selector, algorithm, not reason, reason)

"""The DKIM signatures of a message of our own, checked with keys from wherever the caller has them.

Received mail is checked by `authentication`, with keys from DNS and everything else that tells who it is from.
"""

from collections.abc import Callable
from typing import NamedTuple

from mailhub.authentication.dkim import check_dkim
from mailhub.authentication.mail import Mail


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
    A message without signatures, or without a header, gives an empty list.
    """

    def texts(name: str) -> list[bytes]:
        record = lookup(name.encode("ascii"))
        return [] if record is None else [record]

    return [
        Verdict(one.domain, one.selector, one.algorithm, one.result == "pass", one.reason)
        for one in check_dkim(Mail(message), texts)
    ]

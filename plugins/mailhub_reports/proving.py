"""Whether a report is from who it says it is: told by the mail it came in, since anyone can write any report."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mailhub.errors import Sentence

if TYPE_CHECKING:
    from mailhub.authentication.verdicts import Verdicts

HAND = "upload"
"""The verdict of a report that somebody of the account gave: they answer for it."""
ALIGNED = "aligned"
"""The verdict of a mail whose domain has no DMARC record, and a signature or SPF that would have passed."""
MOST_BELIEVED = 10_000_000
"""Mails or sessions of one report that came by mail: no receiver sees more of one domain in a day."""
_DOMAIN = re.compile(r"[^\s.@()]+(?:\.[^\s.@()]+)+")
_SAME = {
    "outlook.com": "microsoft.com", "hotmail.com": "microsoft.com", "live.com": "microsoft.com",
    "gmail.com": "google.com", "googlemail.com": "google.com", "yahooinc.com": "yahoo.com", "aol.com": "yahoo.com",
}  # fmt: skip
"""Organisations whose reports bear one of their domains and come from another."""

WHY = {
    "mail": Sentence("Not proved to be from {org}: the checks of the mail’s domain failed, or it has none."),
    "other": Sentence("Not proved to be from {org}: the mail is from {author}."),
    "many": Sentence("It tells of more mails than one receiver sees of a domain in a day."),
}
"""A sentence for each reason why a report is not counted; its values are filled in by `say`."""


class Proof(NamedTuple):
    """What is known of who a report is from. `verdict`: what DMARC said, `HAND`, `ALIGNED`, or "" when nobody asked;
    `author`: the domain of the mail's From field."""

    verdict: str
    author: str = ""

    @property
    def proved(self) -> bool:
        """Whether the mail is from `author`."""
        return self.verdict in ("pass", ALIGNED)


BY_HAND = Proof(HAND)


def proof_of(verdicts: "Verdicts | None") -> Proof:
    """What the checks of a mail prove."""
    if verdicts is None:
        return Proof("")
    dmarc = verdicts.dmarc
    return Proof(ALIGNED if dmarc.result == "none" and _is_aligned(verdicts) else dmarc.result, dmarc.domain)


def _is_aligned(verdicts: "Verdicts") -> bool:
    author = verdicts.dmarc.domain
    passed = [each.domain for each in verdicts.dkim if each.result == "pass"]
    passed += [verdicts.spf.domain] if verdicts.spf.result == "pass" else []
    return bool(author) and _organisation(author) in map(_organisation, passed)


@lru_cache(1024)
def name_of(proof: Proof, org: str) -> str:
    """A reporter's name as it is kept: one that is no domain proves nothing by itself, so the proved domain is with it."""
    if not proof.proved or _domain(org):
        return org
    domain = _organisation(proof.author)
    return f"{org} ({domain})" if org else domain


def why_not(proof: Proof, org: str, mails: int) -> str:
    """The key of `WHY` for a report that is not to be counted; "" for one that is."""
    if proof.verdict == HAND:
        return ""
    if not proof.proved:
        return "mail"
    if (domain := _domain(org)) and _owner(domain) != _owner(proof.author):
        return "other"
    return "many" if mails > MOST_BELIEVED else ""


def say(why: str, org: str, author: str) -> Sentence:
    """The sentence for a reason."""
    return Sentence(WHY[why].template, org=org or "?", author=author or "?")


def _domain(org: str) -> str:
    """The domain that a name is, "" for other names."""
    name = org.strip().rstrip(".").lower()
    return name if _DOMAIN.fullmatch(name) else ""


def _owner(domain: str) -> str:
    whole = _organisation(domain)
    return _SAME.get(whole, whole)


def _organisation(domain: str) -> str:
    from mailhub.authentication.dmarc import organisation  # brings dkim along: only who reads reports loads it

    return organisation(domain)

"""Whether a mail is from the domain its From field names, and what that domain's owner asks otherwise (DMARC, RFC 7489).

Nothing is done about it here.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from mailhub.authentication.asking import Asking
from mailhub.authentication.mail import Mail
from mailhub.authentication.senders import from_domains
from mailhub.authentication.signature import Texts
from mailhub.authentication.verdicts import Dkim, Dmarc, Spf
from mailhub.dns.asking import Unanswered

POLICIES = ("none", "quarantine", "reject")
"""From the mildest to the strictest."""
MOST_DOMAINS = 10
"""Domains of one From field that are looked at; mail with more is nobody's."""
_RESULTS = ("pass", "none", "temperror", "permerror", "fail")
"""Of several domains in one From field the last in this order counts."""

_version = re.compile(rb"\s*v\s*=\s*DMARC1\s*(;|\Z)").match
_uri = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s,]").match


class Record(NamedTuple):
    """A domain's DMARC record: `policy` for the domain asked about, `strict` alignment of each kind, `percent` of the
    mail it is for."""

    policy: str
    strict_dkim: bool
    strict_spf: bool
    percent: int


class BadRecord(Exception):
    """The domain has a record that says nothing that can be followed."""


def find_records(mail: Mail, asking: Asking) -> dict[str, Record | Dmarc]:
    """What each domain in From published; nothing when it names none, or too many. Never raises.

    It takes no more than half of the time, of which each domain has its share: one that says nothing hides no other.
    """
    domains, found = from_domains(mail), dict[str, Record | Dmarc]()
    if len(domains) > MOST_DOMAINS:
        return {}
    with asking.part(0.5):
        for number, domain in enumerate(domains):
            with asking.part(1 / (len(domains) - number)):
                found[domain] = find_record(domain, asking.texts)
    return found


def find_record(domain: str, texts: Texts) -> Record | Dmarc:
    """What a domain in From published, or the verdict on mail from it when there is nothing to go by. Never raises."""
    try:
        return _find(domain, texts) or Dmarc("none", domain)
    except Unanswered:
        return Dmarc("temperror", domain, reason="the policy could not be looked up")
    except BadRecord:
        return Dmarc("permerror", domain, reason="the policy cannot be read")


def matters(signer: str, records: Mapping[str, Record | Dmarc]) -> bool:
    """Whether a signature of the domain `signer` could prove one of the domains in From."""
    return any(
        isinstance(record, Record) and aligned(domain, signer, record.strict_dkim) for domain, record in records.items()
    )


def check_dmarc(
    mail: Mail,
    records: Mapping[str, Record | Dmarc],
    spf: Spf,
    dkim: Sequence[Dkim],
    draw: Callable[[], float] = random.random,
) -> Dmarc:
    """The verdict; of several domains in From, the worst (section 6.6.1). Never raises.

    `records` has what was found for each of the domains in From (`find_records`). `draw` gives a number from 0 to below
    1, which decides whether this mail is among the percentage the policy is for.
    """
    if not records:
        several = len(mail.named(b"from")) > 1 or bool(from_domains(mail))
        reason = "From names too many" if several else "there is no From with a domain"
        return Dmarc("permerror", "", reason=reason, missing_from=True)
    found = [
        _judge(domain, record, spf, dkim, draw) if isinstance(record, Record) else record
        for domain, record in records.items()
    ]
    return max(found, key=lambda one: (_RESULTS.index(one.result), POLICIES.index(one.policy)))


def organisation(domain: str) -> str:
    """The organisational domain (section 3.2): one label more than the public suffix; a public suffix itself stays."""
    return _suffixes()(domain) or domain


def aligned(domain: str, other: str, strict: bool) -> bool:
    """Whether two domains are the same, or of the same organisation (section 3.1)."""
    return domain == other or (not strict and bool(other) and organisation(domain) == organisation(other))


def read_record(record: bytes, below: bool) -> Record:
    """A DMARC record as it is for its domain itself, or for one `below` it (section 6.3). Raises `BadRecord`."""
    tags: dict[str, str] = {}
    for part in record.decode("utf-8", "replace").split(";"):
        tag, equals, value = part.partition("=")
        if equals:
            tags.setdefault(tag.strip().lower(), value.strip())
    policy, sub = tags.get("p", "").lower(), tags.get("sp", tags.get("p", "")).lower()
    if policy not in POLICIES or sub not in POLICIES:
        if not any(_uri(each.strip()) for each in tags.get("rua", "").split(",")):
            raise BadRecord
        policy = sub = "none"
    percent = tags.get("pct", "100")
    return Record(
        sub if below else policy,
        tags.get("adkim", "").lower() == "s",
        tags.get("aspf", "").lower() == "s",
        int(percent) if re.fullmatch("[0-9]{1,3}", percent) and int(percent) <= 100 else 100,
    )


@lru_cache(maxsize=1)
def _suffixes() -> Callable[[str], str | None]:
    from publicsuffixlist import PublicSuffixList  # 10,000 suffixes: only for mail whose domains differ

    return lru_cache(maxsize=10_000)(PublicSuffixList().privatesuffix)


def _judge(domain: str, record: Record, spf: Spf, dkim: Sequence[Dkim], draw: Callable[[], float]) -> Dmarc:
    results = [one.result for one in dkim if aligned(domain, one.domain, record.strict_dkim)]
    results += [spf.result] if aligned(domain, spf.domain, record.strict_spf) else []
    if "pass" in results:
        return Dmarc("pass", domain, record.policy)
    if "temperror" in results:
        return Dmarc("temperror", domain, record.policy, reason="what would prove it could not be looked up")
    return Dmarc("fail", domain, record.policy, _sampled(record, draw))


def _sampled(record: Record, draw: Callable[[], float]) -> str:
    """The policy, or for mail outside its percentage the next milder one (section 6.6.4)."""
    if draw() * 100 < record.percent:
        return record.policy
    return POLICIES[max(0, POLICIES.index(record.policy) - 1)]


def _find(domain: str, texts: Texts) -> Record | None:
    """The record for a domain, or its organisation's (section 6.6.3); None for none, or for several, which say nothing.

    Raises `Unanswered` and `BadRecord`.
    """
    for name in dict.fromkeys((domain, organisation(domain))):
        records = [each for each in texts(f"_dmarc.{name}") if _version(each)]
        if records:
            return read_record(records[0], name != domain) if len(records) == 1 else None
    return None

"""Addresses checked: as text, by what is known of their domains, by an account's history; a verdict and a score for each."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mailhub.address import address_key, check, normalise
from mailhub.config import Config
from mailhub.db import from_ms
from mailhub.hub import Hub
from mailhub_verification import history, traps
from mailhub_verification.history import NOTHING, Past
from mailhub_verification.known import about_domain, about_local
from mailhub_verification.marks import weigh

if TYPE_CHECKING:
    from mailhub_verification.facts import Facts

PATIENCE = 5.0
"""Seconds somebody at a page waits for DNS at most."""


class Result(NamedTuple):
    """What verification says of one address. `address` is as given, `clean` as it would be written to; `active_at` ms."""

    address: str
    clean: str
    valid: bool
    verdict: str
    score: int
    reasons: tuple[str, ...]
    suggestion: str = ""
    domain: str = ""
    servers: tuple[str, ...] = ()
    active_at: int | None = None

    def told(self) -> dict[str, Any]:
        """For other doors: what JSON can hold."""
        return {
            "address": self.address,
            "format": "valid" if self.valid else "invalid",
            "verdict": self.verdict,
            "score": self.score,
            "reasons": list(self.reasons),
            "suggestion": self.suggestion or None,
            "normalised": self.clean,
            "domain": self.domain or None,
            "mx": list(self.servers),
            "last_activity": from_ms(self.active_at).isoformat() if self.active_at else None,
        }


class Written(NamedTuple):
    """An address as text: given, normalised, its domain, and what is wrong with it (a slug of `address.REASONS`)."""

    given: str
    clean: str
    domain: str
    wrong: str | None


def read(given: str) -> Written:
    """Look at an address as text. Never raises, whatever the text is."""
    clean = normalise(given)
    wrong = check(clean)
    return Written(given, clean, "" if wrong else clean.rpartition("@")[2], wrong)


def judge(written: Written, facts: "Facts", past: Past = NOTHING, listed: traps.Traps = traps.NONE) -> Result:
    """Put together what was found of one address."""
    given, clean, domain, wrong = written
    if wrong:
        return Result(given, clean, False, *weigh((wrong, *past.reasons)), active_at=past.active_at)
    local = clean[: -len(domain) - 1]
    about = about_domain(domain)
    trapped = ("spam-trap",) if listed.hold(clean, domain) else ()
    found = weigh((*facts.reasons, *past.reasons, *trapped, *about_local(local), *about.slugs))
    meant = f"{local}@{about.meant}" if about.meant else ""
    return Result(given, clean, True, *found, meant, domain, facts.servers, past.active_at)


def judge_all(
    config: Config, account_id: int | None, addresses: Sequence[Written], facts: "Mapping[str, Facts]", missing: "Facts"
) -> list[Result]:
    """Judge a batch; with an account also by its history. `missing` is taken for domains that `facts` does not hold."""
    listed = traps.load(config)
    keys = [address_key(each.clean) for each in addresses] if account_id is not None else []
    pasts = history.of_addresses(account_id, keys) if account_id is not None else {}
    known = (pasts.get(key, NOTHING) for key in keys) if pasts else (NOTHING for _ in addresses)
    return [
        judge(each, facts.get(each.domain, missing), past, listed) for each, past in zip(addresses, known, strict=True)
    ]


def check_one(hub: Hub, account_id: int, address: str, ask_dns: bool = True) -> Result:
    """Check one address for an account, within `PATIENCE` seconds. Raises `UserError` for a wrong configuration."""
    from mailhub_verification.facts import FAILED, SKIPPED  # dnspython is loaded where domains are looked up
    from mailhub_verification.prober import prober_of

    written = read(address)
    if not ask_dns or not written.domain:
        return judge_all(hub.config, account_id, [written], {}, SKIPPED)[0]
    facts = prober_of(hub).ask([written.domain], time.monotonic() + PATIENCE)
    return judge_all(hub.config, account_id, [written], facts, FAILED)[0]

"""A domain's signing keys, two of them (RSA and Ed25519), and how new ones take over from old ones.

New keys are made, published, then used; the old ones stay published for some days, since mail signed with them is still
on its way. A key that is not active never signs.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from mailhub.accounts import DkimKey, Domain
from mailhub.dkim import dns_record, generate_keys
from mailhub.domains.models import DomainCheck
from mailhub.domains.verdicts import DKIM
from mailhub.errors import Conflict
from mailhub.hub import Hub

NEXT, ACTIVE, RETIRED = "next", "active", "retired"
STATES = (ACTIVE, NEXT, RETIRED)
"""As people look at them: what signs, what will, what did."""
DAY = 86_400_000


def keys_of(domain: Domain, *states: str) -> list[DkimKey]:
    """A domain's keys by age and selector, all of them or those in some states."""
    query = DkimKey.select().where(DkimKey.domain == domain)
    if states:
        query = query.where(DkimKey.state.in_(states))
    return list(query.order_by(DkimKey.created_at, DkimKey.selector))


def record_name(key: DkimKey, domain: str) -> str:
    """Where a key is published (RFC 6376 section 3.6.2.1)."""
    return f"{key.selector}._domainkey.{domain}"


def make_keys(hub: Hub, domain: Domain, state: str) -> list[DkimKey]:
    """Two new keys with selectors of today, in the caller's transaction."""
    taken = {key.selector for key in keys_of(domain)}
    return [
        DkimKey.create(
            domain=domain, selector=key.selector, algorithm=key.algorithm,
            private_key=hub.keyring.encrypt(key.private_key_pem), record=dns_record(key)[1], state=state,
            changed_at=hub.ms(), created_at=hub.ms(),
        )
        for key in generate_keys(_prefix(hub.now(), taken))
    ]  # fmt: skip


def _prefix(today: datetime, taken: Iterable[str]) -> str:
    """`mh20270115`, with a letter behind it for further keys of a day."""
    first = f"mh{today.astimezone(UTC):%Y%m%d}"
    letters = ("", *"bcdefghijklmnopqrstuvwxyz")
    free = (f"{first}{letter}" for letter in letters)
    for prefix in free:
        if not any(selector.startswith(f"{prefix}-") for selector in taken):
            return prefix
    raise Conflict("The keys were changed 26 times today: change them again tomorrow.")


def rotate(hub: Hub, domain: Domain) -> list[DkimKey]:
    """Make the next keys, in the caller's transaction. Raises `Conflict` while others wait for their records."""
    if keys_of(domain, NEXT):
        raise Conflict(
            "New keys of {name} wait for their records already: publish those, then use them.", name=domain.name
        )
    return make_keys(hub, domain, NEXT)


def activate(hub: Hub, domain: Domain, force: bool = False) -> None:
    """Sign with the next keys from now on, in the caller's transaction; the old ones stay published.

    Raises `Conflict` when there are none, or when the last look did not find their records; `force` does not mind that.
    """
    waiting = keys_of(domain, NEXT)
    if not waiting:
        raise Conflict("{name} has no new keys: make some first.", name=domain.name)
    missing = [key for key in waiting if not published_since(domain, key)]
    if missing and not force:
        raise Conflict(
            "The record {name} was not seen in DNS yet: publish it and check again, or use the keys all the same.",
            name=record_name(missing[0], domain.name),
        )
    now = hub.ms()
    DkimKey.update(state=RETIRED, changed_at=now).where(DkimKey.domain == domain, DkimKey.state == ACTIVE).execute()
    DkimKey.update(state=ACTIVE, changed_at=now).where(DkimKey.domain == domain, DkimKey.state == NEXT).execute()


def published_since(domain: Domain, key: DkimKey) -> int:
    """Since when (ms) the looks find a key's record as it should be; 0 when the last one did not."""
    row = DomainCheck.get_or_none(
        DomainCheck.domain == domain, DomainCheck.kind == DKIM, DomainCheck.name == record_name(key, domain.name)
    )
    return int(row.since) if row is not None and row.state in ("ok", "warning") else 0


def over_at(hub: Hub, key: DkimKey) -> int:
    """When (ms) a retired key's record may be removed."""
    return int(key.changed_at) + hub.config.domains.overlap * DAY


def is_over(hub: Hub, key: DkimKey) -> bool:
    """Whether a key is retired and nothing signed with it is on its way any more."""
    return key.state == RETIRED and hub.ms() >= over_at(hub, key)

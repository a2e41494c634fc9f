"""A domain as the pages, the API and the other doors tell it: its records with what was last seen of each."""

from collections.abc import Mapping
from typing import Any

from mailhub.accounts import OPERATOR, DkimKey, Domain
from mailhub.domains import keys, policy
from mailhub.domains.models import DomainCheck, checks_of
from mailhub.domains.noting import said
from mailhub.domains.records import REQUIRED, Record, records_of
from mailhub.domains.verdicts import FAILED, MATTERS, ORDER
from mailhub.hub import Hub


def show(hub: Hub, domain: Domain) -> dict[str, Any]:
    """Everything of one domain; moments in ms. `proved` is true where no proof is needed, `looking` while a look that
    somebody asked for has not ended."""
    checks = checks_of(domain)
    published = records_of(hub, domain)
    rows = [_record(record, checks.pop((record.kind, record.name), None)) for record in published]
    held = {keys.record_name(key, domain.name) for key in keys.keys_of(domain)}
    others = [row for row in checks.values() if row.name not in held]
    others.sort(key=lambda row: (ORDER.index(row.kind), row.name))
    return {
        **brief(hub, domain),
        "shared": domain.shared,
        "inherited": domain.inherited,
        "own_links": domain.own_links,
        "looking": domain.asked_at is not None,
        "records": rows,
        "checks": [_check(row) for row in others],
        "keys": [_key(hub, domain, key) for state in keys.STATES for key in keys.keys_of(domain, state)],
    }


def brief(hub: Hub, domain: Domain) -> dict[str, Any]:
    """A domain in a list: `state` is broken, unproved, unchecked, incomplete or ok."""
    return {
        "name": domain.name,
        "state": state_of(hub, domain),
        "proved": _is_proved(hub, domain),
        "created_at": domain.created_at,
        "checked_at": domain.checked_at,
    }


def _is_proved(hub: Hub, domain: Domain) -> bool:
    return domain.proved_at is not None or domain.account_id == OPERATOR or not hub.config.domains.proof


def state_of(hub: Hub, domain: Domain) -> str:
    """How a domain stands, in one word."""
    rows = list(DomainCheck.select().where(DomainCheck.domain == domain))
    if any(row.broken_at is not None for row in rows):
        return "broken"
    if not _is_proved(hub, domain):
        return "unproved"
    if domain.checked_at is None:
        return "unchecked"
    waiting = {keys.record_name(key, domain.name) for key in keys.keys_of(domain, keys.NEXT, keys.RETIRED)}
    failing = [row for row in rows if row.kind in MATTERS and row.state in FAILED and row.name not in waiting]
    if failing:
        return "incomplete"
    silent = [row for row in rows if row.kind in REQUIRED and row.state == "unasked" and row.good_at is None]
    return "unchecked" if silent else "ok"


def broken_of(account_id: int) -> list[str]:
    """The names of an account's broken domains."""
    rows = (
        Domain.of(account_id)
        .join(DomainCheck)
        .where(DomainCheck.broken_at.is_null(False))
        .order_by(Domain.name)
        .distinct()
    )
    return [row.name for row in rows]


def given_to(hub: Hub, account_id: int) -> list[Domain]:
    """Domains of other accounts that this one may write from."""
    return [row for row in policy.usable(hub, account_id) if row.account_id != account_id]


def _record(record: Record, row: DomainCheck | None) -> dict[str, Any]:
    told: Mapping[str, Any] = _check(row) if row else {"state": "unchecked", "found": "", "said": "", "since": None}
    return {
        "kind": record.kind, "name": record.name, "type": record.type, "value": record.value, "key": record.key,
        "required": record.required, **{name: told[name] for name in ("state", "found", "said", "since")},
    }  # fmt: skip


def _check(row: DomainCheck) -> dict[str, Any]:
    return {
        "kind": row.kind, "name": row.name, "state": row.state, "found": row.found, "said": said(row), "since": row.since,
        "broken_at": row.broken_at,
    }  # fmt: skip


def _key(hub: Hub, domain: Domain, key: DkimKey) -> dict[str, Any]:
    retired = key.state == keys.RETIRED
    return {
        "selector": key.selector, "algorithm": key.algorithm, "state": key.state, "since": key.changed_at,
        "name": keys.record_name(key, domain.name), "published": bool(keys.published_since(domain, key)),
        "removable_at": keys.over_at(hub, key) if retired else None, "removable": keys.is_over(hub, key),
    }  # fmt: skip

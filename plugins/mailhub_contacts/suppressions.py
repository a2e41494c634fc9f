"""Suppressed addresses as people see them: search, add, release. What suppression means is the core's."""

import re
from collections.abc import Sequence
from typing import Any

from mailhub.address import REASONS, address_key, check, normalise
from mailhub.addresses import SCOPES, Suppression, suppress
from mailhub.db import from_ms
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts.columns import looks_like_address

PAGE = 50
MAX_PASTED = 2000


def search(account_id: int, text: str = "", before: int | None = None, limit: int = PAGE) -> list[Suppression]:
    """An account's suppressed addresses, newest first, those with a number below `before`."""
    query = Suppression.of(account_id)
    if before is not None:
        query = query.where(Suppression.id < before)
    if looks_like_address(text):
        query = query.where(Suppression.address_key == address_key(text))
    elif text:
        query = query.where(Suppression.address.contains(text))
    return list(query.order_by(Suppression.id.desc()).limit(limit))


def of_address(account_id: int, key: int) -> list[Suppression]:
    """How an address is suppressed in an account; empty when it is not."""
    return list(Suppression.of(account_id).where(Suppression.address_key == key).order_by(Suppression.id))


def add(hub: Hub, actor: Actor, given: Sequence[str], scope: str) -> int:
    """Suppress up to 2,000 addresses by hand; returns how many were not yet. Raises `Invalid`, and then adds none."""
    if scope not in SCOPES:
        raise Invalid(fields={"scope": Sentence("{scope} is no scope: write all or bulk.", scope=scope)})
    addresses = [normalise(each) for each in given if each.strip()]
    if not addresses:
        raise Invalid(fields={"addresses": Sentence("There is no address: write at least one.")})
    if len(addresses) > MAX_PASTED:
        sentence = Sentence("These are more than {most} addresses: add them in parts.", most=MAX_PASTED)
        raise Invalid(fields={"addresses": sentence})
    for each in addresses:
        if (reason := check(each)) is not None:
            raise Invalid(
                fields={"addresses": Sentence("{address}: {reason}", address=each[:254], reason=REASONS[reason])}
            )
    return suppress(actor.account_id, addresses, scope=scope, reason="manual", origin=actor.name, at=hub.ms())


def parts(text: str) -> list[str]:
    """Pasted text as addresses: one a line, or between commas, semicolons or blanks."""
    return [part for part in re.split(r"[\s,;]+", text) if part]


def release(actor: Actor, address: str, scope: str | None = None) -> int:
    """Write to an address again (in one scope, or in all); returns how many entries went. Raises `NotFound`."""
    query = Suppression.delete().where(
        Suppression.account == actor.account_id, Suppression.address_key == address_key(address)
    )
    if scope:
        query = query.where(Suppression.scope == scope)
    gone = int(query.execute())
    if not gone:
        raise NotFound("{address} is not suppressed: there is nothing to release.", address=address)
    return gone


def show(entry: Suppression) -> dict[str, Any]:
    """A suppression as other doors see it; its time ISO 8601."""
    return {
        "number": entry.id,
        "address": entry.address,
        "scope": entry.scope,
        "reason": entry.reason,
        "origin": entry.origin,
        "at": from_ms(entry.created_at).isoformat(),
    }

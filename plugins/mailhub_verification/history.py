"""What an account's own mail says of addresses: two questions on an index for a whole batch, never another account's rows."""

from collections.abc import Sequence
from typing import NamedTuple

from mailhub.db import in_list, sql

_BY_REASON = {"bounced": "hard-bounce", "complained": "complained"}


class Past(NamedTuple):
    """Slugs, and when the address was last reached or heard from (ms), None for never."""

    reasons: tuple[str, ...] = ()
    active_at: int | None = None


NOTHING = Past()


def of_addresses(account_id: int, keys: Sequence[int]) -> dict[int, Past]:
    """What an account knows of these address keys; those it knows nothing of are left out."""
    if not keys:
        return {}
    found: dict[int, Past] = {}
    for key, delivered, refused, returned, opened, clicked in _outcomes(account_id, keys):
        found[key] = _of_messages(delivered, refused, returned, max(opened or 0, clicked or 0) or None)
    condition, parameters = in_list("address_key", keys)
    suppressed = sql(
        f"SELECT address_key, reason FROM suppressions WHERE account_id = ? AND {condition}", [account_id, *parameters]
    )
    for key, reason in suppressed.fetchall():
        past = found.get(key, NOTHING)
        found[key] = past._replace(reasons=(*past.reasons, _BY_REASON.get(reason, "suppressed")))
    return found


def _outcomes(account_id: int, keys: Sequence[int]) -> list[tuple[int, int | None, int | None, int | None, int, int]]:
    """For each key when a mail last arrived, came back as to nobody (RFC 3463: 5.1.x), came back otherwise, was opened,
    was clicked."""
    condition, parameters = in_list("address_key", keys)
    nobody = "(substr(enhanced, 1, 4) = '5.1.' OR (enhanced = '' AND code = 550))"
    rows = sql(
        "SELECT address_key, max(CASE WHEN outcome = 'delivered' THEN settled_at END), "
        f"max(CASE WHEN outcome = 'bounced' AND {nobody} THEN settled_at END), "
        f"max(CASE WHEN outcome = 'bounced' AND NOT {nobody} THEN settled_at END), max(opened_at), max(clicked_at) "
        f"FROM messages WHERE account_id = ? AND {condition} GROUP BY address_key",
        [account_id, *parameters],
    )
    return list(rows.fetchall())


def _of_messages(delivered: int | None, refused: int | None, returned: int | None, read: int | None) -> Past:
    """A later delivery outdates what came back before."""
    since = max(delivered or 0, read or 0)
    reasons = []
    if refused and refused > since:
        reasons.append("hard-bounce")
    elif returned and returned > since:
        reasons.append("bounced")
    if read:
        reasons.append("engaged")
    elif delivered:
        reasons.append("delivered")
    return Past(tuple(reasons), since or None)

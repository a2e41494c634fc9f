"""Which bounces and complaints keep an address from being written to: one set of rules, whichever way a bounce was heard.

A hard one suppresses at once; soft ones that tell about the address itself after some days; what is our own fault (block),
or says more of the mail or the way, never does; nor does one of the system's own mail, which no reader got. Bounces heard while
delivering and those that came back later are both events: `counting` brings them here, in the transaction that counts.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from mailhub.addresses import ALL, BULK, suppress_each
from mailhub.bounces.judging import judge
from mailhub.bounces.rules import rules
from mailhub.db import in_list, sql, sql_many
from mailhub.hub import Hub
from mailhub.messages import AFTERWARDS, BOUNCED, COMPLAINED, DELIVERED, EXPIRED, Event
from mailhub.vocabulary import Schedule, Setting

DAY = 86_400_000
SOFT_LIMIT, SOFT_DAYS, SCOPE = "bounces.soft_limit", "bounces.soft_days", "complaints.scope"
SETTINGS = (
    Setting(SOFT_LIMIT, 5, "Days with a soft bounce after which an address is suppressed; 0: never"),
    Setting(SOFT_DAYS, 14, "Days within which soft bounces are counted"),
    Setting(SCOPE, BULK, "What an address that complained is kept from: bulk, or all"),
)
log = logging.getLogger(__name__)


class Bounce(NamedTuple):
    """A bounce and what it means: its class is one of `messages.BOUNCES`, its reason a slug of docs/bounces.md."""

    event: Event
    class_: str
    reason: str


class _Address(NamedTuple):
    account_id: int
    address: str
    key: int


def is_afterwards(event: Event) -> bool:
    """Whether an event is the bounce of a message that had been delivered."""
    return bool(event.kind == BOUNCED and event.attempt == AFTERWARDS and event.values)


def take(hub: Hub, events: Iterable[Event]) -> list[Bounce]:
    """Act on the bounces and complaints among these events, in the caller's transaction. Returns the bounces, judged."""
    mine = [each for each in events if each.message_id and each.kind in (BOUNCED, EXPIRED, COMPLAINED)]
    if not mine:
        return []
    addresses = _addresses([each.message_id for each in mine])
    bounces = [_judged(each) for each in mine if each.kind != COMPLAINED]
    _note(each for each in bounces if not is_afterwards(each.event))
    own = system_sources({each.event.source_id for each in bounces})
    known = [each for each in bounces if each.event.message_id in addresses and each.event.source_id not in own]
    _suppress_hard([each for each in known if each.class_ == "hard"], addresses)
    counted = rules().counted
    _count_soft(hub, [each for each in known if each.class_ == "soft" and each.reason in counted], addresses)
    complained = [each for each in mine if each.kind == COMPLAINED and each.message_id in addresses]
    _suppress_complained(hub, complained, addresses)
    return [each for each in bounces if each.event.kind == BOUNCED]


def origin(message_id: int, reason: str) -> str:
    """What a suppression says of where it comes from."""
    return f"message {message_id}: {reason}" if reason else f"message {message_id}"


def system_sources(ids: Collection[int]) -> set[int]:
    """Which of these sources are of stream `system`. Their bounces suppress nobody: it is an account's own desk that is
    written to, whose mailbox is full or gone, and nothing keeps such mail back anyway."""
    if not ids:
        return set()
    condition, parameters = in_list("id", sorted(ids))
    rows = sql(f"SELECT id FROM sources WHERE {condition} AND stream = 'system'", parameters).fetchall()
    return {row[0] for row in rows}


def _addresses(messages: Sequence[int]) -> dict[int, _Address]:
    condition, parameters = in_list("id", messages)
    rows = sql(f"SELECT id, account_id, address, address_key FROM messages WHERE {condition}", parameters)
    return {row[0]: _Address(*row[1:]) for row in rows.fetchall()}


def _judged(event: Event) -> Bounce:
    if is_afterwards(event):
        values: dict[str, Any] = event.values
        return Bounce(event, str(values.get("class") or "unknown"), str(values.get("reason") or ""))
    judgement = judge(event.code, event.enhanced, event.text)
    class_ = "soft" if event.kind == EXPIRED and judgement.class_ == "hard" else judgement.class_
    return Bounce(event, class_, judgement.reason)


def _note(bounces: Iterable[Bounce]) -> None:
    """Write to the ledger what the server's answer meant."""
    sql_many(
        "UPDATE messages SET bounce = ?, reason = CASE WHEN reason = '' THEN ? ELSE reason END WHERE id = ?",
        [(each.class_, each.reason, each.event.message_id) for each in bounces],
    )


def _suppress_hard(bounces: Sequence[Bounce], addresses: dict[int, _Address]) -> None:
    suppress_each(
        (where.account_id, where.address, ALL, BOUNCED, origin(each.event.message_id, each.reason), each.event.at)
        for each in bounces
        for where in (addresses[each.event.message_id],)
    )


def _count_soft(hub: Hub, bounces: Sequence[Bounce], addresses: dict[int, _Address]) -> None:
    """Note the day of each soft bounce; an address that had them on too many days is suppressed."""
    by_account: dict[int, list[Bounce]] = defaultdict(list)
    for each in bounces:
        by_account[addresses[each.event.message_id].account_id].append(each)
    for account_id, some in by_account.items():
        limit, days = int(hub.setting(account_id, SOFT_LIMIT)), int(hub.setting(account_id, SOFT_DAYS))
        if limit:
            rows = {(account_id, addresses[each.event.message_id].key, each.event.at // DAY) for each in some}
            sql_many(
                "INSERT INTO soft_bounces (account_id, address_key, day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                sorted(rows),
            )
            over = _over(account_id, sorted({key for _, key, _ in rows}), limit, hub.ms() // DAY - days)
            _suppress_soft([each for each in some if addresses[each.event.message_id].key in over], addresses)


def _over(account_id: int, keys: Sequence[int], limit: int, after: int) -> set[int]:
    """Which addresses had a soft bounce on `limit` days after a day, and since the day they last took a mail."""
    days = _soft_days(account_id, keys, after)
    often = [key for key, when in days.items() if len(when) >= limit]
    if not often:
        return set()
    condition, parameters = in_list("address_key", often)
    taken = sql(
        f"SELECT address_key, max(settled_at) FROM messages WHERE account_id = ? AND {condition} AND outcome = ? "
        "GROUP BY address_key",
        (account_id, *parameters, DELIVERED),
    ).fetchall()
    took = {key: int(at) // DAY for key, at in taken}
    return {key for key in often if sum(day > took.get(key, 0) for day in days[key]) >= limit}


def _soft_days(account_id: int, keys: Sequence[int], after: int) -> dict[int, list[int]]:
    condition, parameters = in_list("address_key", keys)
    rows = sql(
        f"SELECT address_key, day FROM soft_bounces WHERE account_id = ? AND {condition} AND day > ?",
        (account_id, *parameters, after),
    ).fetchall()
    days: dict[int, list[int]] = defaultdict(list)
    for key, day in rows:
        days[key].append(day)
    return days


def _suppress_soft(bounces: Sequence[Bounce], addresses: dict[int, _Address]) -> None:
    """Suppress, and count anew should somebody release them."""
    _suppress_hard(bounces, addresses)
    keys = sorted(
        {(addresses[each.event.message_id].account_id, addresses[each.event.message_id].key) for each in bounces}
    )
    sql_many("DELETE FROM soft_bounces WHERE account_id = ? AND address_key = ?", keys)


def _suppress_complained(hub: Hub, events: Sequence[Event], addresses: dict[int, _Address]) -> None:
    scopes = {account: str(hub.setting(account, SCOPE)) for account in {each.account_id for each in events}}
    suppress_each(
        (where.account_id, where.address, scopes[each.account_id], COMPLAINED, origin(each.message_id, ""), each.at)
        for each in events
        for where in (addresses[each.message_id],)
    )


def forget_old(hub: Hub) -> None:
    """Delete days of soft bounces that no account counts any more; the clock's work."""
    sql("DELETE FROM soft_bounces WHERE day < ?", (hub.ms() // DAY - 366,))


SCHEDULES = (Schedule("suppressing.forget", 3600, forget_old),)

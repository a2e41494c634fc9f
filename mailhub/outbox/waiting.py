"""What waits in the queue, by destination and reason, and what an operator may do with it: try now, hold, release, delete.

Everything goes in batches, each in a transaction of its own, so that a long queue holds up nobody.
"""

from collections.abc import Callable
from typing import NamedTuple

from mailhub import metrics
from mailhub.db import bulk, in_list, sql
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import CANCELLED, NEVER, Outcome
from mailhub.outbox.settling import settle

BATCH = 1000
BATCHES = 200
"""Batches one call works on at most: what is left is told by its count, and by the queue."""
BY_HAND = "held"
"""The reason of messages an operator holds."""

REASONS: dict[str, Sentence] = {
    "": Sentence("waiting for its turn"),
    BY_HAND: Sentence("held by hand"),
    "greylisted": Sentence("the server wants to see it come back (greylisting)"),
    "rate_limited": Sentence("the destination wants less mail at a time"),
    "blocked": Sentence("the provider refuses mail from here for now"),
    "reputation": Sentence("the provider mistrusts this server's address"),
    "mailbox_full": Sentence("the mailbox is full"),
    "mailbox_busy": Sentence("the mailbox gets too much mail at once"),
    "no_such_user": Sentence("the mailbox does not exist"),
    "policy": Sentence("the receiving server's policy"),
    "unauthenticated": Sentence("the mail is not authenticated (SPF, DKIM, DMARC)"),
    "spam": Sentence("taken for spam"),
    "too_big": Sentence("too large"),
    "storage": Sentence("the receiving server has no room"),
    "unavailable": Sentence("the receiving server asks to come back later"),
    "unreachable": Sentence("the destination cannot be reached"),
    "address_spent": Sentence("the sending addresses have sent what they may today"),
}
"""What the slugs mean, for people."""


class Group(NamedTuple):
    """Messages that wait for one domain for one reason; times in ms. `code` and `text` are one server's words."""

    domain: str
    reason: str
    messages: int
    oldest: int
    next_due: int
    code: int
    text: str


class Chosen(NamedTuple):
    """Which messages: to a domain, for a reason, of an account; None: whichever."""

    domain: str | None = None
    reason: str | None = None
    account_id: int | None = None


def groups(hub: Hub, account_id: int | None, limit: int) -> list[Group]:
    """What waits, by domain and reason, the largest groups first; of one account or, with None, of all."""
    own = "JOIN sources s ON s.id = q.source_id WHERE s.account_id = ? " if account_id is not None else ""
    rows = sql(
        "SELECT q.domain, q.reason, count(*), min(q.first_at), min(q.due_at), max(q.code), max(q.text) "
        f"FROM queue q {own}GROUP BY q.domain, q.reason ORDER BY count(*) DESC, q.domain, q.reason LIMIT ?",
        [*([] if account_id is None else [account_id]), limit],
    ).fetchall()
    return [Group(*row) for row in rows]


def retry_now(hub: Hub, chosen: Chosen) -> int:
    """Make waiting messages due at once; those held by hand stay so. Returns how many."""
    return _change(chosen, "due_at = ?", [hub.ms()], "q.due_at > ? AND q.due_at < ?", [hub.ms(), NEVER])


def hold(hub: Hub, chosen: Chosen) -> int:
    """Hold messages until they are released. Returns how many."""
    return _change(chosen, "due_at = ?, reason = ?", [NEVER, BY_HAND], "q.due_at < ?", [NEVER])


def release(hub: Hub, chosen: Chosen) -> int:
    """Let messages that are held by hand leave. Returns how many."""
    return _change(
        chosen._replace(reason=None), "due_at = ?, reason = ''", [hub.ms()], "q.due_at >= ?", [NEVER]
    )  # fmt: skip


def delete(hub: Hub, chosen: Chosen) -> int:
    """Take messages out of the queue; the ledger says they were cancelled. What a worker has just claimed is let be.

    Returns how many.
    """

    def cancel(ids: list[int]) -> int:
        condition, parameters = in_list("id", ids)
        rows = sql(
            f"UPDATE queue SET holder = ? WHERE {condition} AND holder IS NULL RETURNING id, attempts",
            [hub.node.number, *parameters],
        ).fetchall()
        outcomes = [Outcome(id_, attempts + 1, CANCELLED, hub.ms()) for id_, attempts in rows]
        metrics.count("cancelled", len(rows))
        return settle(hub.node.number, outcomes)

    return _in_batches(chosen, "", [], cancel)


def _change(chosen: Chosen, change: str, values: list[int | str], which: str, parameters: list[int]) -> int:
    def change_some(ids: list[int]) -> int:
        condition, some = in_list("id", ids)
        changed: int = sql(f"UPDATE queue SET {change} WHERE {condition} AND holder IS NULL", [*values, *some]).rowcount
        return changed

    return _in_batches(chosen, which, parameters, change_some)


def _in_batches(chosen: Chosen, which: str, parameters: list[int], work: Callable[[list[int]], int]) -> int:
    """Work on the ids of what is chosen, in order; `which` is one more condition."""
    done = last = 0
    for _ in range(BATCHES):
        with bulk():
            ids = _ids(chosen, which, parameters, last)
            if ids:
                done += work(ids)
        if len(ids) < BATCH:
            break
        last = ids[-1]
    return done


def _ids(chosen: Chosen, which: str, parameters: list[int], last: int) -> list[int]:
    conditions, values = ["q.id > ?", "q.holder IS NULL"], [last, *parameters]
    if which:
        conditions.insert(1, which)
    asked = (("q.domain", chosen.domain), ("q.reason", chosen.reason), ("s.account_id", chosen.account_id))
    for column, value in asked:
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    query = f"SELECT q.id FROM queue q JOIN sources s ON s.id = q.source_id WHERE {' AND '.join(conditions)}"
    return [id_ for (id_,) in sql(f"{query} ORDER BY q.id LIMIT ?", [*values, BATCH]).fetchall()]

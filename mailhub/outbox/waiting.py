"""What waits in the queue, by destination and reason, and what an operator may do with it: try now, hold, release, delete.

Everything goes in batches in the caller's transactions, so that a long queue holds up nobody.
"""

from typing import NamedTuple

from mailhub import metrics
from mailhub.bounces import saying
from mailhub.db import in_list, sql
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import CANCELLED, NEVER, Outcome
from mailhub.outbox.settling import settle

BATCH = 1000
"""Messages one transaction changes at most."""
BY_HAND, BY_OPERATOR = "held", "held_by_operator"
"""The reasons of held messages. What the server's operator holds no account releases."""
DELETED = str(Sentence("deleted from the queue"))
"""The ledger's reason for what was taken out of the queue."""
RETRY, HOLD, RELEASE, DELETE = "retry", "hold", "release", "delete"
VERBS = (RETRY, HOLD, RELEASE, DELETE)

REASONS: dict[str, Sentence] = {
    "": Sentence("waiting for its turn"),
    BY_HAND: Sentence("held by hand"),
    BY_OPERATOR: Sentence("held by the server’s operator"),
    "address_spent": Sentence("the sending addresses have sent what they may today"),
    "no_route": Sentence("no route of the rule that fits it is switched on"),
    **{slug: words for slug, words in saying.REASONS.items() if slug not in ("complaint", "autoreply", "delivered")},
}
"""What the slugs mean, for people: what servers say, and what is known here alone."""


class Group(NamedTuple):
    """Messages that wait for one domain for one reason; times in ms. `code` and `text` are one server's words."""

    domain: str
    reason: str
    messages: int
    oldest: int
    next_due: int
    code: int
    text: str


class Groups(NamedTuple):
    """The largest groups, and how many groups and messages there are in all."""

    rows: list[Group]
    groups: int
    messages: int


class Chosen(NamedTuple):
    """Which messages: to a domain, for a reason, of an account, one by its number, none newer than a number; None: whichever."""

    domain: str | None = None
    reason: str | None = None
    account_id: int | None = None
    number: int | None = None
    newest: int | None = None


class Order(NamedTuple):
    """What is to be done (one of `VERBS`) with which messages, and whether the server's operator asks."""

    verb: str
    chosen: Chosen
    by_operator: bool = False


def groups(chosen: Chosen, limit: int) -> Groups:
    """What waits, by domain and reason, the largest groups first. All that is chosen is read: the queue, or an account's."""
    source, conditions, values = where(chosen)
    rows = sql(
        "SELECT q.domain, q.reason, count(*), min(q.first_at), min(q.due_at), max(q.code || ' ' || q.text), "
        f"count(*) OVER (), sum(count(*)) OVER () FROM queue q {source}{conditions}"
        "GROUP BY q.domain, q.reason ORDER BY count(*) DESC, q.domain, q.reason LIMIT ?",
        [*values, limit],
    ).fetchall()
    if not rows:
        return Groups([], 0, 0)
    return Groups([_group(*row[:6]) for row in rows], int(rows[0][6]), int(rows[0][7]))


def _group(domain: str, reason: str, messages: int, oldest: int, next_due: int, said: str) -> Group:
    code, _, text = said.partition(" ")  # of one and the same answer
    return Group(domain, reason, messages, oldest, next_due, int(code), text)


def find(order: Order, now: int, after: int, limit: int = BATCH) -> list[int]:
    """The numbers of messages that an order changes at `now` (ms), from after a number on; claimed ones are let be."""
    told, values = _ordered(order, now, after)
    return [id_ for (id_,) in sql(f"SELECT q.id {told}ORDER BY q.id LIMIT ?", [*values, limit]).fetchall()]


def left(order: Order, now: int, after: int) -> int:
    """How many messages `find` would find in all."""
    told, values = _ordered(order, now, after)
    return int(sql(f"SELECT count(*) {told}", values).fetchone()[0])


def _ordered(order: Order, now: int, after: int) -> tuple[str, list[int | str]]:
    source, conditions, values = _chosen(order.chosen)
    conditions += ["q.id > ?", "q.holder IS NULL", _changes(order)]
    return f"FROM queue q {source}{_where(conditions)}", [*values, after, *([now] if order.verb == RETRY else [])]


def _changes(order: Order) -> str:
    """The condition for messages that are not yet as the order wants them."""
    if order.verb == RETRY:
        return f"q.due_at > ? AND q.due_at < {NEVER}"
    if order.verb == HOLD:
        return f"(q.due_at < {NEVER} OR q.reason = '{BY_HAND}')" if order.by_operator else f"q.due_at < {NEVER}"
    if order.verb == RELEASE:
        return f"q.due_at >= {NEVER}" + ("" if order.by_operator else f" AND q.reason <> '{BY_OPERATOR}'")
    return "q.id > 0"


def where(chosen: Chosen) -> tuple[str, str, list[int | str]]:
    """`FROM queue q` goes on with the join and the WHERE of what is chosen; and their values."""
    source, conditions, values = _chosen(chosen)
    return source, _where(conditions), values


def _chosen(chosen: Chosen) -> tuple[str, list[str], list[int | str]]:
    """A join, conditions and their values."""
    asked = (
        ("s.account_id = ?", chosen.account_id), ("q.domain = ?", chosen.domain), ("q.reason = ?", chosen.reason),
        ("q.id = ?", chosen.number), ("q.id <= ?", chosen.newest),
    )  # fmt: skip
    wanted = [(condition, value) for condition, value in asked if value is not None]
    join = "JOIN sources s ON s.id = q.source_id " if chosen.account_id is not None else ""
    return join, [condition for condition, _ in wanted], [value for _, value in wanted]


def _where(conditions: list[str]) -> str:
    return f"WHERE {' AND '.join(conditions)} " if conditions else ""


def work(hub: Hub, order: Order, ids: list[int]) -> int:
    """Do what is ordered with the messages `find` found, in the caller's transaction. Returns with how many."""
    if not ids:
        return 0
    if order.verb == DELETE:
        return _delete(hub, ids)
    now, held = hub.ms(), BY_OPERATOR if order.by_operator else BY_HAND
    changes: dict[str, tuple[str, list[int | str]]] = {
        RETRY: ("due_at = ?", [now]),
        HOLD: ("due_at = ?, reason = ?", [NEVER, held]),
        RELEASE: ("due_at = ?, reason = ''", [now]),
    }
    change, values = changes[order.verb]
    some, numbers = in_list("q.id", ids)
    still = [now] if order.verb == RETRY else []
    changed: int = sql(
        f"UPDATE queue AS q SET {change} WHERE {some} AND q.holder IS NULL AND {_changes(order)}",
        [*values, *numbers, *still],
    ).rowcount
    return changed


def _delete(hub: Hub, ids: list[int]) -> int:
    """Take messages out of the queue; the ledger says they were cancelled."""
    condition, parameters = in_list("id", ids)
    rows = sql(
        f"UPDATE queue SET holder = ? WHERE {condition} AND holder IS NULL RETURNING id, attempts",
        [hub.node.number, *parameters],
    ).fetchall()
    metrics.count("cancelled", len(rows))
    now, node = hub.ms(), hub.node.number
    return settle(node, [Outcome(id_, attempts + 1, CANCELLED, now, reason=DELETED) for id_, attempts in rows])

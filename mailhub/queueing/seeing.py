"""The queue and the lanes as people look at them: what waits, one group of it with the servers' words, how each lane stands."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mailhub.accounts import Account
from mailhub.db import sql
from mailhub.delivery.mx import short_name
from mailhub.delivery.shaping import provider_of
from mailhub.delivery.smtp_words import PASSED_ON
from mailhub.errors import Sentence
from mailhub.messages import NEVER, OPEN, Queued, Source
from mailhub.outbox import lanes, waiting
from mailhub.outbox.sources import WANTS
from mailhub.outbox.waiting import Chosen, Group

TURN = "turn"
"""What doors call the reason of messages that just wait for their turn; the queue itself keeps "" there."""
SAMPLE = 2000
"""Messages of a group looked at for what servers said."""
MOST_WORDS = 8
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'=]+(?=@)")


class Said(NamedTuple):
    """What a server answered, and to how many of the messages looked at."""

    code: int
    text: str
    messages: int


class Part(NamedTuple):
    """An account's share of a group."""

    account_id: int
    name: str
    messages: int


class Lane(NamedTuple):
    """One lane of all workers together; see `outbox.lanes.LaneState`. `share` is the present pace of 100 of the usual, or None."""

    destination: str
    provider: str
    route: str
    egress: str
    connections: int
    backlog: int
    rate: int
    usual: int
    state: str
    why: str
    until: int | None
    name: str = ""
    """What people are shown for its destination: a provider's name, its first server and how many more, or a smart host's
    route."""

    @property
    def share(self) -> int | None:
        """The present pace of 100 of the usual one; None where no usual one is known."""
        return min(100, round(100 * self.rate / self.usual)) if self.usual else None


def outward(reason: str) -> str:
    """A reason as doors call it."""
    return reason or TURN


def inward(reason: str | None) -> str | None:
    """A reason as the queue keeps it; None stays None: whichever."""
    return "" if reason == TURN else reason


def why(reason: str) -> Sentence:
    """What a reason means, of what waits or of an outcome; a slug of one's own shaping stands for itself."""
    if reason == PASSED_ON:
        return Sentence("the next server was asked to tell the sender of the delivery")
    return waiting.REASONS.get(reason) or (reason if isinstance(reason, Sentence) else Sentence(reason))


def masked(text: str) -> str:
    """A server's words without the names before @: whose mail waits is the account's to know, not the operator's."""
    return _ADDRESS.sub("…", text)


def shut(now: int) -> list[lanes.LaneState]:
    """The lanes that take nothing at `now` (ms), as living workers say it."""
    return [row for row in lanes.living(now) if row.state == lanes.BLOCKED and row.until]


def next_attempt(group: Group, closed: Sequence[lanes.LaneState]) -> int:
    """When some message of a group is tried again (ms): before, it is only looked whether one of the lanes that are closed
    has opened. `NEVER` for what is held."""
    return max(group.next_due, min((row.until for row in closed if _leads_to(row, group.domain)), default=0))


def _leads_to(row: lanes.LaneState, domain: str) -> bool:
    """Whether a lane is seen to have a domain's mail: it is a known provider's domain, or its servers bear its name."""
    if row.provider and provider_of((), domain) == row.provider:
        return True
    return any(host == domain or host.endswith(f".{domain}") for host in re.split("[,;:] ", row.destination))


def told(group: Group, by_operator: bool, closed: Sequence[lanes.LaneState] = ()) -> dict[str, Any]:
    """A group as doors tell it; times in ms, `next_attempt` None for what is held."""
    due = next_attempt(group, closed)
    return {
        "domain": group.domain, "reason": outward(group.reason), "why": why(group.reason), "messages": group.messages,
        "oldest": group.oldest, "next_attempt": due if due < NEVER else None, "code": group.code,
        "text": masked(group.text) if by_operator else group.text,
    }  # fmt: skip


def said(chosen: Chosen, by_operator: bool) -> list[Said]:
    """What servers answered for a group, the most frequent first, told from the first messages of it."""
    source, where, values = waiting.where(chosen)
    rows = sql(
        "SELECT code, text, count(*) FROM "
        f"(SELECT q.code, q.text FROM queue q {source}{where} LIMIT ?) AS looked "
        "WHERE text <> '' GROUP BY code, text ORDER BY count(*) DESC, code, text LIMIT ?",
        [*values, SAMPLE, SAMPLE],
    ).fetchall()
    found: dict[tuple[int, str], int] = {}
    for code, text, count in rows:
        key = (code, masked(text) if by_operator else text)
        found[key] = found.get(key, 0) + count
    most = sorted(found.items(), key=lambda each: -each[1])[:MOST_WORDS]
    return [Said(*key, count) for key, count in most]


def parts(chosen: Chosen) -> list[Part]:
    """Whose messages a group is made of, the largest share first; the first hundred."""
    _, where, values = waiting.where(chosen)
    rows = sql(
        f"SELECT s.account_id, count(*) FROM queue q JOIN sources s ON s.id = q.source_id {where}"
        "GROUP BY s.account_id ORDER BY count(*) DESC, s.account_id LIMIT 100",
        values,
    ).fetchall()
    names = {each.id: each.name for each in Account.select().where(Account.id.in_([id_ for id_, _ in rows] or [0]))}
    return [Part(id_, names.get(id_, ""), count) for id_, count in rows]


def messages_of(chosen: Chosen) -> Any:
    """A group's messages, as a query to page through; `chosen` names an account."""
    query = Queued.select(Queued, Source).join(Source).where(Source.account == chosen.account_id)
    for column, value in ((Queued.domain, chosen.domain), (Queued.reason, chosen.reason)):
        if value is not None:
            query = query.where(column == value)
    return query


def is_due(now: int) -> bool:
    """Whether some message should be leaving at `now` (ms), and nobody paused or held it."""
    return sql(f"SELECT 1 FROM sources s WHERE {WANTS} LIMIT 1", (OPEN, now, now)).fetchone() is not None


def all_lanes(now: int, names: Mapping[str, str]) -> list[Lane]:
    """The lanes of living workers, those in trouble first; one line for what several workers do on the same way.

    `names` are those of providers, by slug.
    """
    grouped: dict[tuple[Any, ...], list[lanes.LaneState]] = {}
    for row in lanes.living(now):
        grouped.setdefault((row.route_id, row.egress_id, row.destination), []).append(row)
    return [_together(rows, names) for rows in grouped.values()]


def _together(rows: Sequence[lanes.LaneState], names: Mapping[str, str]) -> Lane:
    """`rows` are one lane's, the worst first: its state is the lane's."""
    worst = rows[0]
    name = (
        names.get(worst.provider)
        or short_name(worst.destination)
        or ("" if worst.state == lanes.RESOLVING else worst.route)
    )
    rate = sum(row.rate for row in rows if row.connections)  # without a connection it is what was measured last
    return Lane(
        worst.destination, worst.provider, worst.route, worst.egress, sum(row.connections for row in rows),
        sum(row.backlog for row in rows), rate, max(row.usual for row in rows), worst.state,
        worst.why, worst.until, name,
    )  # fmt: skip

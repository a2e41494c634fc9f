"""How each lane stands, in words a person reads: the rows of the lanes page."""

from collections.abc import Iterable
from typing import Any

from mailhub.delivery.connecting import NO_TLS
from mailhub.delivery.lanes import Lane
from mailhub.delivery.smtp_words import Outcome
from mailhub.errors import Sentence
from mailhub.outbox.lanes import BLOCKED, OK, RESOLVING, SLOWED
from mailhub.sentences import Count

SHOWN = 500
"""Lanes a worker shows at most: the busiest."""

BUSY = Sentence("It sends as fast as this destination takes mail.")
FREE = Sentence("Nothing waits for it.")
LIMITED = Sentence("It keeps the limit of this destination: {rate} messages a minute.")
WAITS_FOR_TURNS = Sentence("It goes at {share} of 100 of its usual pace, since the destination asked for less: {words}")
REFUSED = Sentence("The provider refuses mail from here for now: {words}")
UNREACHABLE = Sentence("It cannot be reached: {words}")
UNSAFE = Sentence("It is reached, and not with the TLS that is asked for: {words}")
LOOKING = Sentence("{count} messages wait for DNS to say where their mail goes.")


def standing_of(lanes: Iterable[Lane], resolving: int, now: int, at: float) -> list[dict[str, Any]]:
    """The rows (columns of `outbox.lanes.LaneState`) of a process's lanes. `now` in ms, `at` the loop's time."""
    shown = sorted(lanes, key=lambda lane: (not lane.blocked(at), -lane.backlog))[:SHOWN]
    rows = [_row(lane, now, at) for lane in shown]
    if resolving:
        rows.append({
            "route_id": 0, "egress_id": 0, "destination": "", "route": "direct", "egress": "", "provider": "",
            "connections": 0, "backlog": resolving, "rate": 0, "usual": 0, "state": RESOLVING,
            "why": Sentence(LOOKING, count=Count(resolving)), "until": None,
        })  # fmt: skip
    return rows


def _row(lane: Lane, now: int, at: float) -> dict[str, Any]:
    state, why, values, until = _state(lane, now, at)
    return {
        "route_id": lane.key.route, "egress_id": lane.key.egress, "destination": lane.key.destination,
        "route": lane.name, "egress": lane.dialer.egress.address, "provider": lane.provider,
        "connections": lane.connections, "backlog": lane.backlog, "rate": round(lane.measure.speed * 60),
        "usual": round(lane.pace.usual or lane.pace.base), "state": state, "why": Sentence(why, **values), "until": until,
    }  # fmt: skip


def _state(lane: Lane, now: int, at: float) -> tuple[str, Sentence, dict[str, Any], int | None]:
    pace = lane.pace
    if lane.blocked(at):
        until = now + int((lane.blocked_until - at) * 1000)
        closed = UNSAFE if lane.failure.enhanced == NO_TLS else UNREACHABLE
        why = REFUSED if pace.blocked_until > now else closed
        return BLOCKED, why, {"words": _words(lane.failure)}, until
    share = pace.recover(now)
    if share < 1.0:
        return SLOWED, WAITS_FOR_TURNS, {"share": round(share * 100), "words": pace.words[:200]}, pace.whole_at()
    if pace.usual:
        return OK, LIMITED, {"rate": Count(round(pace.usual))}, None
    return OK, BUSY if lane.backlog or lane.in_flight else FREE, {}, None


def _words(failure: Outcome) -> str:
    return f"{failure.code or ''} {failure.enhanced} {failure.text}".strip()[:200]

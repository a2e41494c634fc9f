"""The log of sources that are slow or stopped: one sentence when it begins, one when it goes on, none in between.

It tells neither addresses nor what servers answered, which may name some; the page of the source does.
"""

import logging

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.messages import HELD, OPEN, Source
from mailhub.outbox.standing import NO_ROUTE, PUT_OFF, SLOW, STILL, UNREACHABLE, standing

EVERY = 5
"""Seconds between two looks."""
_TOLD = {
    UNREACHABLE: "came to a stand: the next server could not be reached",
    PUT_OFF: "became slow: receiving servers put off most attempts",
    NO_ROUTE: "came to a stand: no route of the rule that fits its mail is switched on",
    STILL: "came to a stand: nothing left for ten seconds, and no worker said why",
}

log = logging.getLogger(__name__)


class Watch:
    """What was told of which source. One a scheduler; one newly elected begins with nothing told."""

    def __init__(self) -> None:
        self._told: dict[int, str] = {}

    def look(self, hub: Hub) -> None:
        """Tell what has changed since the last look."""
        sources = {source.id: source for source in _to_watch(hub)}
        for source_id in self._told.keys() - sources.keys():
            del self._told[source_id]  # paused, ended or through: people did it, or know
        for source in sources.values():
            self._tell(hub, source)

    def _tell(self, hub: Hub, source: Source) -> None:
        told = self._told.get(source.id, "")
        if source.state == HELD:
            words = f"was held: {source.held_reason}"
        else:
            now = standing(hub, source)
            if now.state not in SLOW and told and not now.rate:
                return  # it may go on, and has not yet
            words = _TOLD[now.state] if now.state in SLOW else ""
        if words == told:
            return
        self._told[source.id] = words
        if words:
            log.warning("source %s of account %s %s", source.id, source.account_id, words)
        else:
            del self._told[source.id]
            log.info("source %s of account %s went on", source.id, source.account_id)


def _to_watch(hub: Hub) -> list[Source]:
    """The held sources, and the open ones with something that has been due for a while."""
    due = sql(
        "SELECT id FROM sources s WHERE state = ? OR (state = ? AND EXISTS "
        "(SELECT 1 FROM queue q WHERE q.source_id = s.id))",
        (HELD, OPEN),
    ).fetchall()
    return list(Source.select().where(Source.id.in_([row[0] for row in due]))) if due else []

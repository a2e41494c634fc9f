"""Reserving: plugins say whether a page is paid for, before it is taken in; what was taken in may leave in any case."""

from typing import Any

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.messages import Source
from mailhub.outbox.admission import HOLD_AFTER_FAULT, Held, failed
from mailhub.outbox.claims import LEASE
from mailhub.outbox.sources import hold
from mailhub.plugins import PluginFault
from mailhub.vocabulary import Hold


class Short(Held):
    """No more than `room` messages of this page may be taken in now; what was taken in before may leave."""

    def __init__(self, reason: str, until: int, room: int) -> None:
        super().__init__(reason, until)
        self.room = room


def reserve(hub: Hub, source: Source, count: int) -> None:
    """Ask every plugin to reserve what `count` messages cost, in the caller's transaction.

    Raises `Short` when one holds; a plugin that fails lets nothing in, as in admission.
    """
    try:
        for plugin, answer in hub.ask("reserve", hub=hub, source=source, count=count):
            if answer is not None:
                held = _checked(plugin, answer)
                raise Short(held.reason, held.until, min(max(held.room, 0), count - 1))
    except PluginFault as fault:
        raise Short(failed(fault, source), hub.ms() + HOLD_AFTER_FAULT, 0) from fault


def _checked(plugin: str, answer: Any) -> Hold:
    if isinstance(answer, Hold):
        return answer
    raise PluginFault(plugin, "reserve", TypeError(f"{answer!r} is not a hold"))


def hold_when_left(hub: Hub, source: Source, short: Short) -> bool:
    """Hold a source that may submit no more, in the caller's transaction; not before what it submitted has left.

    True when it is held. What waits for another attempt later than in a minute waits with it.
    """
    leaving = sql("SELECT 1 FROM queue WHERE source_id = ? AND due_at <= ? LIMIT 1", (source.id, hub.ms() + LEASE))
    if leaving.fetchone() is not None:
        return False
    hold(hub, source, short.reason, short.until)
    return True

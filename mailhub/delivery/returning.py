"""What lanes do not take now goes back to the queue: when it is due again, and why it waits, as people are to read it.

The fleet asks for it; the database is the desk's. All calls from the loop's thread.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from mailhub.delivery.berths import Berths
from mailhub.delivery.building import Ready, Way
from mailhub.delivery.finding import AFTER_FAULT, Homeless
from mailhub.delivery.lanes import Lane
from mailhub.delivery.shaping import Meaning
from mailhub.delivery.smtp_words import Outcome
from mailhub.outbox import Back

Told = Callable[[str, Ready, Outcome, Meaning, int], None]
"""Route's name, message, answer, what it means, and the milliseconds for which its lane takes no more."""

log = logging.getLogger(__name__)


class Returns:
    """`told` hears of failures that go into the ledger, `back` what returns to the queue, `spare(lane, messages)` what does
    not leave by an address that was asked for it."""

    def __init__(
        self,
        berths: Berths,
        told: Told,
        back: Callable[[Sequence[Back]], None],
        spare: Callable[[Lane, Iterable[Ready]], None],
    ) -> None:
        self.under_way: dict[int, int] = {}
        """Message → source, for all that was fed and neither told nor given back."""
        self._berths, self._told, self._back, self._spare = berths, told, back, spare
        self._ms = berths.hub.ms
        self._loop = asyncio.get_running_loop()

    def at_once(self, messages: Iterable[Ready]) -> None:
        """These are due at once: other workers may have them."""
        now = self._ms()
        self._return([Back(ready.waiting.id, now) for ready in messages])

    def after_fault(self, lane: Lane, messages: Sequence[Ready]) -> None:
        """A lane could not be fed with these: unless they went back already, they are tried again in a few seconds."""
        ids = {ready.waiting.id for ready in messages}
        lane.take_back(lambda ready: ready.waiting.id in ids)
        due = self._ms() + AFTER_FAULT
        self._return([Back(each, due) for each in ids if each in self.under_way])

    def overflow(self, lane: Lane, messages: Sequence[Ready]) -> None:
        """More than a lane takes: due again by and by, at twice its speed."""
        self._spare(lane, messages)
        each, now = self._berths.gap(lane), self._ms() + 250
        slowed = lane.pace.share < 1.0
        self._return([
            Back(ready.waiting.id, now + min(int(place * each), 60_000), "rate_limited" if slowed else _turn(ready))
            for place, ready in enumerate(messages)
        ])  # fmt: skip

    def homeless(self, way: Way, messages: list[Ready], why: Homeless) -> None:
        """No route takes these: they wait, or it is their outcome."""
        if why.blocked is not None:
            self.put_off(why.blocked, messages)
        elif why.failure is not None:
            meaning = self._berths.shaping.of("").meaning(why.failure)
            for ready in messages:
                self.under_way.pop(ready.waiting.id, None)
                self._told(way.routes[0].name, ready, why.failure, meaning, 0)
        else:
            due = self._ms() + max(why.wait, 1000)
            self._return([Back(ready.waiting.id, due, why.reason or None) for ready in messages])

    def put_off(self, lane: Lane, messages: Sequence[Ready]) -> None:
        """One message bears the failure, so that the ledger tells of it; the others wait without an attempt counted."""
        now, reason = self._ms(), self._berths.reason(lane)
        patience = now - self._berths.hub.config.delivery.retry_for * 1000
        due = now + max(0, int((lane.blocked_until - self._loop.time()) * 1000))
        backs = []
        for ready in messages:
            waiting = ready.waiting
            if lane.said and not (waiting.attempts and waiting.first_at < patience):
                backs.append(Back(waiting.id, due, reason, lane.failure.code, lane.failure.text, ages=True))
                continue
            lane.said = True
            self.under_way.pop(waiting.id, None)
            self._told(lane.name, ready, lane.failure, Meaning(reason, ""), 0)
        self._return(backs)

    def _return(self, messages: Sequence[Back]) -> None:
        for each in messages:
            self.under_way.pop(each.id, None)
        self._back(messages)


def _turn(ready: Ready) -> str | None:
    """What was never answered just waits for its turn again, whatever was said of a lane that is open now."""
    return None if ready.waiting.attempts else ""

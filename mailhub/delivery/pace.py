"""How fast a lane may go: connections, messages on each, a rate; slowed down when its destination asks, recovering by itself.

What all workers share of it is `outbox.lanes`; times here are milliseconds since 1970, as there.
"""

from mailhub.delivery.places import Places
from mailhub.delivery.shaping import Shape
from mailhub.outbox.lanes import BETWEEN, LEAST, RECOVERS, Shared, share_at

FIRST_BLOCK, LONGEST_BLOCK = 300_000, 4 * 3_600_000
"""Milliseconds a lane stands still when a provider blocks us, doubled each time."""
FORGIVEN = 24 * 3_600_000
"""Milliseconds after which an old block makes the next one no longer."""
KEPT = 3_000
"""Milliseconds for which turns that were leased may be used."""


class Pace:
    """One provider's pace, which its lanes share. `key` names it to other workers; `metered` lanes send only what was leased.

    A provider's connections are for all `workers` of the machine together; `connections` are this one's where it names none.
    """

    def __init__(self, key: str, shape: Shape, connections: int, workers: int = 1) -> None:
        self.key = key
        self.most = max(1, shape.connections // workers) if shape.connections else connections
        self.per_connection = shape.per_connection
        self.usual = float(shape.rate)
        self.base = 0.0
        self.share = 1.0
        self.slowed_at = self.blocked_until = self.blocks = 0
        self.words = ""
        self.dirty = False
        self.left = 0
        self._left_until = 0
        self.places = Places()

    @property
    def metered(self) -> bool:
        """Whether it has a rate at this moment."""
        return bool(self.usual) or self.share < 1.0

    def rate(self, now: int) -> float:
        """Messages a minute of all workers together; 0: as fast as it goes."""
        share = self.recover(now)
        return (self.usual or self.base) * share if self.metered else 0.0

    def connections(self, now: int) -> int:
        """How many connections one worker may have."""
        return max(1, round(self.most * share_at(self.share, self.slowed_at, now)))

    def recover(self, now: int) -> float:
        """The share it may go at now; once it is whole, the lane is free again."""
        share = share_at(self.share, self.slowed_at, now)
        if share >= 1.0:
            self.share = 1.0
        return share

    def whole_at(self) -> int:
        """When it goes at its usual pace again."""
        return self.slowed_at + int((1.0 - self.share) / RECOVERS)

    def slow(self, now: int, measured: float, words: str) -> bool:
        """Half the pace. `measured`: messages a minute all workers made just now. False when it was slowed just now."""
        if now < self.slowed_at + BETWEEN:
            return False
        if self.share >= 1.0:
            self.base = max(measured, 1.0)
        self.share = max(LEAST, self.recover(now) / 2)
        self.slowed_at, self.words, self.dirty = now, words, True
        self.left = 0
        return True

    def stop(self, now: int, words: str) -> bool:
        """Stand still for a while, longer than the last time. False when it does so already."""
        if now < self.blocked_until:
            return False
        if now > self.blocked_until + FORGIVEN:
            self.blocks = 0
        self.blocks += 1
        self.blocked_until = now + min(FIRST_BLOCK * 2 ** (self.blocks - 1), LONGEST_BLOCK)
        self.words, self.dirty = words, True
        return True

    def noted(self) -> Shared:
        """What the other workers are to know."""
        self.dirty = False
        return Shared(
            self.key, self.share, self.base, self.slowed_at, self.blocked_until, self.blocks, self.words[:200]
        )

    def hear(self, shared: Shared) -> None:
        """Another worker was slowed or blocked."""
        if shared.slowed_at > self.slowed_at:
            self.share, self.base, self.slowed_at = shared.share, shared.base or self.base, shared.slowed_at
            self.words = shared.words
        if shared.blocked_until > self.blocked_until:
            self.blocked_until, self.blocks, self.words = shared.blocked_until, shared.blocks, shared.words

    def leased(self, count: int, now: int) -> None:
        """So many more messages may leave, soon."""
        self.left = count + (self.left if now < self._left_until else 0)
        self._left_until = now + KEPT

    def take(self) -> bool:
        """Take a turn. False when none is left."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True

"""How fast a lane is, and so how many messages it may hold: about what it sends in a second."""

FEW, MANY = 5, 1000
"""Messages a lane holds at least and at most."""
FIRST = 50
OFTEN = 0.2
"""Seconds between two looks, at least."""


class Measure:
    """One lane's. `now` is the loop's time, `backlog` what waits in the lane."""

    def __init__(self, now: float) -> None:
        self.capacity = FIRST
        self.speed = 0.0
        """Messages a second, lately."""
        self.answered = 0
        self.delivered = False
        """Whether it ever took a message."""
        self._grown_at = self._counted = 0
        self._measured_at, self._had_backlog = now, False

    def room(self, backlog: int, *, urgent: bool = False) -> int:
        """How many more messages the lane takes; urgent ones may be as many again."""
        proved = self.answered - self._grown_at >= self.capacity // 2
        if proved and backlog * 4 <= self.capacity:  # it was faster than what it was given
            self.capacity, self._grown_at = min(MANY, 2 * self.capacity), self.answered
        return max(0, self.capacity * (2 if urgent else 1) - backlog)

    def look(self, now: float, backlog: int) -> None:
        """See how fast it was since the last look; a lane that always had something to do takes a second's worth."""
        passed, sent = now - self._measured_at, self.answered - self._counted
        if passed < OFTEN:
            return
        if sent or self._had_backlog:
            self.speed = (self.speed + sent / passed) / 2 if self.speed else sent / passed
        if self._had_backlog and backlog and self.speed < self.capacity / 2:
            self.capacity = max(FEW, int(self.speed), self.capacity // 2)
        self._counted, self._measured_at, self._had_backlog = self.answered, now, backlog > 0

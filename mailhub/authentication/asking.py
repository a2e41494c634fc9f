"""What one mail may ask of DNS: so many questions and so many seconds in all, whatever its sender had in mind."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dns.rdatatype import TXT, RdataType

from mailhub.dns.asking import Unanswered
from mailhub.dns.blocking import Blocking
from mailhub.dns.lookup import NoSuchName

MOST_QUESTIONS = 300
"""More than the limits of RFC 7208 section 4.6.4, a dozen signatures and fifty seals add up to."""


class Asking:
    """Questions for one mail; `answered` and `unanswered` count how they ended.

    `seconds` are for all of them together, by `clock`.
    """

    def __init__(self, dns: Blocking, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._dns = dns
        self._clock = clock
        self._end = clock() + seconds
        self.answered = 0
        self.unanswered = 0

    @contextmanager
    def part(self, share: float) -> Iterator[None]:
        """Leave the questions inside no more than this share of the seconds that are left, from 0 to 1."""
        end, now = self._end, self._clock()
        self._end = now + max(0.0, end - now) * share
        try:
            yield
        finally:
            self._end = end

    def find(self, name: str, kind: RdataType) -> tuple[Any, ...]:
        """The records, none when there are none or no such name. Raises `Unanswered`, also when the time is up."""
        left = self._end - self._clock()
        if left <= 0 or self.answered + self.unanswered >= MOST_QUESTIONS:
            raise Unanswered(name)
        try:
            found = self._dns.find(name, kind, left)
        except NoSuchName:
            found = ()
        except Unanswered:
            self.unanswered += 1
            raise
        self.answered += 1
        return found

    def texts(self, name: str) -> list[bytes]:
        """The TXT records, each with its strings put together, in no order. Raises `Unanswered`."""
        return [b"".join(each.strings) for each in self.find(name, TXT)]

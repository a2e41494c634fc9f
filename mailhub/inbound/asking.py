"""Who a mail is from, asked beside: DNS may be slow, and nobody waits for it longer than they wish to.

Each process has some threads for it. What is known is kept for a while: who could not wait comes again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple
from weakref import WeakKeyDictionary

from mailhub.authentication.checking import check
from mailhub.authentication.verdicts import Verdicts
from mailhub.dns.blocking import blocking
from mailhub.hub import Hub

THREADS = 32
SECONDS = 15.0
"""Seconds all questions about one mail may take; what is not known then is said to be so."""
KEPT = 2000
KEPT_FOR = 300.0


class Envelope(NamedTuple):
    """What is asked about. `key` names the mail: whoever asks again hears what was found."""

    key: int
    content: bytes
    peer: str
    helo: str
    sender: str


class Desk:
    """The questions of one process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._threads = ThreadPoolExecutor(THREADS, "authentication")
        self._asked: OrderedDict[int, tuple[float, Future[Verdicts]]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, envelope: Envelope) -> Future[Verdicts]:
        """Begin to find out, unless that has begun."""
        with self._lock:
            self._forget_old()
            if envelope.key not in self._asked:
                self._asked[envelope.key] = (time.monotonic(), self._threads.submit(self._check, envelope))
            return self._asked[envelope.key][1]

    def _forget_old(self) -> None:
        while self._asked:
            key, (asked_at, future) = next(iter(self._asked.items()))
            if len(self._asked) <= KEPT and (asked_at > time.monotonic() - KEPT_FOR or not future.done()):
                return
            del self._asked[key]

    def _check(self, envelope: Envelope) -> Verdicts:
        dns = blocking(self._hub.config.dns)
        return check(envelope.content, envelope.peer, envelope.helo, envelope.sender, dns, timeout=SECONDS)


_desks: WeakKeyDictionary[Hub, Desk] = WeakKeyDictionary()
_making = threading.Lock()


def desk(hub: Hub) -> Desk:
    """The process's desk, made at first use, so after any fork."""
    with _making:
        if hub not in _desks:
            _desks[hub] = Desk(hub)
        return _desks[hub]


def as_they_come(asked: Iterable[Future[Verdicts]], until: float) -> Iterable[Future[Verdicts]]:
    """The answers in the order they come, until `until` (monotonic seconds); what is late is left out."""
    pending = set(asked)
    while pending:
        done, pending = wait(pending, max(0.0, until - time.monotonic()), FIRST_COMPLETED)
        if not done:
            return
        yield from done

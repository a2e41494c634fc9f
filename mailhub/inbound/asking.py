"""Who a mail is from, asked beside: DNS may be slow, and nobody waits for it longer than they wish to.

Each process has some threads for it, and takes no more questions than these can ask. What is known is kept for a while:
who could not wait comes again.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from dns.rdatatype import RdataType

from mailhub.authentication.asking import Asking
from mailhub.authentication.checking import check_with
from mailhub.authentication.verdicts import Verdicts
from mailhub.dns.asking import Unanswered
from mailhub.dns.blocking import Blocking, blocking
from mailhub.hub import Hub
from mailhub.inbound import room
from mailhub.inbound.room import Room
from mailhub.inbound.silences import Silences

SECONDS = 15.0
"""Seconds all questions about one mail may take at most; what is not known then is said to be so."""
BRIEF = 3.0
"""The same while many wait."""
SILENCE = 1.0
"""Seconds without an answer that count as silence, where a DNS server has no less."""
MANY, MINUTE = 16, 60.0
"""Mails about which DNS was slow within a minute (seconds), after which it is taken to stay so."""
KEPT = 2000
KEPT_FOR = 300.0
log = logging.getLogger(__name__)


class Envelope(NamedTuple):
    """What is asked about. `key` names the mail: whoever asks again hears what was found. `received_at` is in ms."""

    key: int
    content: bytes
    peer: str
    helo: str
    sender: str
    received_at: int


class Questions(Asking):
    """A mail's questions: none is put to who has just been silent."""

    def __init__(self, dns: Blocking, seconds: float, silences: Silences, silence: float) -> None:
        super().__init__(dns, seconds)
        self._silences = silences
        self._silence = silence

    def find(self, name: str, kind: RdataType) -> tuple[Any, ...]:
        """As `Asking.find`. Whoever gave no answer for so long is remembered."""
        if self._silences.is_silent(name):
            self.unanswered += 1
            raise Unanswered(name)
        began = time.monotonic()
        try:
            return super().find(name, kind)
        except Unanswered:
            if time.monotonic() - began >= self._silence:
                self._silences.note(name)
            raise


class _NoQuestions(Asking):
    """For a mail about which nobody is asked."""

    def __init__(self) -> None:
        super().__init__(cast(Blocking, None), 0.0)

    def find(self, name: str, kind: RdataType) -> tuple[Any, ...]:
        """Raises `Unanswered`."""
        raise Unanswered(name)


def unknown(envelope: Envelope) -> Verdicts:
    """What is said of a mail when nobody could be asked: temperror, wherever DNS would have to answer."""
    return _verdicts(envelope, _NoQuestions())


def _verdicts(envelope: Envelope, asking: Asking) -> Verdicts:
    _, content, peer, helo, sender, received_at = envelope
    return check_with(content, peer, helo, sender, asking, now=received_at / 1000)


class Desk:
    """The questions of one process. `since`: when it began, in ms: no mail has waited for it longer."""

    def __init__(self, hub: Hub) -> None:
        self.since = hub.ms()
        self._hub = hub
        self._threads = ThreadPoolExecutor(room.MOST, "authentication")
        self._asked: OrderedDict[int, tuple[float, Future[Verdicts]]] = OrderedDict()
        self._room = Room()
        self._silences = Silences()
        self._slow: deque[float] = deque(maxlen=MANY)
        self._told: set[type[Exception]] = set()
        self._lock = threading.Lock()

    def ask(self, envelope: Envelope) -> Future[Verdicts] | None:
        """Begin to find out, unless that has begun. None when there is no room now: ask again later."""
        key, content, peer, _, sender, _ = envelope
        with self._lock:
            if key in self._asked:
                return self._asked[key][1]
            if not self._room.enter(key, peer, sender.rpartition("@")[2].lower(), len(content)):
                return None
            self._forget_old()
            seconds = BRIEF if self._room.is_tight(peer) else SECONDS
            future = self._threads.submit(self._answer, envelope, seconds)
            self._asked[key] = time.monotonic(), future
            return future

    def is_slow(self) -> bool:
        """Whether many mails had to wait for DNS just now."""
        with self._lock:
            return len(self._slow) == MANY and self._slow[0] > time.monotonic() - MINUTE

    def _forget_old(self) -> None:
        """Forget answers that are old or too many. Of the first few at least two have ended, as the others have room."""
        before, beyond = time.monotonic() - KEPT_FOR, len(self._asked) - KEPT
        for key, (asked_at, future) in list(islice(self._asked.items(), room.MOST + 2)):
            if future.done() and (asked_at < before or beyond > 0):
                del self._asked[key]
                beyond -= 1

    def _answer(self, envelope: Envelope, seconds: float) -> Verdicts:
        began = time.monotonic()
        try:
            return self._check(envelope, seconds)
        except Exception as error:  # nothing wrong with DNS or its settings may hold mail
            self._tell_once(error)
            return unknown(envelope)
        finally:
            with self._lock:
                self._room.leave(envelope.key)
                if time.monotonic() - began >= self._silence():
                    self._slow.append(time.monotonic())

    def _check(self, envelope: Envelope, seconds: float) -> Verdicts:
        config = self._hub.config
        most = min(seconds, config.authentication.timeout)
        return _verdicts(envelope, Questions(blocking(config.dns), most, self._silences, self._silence()))

    def _silence(self) -> float:
        return min(SILENCE, self._hub.config.dns.timeout)

    def _tell_once(self, error: Exception) -> None:
        with self._lock:
            known = type(error) in self._told
            self._told.add(type(error))
        if not known:
            log.error("who mail is from cannot be found out: %s", error, exc_info=error)


_desks: WeakKeyDictionary[Hub, Desk] = WeakKeyDictionary()
_making = threading.Lock()


def desk(hub: Hub) -> Desk:
    """The process's desk, made at first use, so after any fork."""
    with _making:
        if hub not in _desks:
            _desks[hub] = Desk(hub)
        return _desks[hub]

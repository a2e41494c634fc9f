"""Domains whose name servers were silent a moment ago: nobody waits for those again so soon."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FOR = 60.0
"""Seconds a silence is remembered."""
MOST = 10_000
WHOLE = 3
"""Silent domains below one organisation after which the others below it are taken to be silent too. The organisation's own
name is not: what is below it may be led elsewhere, to somebody who wishes it ill."""


class Silences:
    """What one process remembers, for any of its threads. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, name: str) -> None:
        """Remember that nobody answered about a name."""
        domain = _domain(name)
        with self._lock:
            if self._times(domain):
                return
            self._add(domain)
            organisation = _organisation(domain)
            if organisation != domain:
                self._add(f"*.{organisation}")

    def is_silent(self, name: str) -> bool:
        """Whether a question about a name would be put to who has just been silent."""
        domain = _domain(name)
        with self._lock:
            if not self._kept:
                return False
            organisation = _organisation(domain)
            return self._times(domain) > 0 or (domain != organisation and self._times(f"*.{organisation}") >= WHOLE)

    def _times(self, key: str) -> int:
        end, times = self._kept.get(key, (0.0, 0))
        return times if self._clock() < end else 0

    def _add(self, key: str) -> None:
        self._kept[key] = self._clock() + FOR, self._times(key) + 1
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)


def _domain(name: str) -> str:
    """The domain a name is kept for: without `_dmarc`, `selector._domainkey` and the like before it."""
    labels = name.lower().removesuffix(".").split(".")
    special = [number for number, label in enumerate(labels) if label.startswith("_")]
    return ".".join(labels[special[-1] + 1 :] if special else labels)


def _organisation(domain: str) -> str:
    from mailhub.authentication.dmarc import organisation  # what DMARC needs is loaded with the first mail

    return organisation(domain)

"""Services of plugins: what runs all the time, once, beside the elected scheduler, each in a thread of its own.

Started when this process is elected, asked to stop when it is no more, started again when they end or fail.
"""

import logging
import threading
import time
from dataclasses import dataclass, field

from mailhub.db import close_database
from mailhub.hub import Hub
from mailhub.vocabulary import Service

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a service that ended is started again: twice as long each time, until it has lived for a minute."""
PATIENCE = 5.0
"""Seconds all services have to end in, when the scheduler ends."""

log = logging.getLogger(__name__)


@dataclass
class _Running:
    """One service's thread, and when it may be started again."""

    service: Service
    thread: threading.Thread | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    pause: float = 0.0
    again_at: float = 0.0


class Services:
    """The services of one process. Only the scheduler's thread calls these; none of them waits but `end`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._all = [_Running(each) for each in hub.services.values()]

    def keep(self) -> None:
        """This process is elected: start what is not running."""
        now = time.monotonic()
        for each in self._all:
            if each.thread is not None and not each.thread.is_alive():
                self._note_end(each, now)
            if each.thread is None and now >= each.again_at:
                self._start(each, now)

    def stop(self) -> None:
        """This process is elected no more: ask all to end. One that has not ended is not started anew."""
        for each in self._all:
            each.stop.set()

    def end(self) -> None:
        """Ask all to end and wait for it, `PATIENCE` at most."""
        self.stop()
        deadline = time.monotonic() + PATIENCE
        for each in self._all:
            if each.thread is not None:
                each.thread.join(max(0.0, deadline - time.monotonic()))

    def _note_end(self, each: _Running, now: float) -> None:
        each.thread = None
        if each.stop.is_set():  # it was asked to
            each.pause = each.again_at = 0.0
            return
        each.pause = FIRST_PAUSE if now - each.started > LONGEST_PAUSE else min(each.pause * 2, LONGEST_PAUSE)
        each.pause = max(each.pause, FIRST_PAUSE)
        each.again_at = now + each.pause
        log.warning("the service %s ended and is started again in %.0f s", each.service.name, each.pause)

    def _start(self, each: _Running, now: float) -> None:
        each.stop, each.started = threading.Event(), now
        name = f"service {each.service.name}"
        each.thread = threading.Thread(target=self._run, args=(each.service, each.stop), name=name, daemon=True)
        each.thread.start()

    def _run(self, service: Service, stop: threading.Event) -> None:
        try:
            service.run(self._hub, stop)
        except Exception:
            log.exception("the service %s failed", service.name)
        finally:
            close_database()

"""The worker processes: Huey's consumer, less what MailHub does not use of it, and calm while the engine is away."""

import logging
from collections.abc import Callable
from typing import Any

from huey.api import Huey
from huey.consumer import Consumer, Worker

from mailhub.config import Config
from mailhub.jobs.carrier import Away, Carrier

_AGAIN = 1.0
"""Seconds until an engine that was away is tried again."""

log = logging.getLogger(__name__)


def run(carrier: Carrier, config: Config) -> None:
    """Run `config.workers` processes until SIGTERM; what Huey's start-up hooks open is opened after the fork."""
    _Consumer(
        carrier,
        workers=config.workers,
        worker_type="process",
        periodic=False,
        initial_delay=0.05,
        max_delay=0.05,
        backoff=1,
        health_check_interval=1,
        graceful_signal="TERM",
        shutdown_timeout=10,
    ).run()


class _Worker(Worker):  # type: ignore[misc]
    """Takes a task and runs it. Ours are never revoked, put off or asked for a result: two statements a task less."""

    carrier: Carrier

    def loop(self, now: object = None) -> None:
        try:
            with self.carrier.reached():
                task = self.huey.dequeue()
        except Away:
            self.stop_flag.wait(_AGAIN)
            return
        except Exception:
            log.exception("a task could not be read and is left out: the sweep queues again what it was for")
            return
        if task is not None:
            self._run(task)
        elif not self.huey.storage.blocking:
            self.sleep()

    def _run(self, task: Any) -> None:
        self.huey._tasks_in_flight.add(task)  # so that a stop that took too long may interrupt it
        try:
            task.execute()
        except Exception:
            log.exception("a slice (%s %s) failed", task.name, task.args)
        finally:
            self.huey._tasks_in_flight.discard(task)


class _NoScheduler:
    """In the place of Huey's process for tasks that are put off: there are none, and a process costs memory and queries."""

    def __init__(self, over: Callable[[], bool]) -> None:
        self._over = over

    def start(self) -> None:
        """Nothing is started: see the class."""

    def join(self, timeout: float | None = None) -> None:
        """It has always ended."""

    def is_alive(self) -> bool:
        """As long as the consumer: else it would be started again."""
        return not self._over()


class _Consumer(Consumer):  # type: ignore[misc]
    worker_class = _Worker

    def __init__(self, carrier: Carrier, **options: Any) -> None:
        self._carrier = carrier
        huey: Huey = carrier.huey
        super().__init__(huey, **options)

    def _create_worker(self) -> _Worker:
        worker: _Worker = super()._create_worker()
        worker.carrier = self._carrier
        return worker

    def _create_process(self, process: Any, name: str) -> Any:
        if name == "Scheduler":
            return _NoScheduler(self.stop_flag.is_set)
        return super()._create_process(process, name)

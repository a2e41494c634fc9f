"""Huey, carrying "deliver source 7" and "go on with job 3" from the sweep to the workers; nothing it holds is the truth."""

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from huey.api import Task

from mailhub.config import Config
from mailhub.delivery.task import Delivery
from mailhub.hub import Hub
from mailhub.jobs import consumer, rows
from mailhub.jobs.carrier import Away, open_carrier
from mailhub.jobs.turns import Rota
from mailhub.processes import die_with_parent

JOB_PRIORITY = 5
"""Of a job that has just begun: between bulk (0) and transactional (10) sources."""

log = logging.getLogger(__name__)


class Engine:
    """The tasks' way in. `deliver` and `work` queue; a worker process runs them with its own hub.

    Made before any fork. Raises `UserError` when the engine cannot be used.
    """

    def __init__(self, config: Config) -> None:
        self.carrier = open_carrier(config)
        self.huey = self.carrier.huey
        self.rota = Rota()
        self._hub: Hub | None = None
        self._delivery: Delivery | None = None
        self._deliver = self.huey.task(name="deliver", context=True)(self._deliver_now)
        self._work = self.huey.task(name="work", context=True)(self._work_now)

    def deliver(self, source_id: int, priority: int) -> None:
        """Queue a slice of delivery for a source. Raises `carrier.Away`."""
        self._enqueue(self._deliver.s(source_id, priority=priority))

    def work(self, job_id: int, priority: int = JOB_PRIORITY) -> None:
        """Queue a slice of a job. Raises `carrier.Away`."""
        self._enqueue(self._work.s(job_id, priority=priority))

    def waiting(self) -> Counter[tuple[str, int]]:
        """How many tasks wait, by (task's name, source or job number). Raises `carrier.Away`."""
        with self.carrier.reached():
            return Counter((task.name, task.args[0]) for task in self.huey.pending())

    def _enqueue(self, task: Task) -> None:
        with self.carrier.reached():
            self.huey.enqueue(task)

    def _deliver_now(self, source_id: int, task: Task) -> None:
        assert self._delivery is not None
        if self._delivery.run_slice(source_id):
            self._go_on(self._deliver, source_id, task.priority or 0)

    def _work_now(self, job_id: int, task: Task) -> None:
        assert self._hub is not None
        if rows.work(self._hub, job_id):
            self._go_on(self._work, job_id, task.priority or 0)

    def _go_on(self, task: Any, number: int, priority: int) -> None:
        """The same again, when nothing else waits: else the sweep gives the next turn, by shares. Away: the sweep does."""
        with contextlib.suppress(Away), self.carrier.reached():
            if not self.huey.pending_count():
                self.huey.enqueue(task.s(number, priority=priority))

    def run_workers(self, config: Config, make_hub: Callable[[], Hub]) -> None:
        """Run worker processes until SIGTERM. Nothing is opened before their fork; each dies with the parent."""

        parent = os.getpid()

        def begin() -> None:
            die_with_parent(parent=parent)
            try:
                self._hub = make_hub()
                self._delivery = Delivery(self._hub)
            except Exception:
                log.exception("a worker could not begin and ends; it is started again")
                os._exit(1)  # Huey would go on with a worker that can do nothing

        def end() -> None:
            if self._delivery is not None:
                self._delivery.stop()
            if self._hub is not None:
                self._hub.leave()

        self.huey.on_startup(name="begin")(begin)
        self.huey.on_shutdown(name="end")(end)
        consumer.run(self.carrier, config)

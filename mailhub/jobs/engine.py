"""Huey, carrying "deliver source 7" and "go on with job 3" from the sweep to the workers; nothing it holds is the truth."""

import logging
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from huey import PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.api import Huey, Task
from huey.consumer import Consumer, Scheduler

from mailhub.config import Config
from mailhub.delivery.task import Delivery
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.processes import die_with_parent

JOB_PRIORITY = 5
"""Between bulk (0) and transactional (10) sources."""

log = logging.getLogger(__name__)


class Engine:
    """The tasks' way in. `deliver` and `work` queue; a worker process runs them with its own hub."""

    def __init__(self, config: Config) -> None:
        self.huey = _huey(config)
        self._hub: Hub | None = None
        self._delivery: Delivery | None = None
        self._deliver = self.huey.task(name="deliver", context=True)(self._deliver_now)
        self._work = self.huey.task(name="work")(self._work_now)

    def deliver(self, source_id: int, priority: int) -> None:
        """Queue a slice of delivery for a source."""
        self.huey.enqueue(self._deliver.s(source_id, priority=priority))

    def work(self, job_id: int) -> None:
        """Queue a slice of a job."""
        self.huey.enqueue(self._work.s(job_id, priority=JOB_PRIORITY))

    def waiting(self) -> Counter[tuple[str, int]]:
        """How many tasks wait, by (task's name, source or job number)."""
        return Counter((task.name, task.args[0]) for task in self.huey.pending())

    def _deliver_now(self, source_id: int, task: Task) -> None:
        assert self._delivery is not None
        if self._delivery.run_slice(source_id):
            self.deliver(source_id, task.priority or 0)

    def _work_now(self, job_id: int) -> None:
        assert self._hub is not None
        if rows.work(self._hub, job_id):
            self.work(job_id)

    def run_workers(self, config: Config, make_hub: Callable[[], Hub]) -> None:
        """Run worker processes until SIGTERM. Nothing is opened before their fork; each dies with the parent."""

        consumer = os.getpid()

        def begin() -> None:
            die_with_parent(parent=consumer)
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
        _Consumer(
            self.huey,
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


class _Scheduler(Scheduler):  # type: ignore[misc]
    """Huey's own scheduler process: we give it nothing to do, but it too must not outlive its parent."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._parent = os.getpid()
        super().__init__(*arguments, **named)

    def initialize(self) -> None:
        die_with_parent(parent=self._parent)
        super().initialize()


class _Consumer(Consumer):  # type: ignore[misc]
    scheduler_class = _Scheduler


def _huey(config: Config) -> Huey:
    url = config.engine.url or config.database.url
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresHuey("mailhub", dsn=url, results=False)
    if url.startswith("redis://"):
        return PriorityRedisHuey("mailhub", url=url, results=False)
    path = config.data / "engine.sqlite"
    return SqliteHuey("mailhub", filename=str(path), results=False, fsync=False)

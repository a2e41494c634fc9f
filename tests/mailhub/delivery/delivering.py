"""A worker's delivery for tests: through the sandbox or to a sink, and what became of the messages."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mailhub.delivery.task import Delivery
from mailhub.hub import Hub
from mailhub.messages import Message, Queued, Source
from mailhub.testing import make_owner, make_source


@contextmanager
def delivering(hub: Hub, port: int = 0, **changes: Any) -> Iterator[Delivery]:
    """A worker's delivery through the sandbox, or to a smart host on `port`."""
    if port:
        changes = {"route": "smart_host", "smart_host": "127.0.0.1", "smart_host_port": port, **changes}
    hub.config = replace(hub.config, delivery=replace(hub.config.delivery, smart_host_tls="none", **changes))
    delivery = Delivery(hub)
    try:
        yield delivery
    finally:
        delivery.stop()


def work_off(delivery: Delivery, source: Source, seconds: float = 20.0) -> None:
    """Slices, as a worker and the sweep make them, until nothing of the source waits."""
    until = time.monotonic() + seconds
    while Queued.select().where(Queued.source == source).exists():
        assert time.monotonic() < until, "some messages never left"
        if not delivery.run_slice(source.id):
            time.sleep(0.02)


def source_to(hub: Hub, *words: str, count: int = 0, **columns: Any) -> Source:
    words = words or tuple(f"u{number}" for number in range(count))
    return make_source(hub, make_owner(hub)[0], [f"{word}@example.com" for word in words], **columns)


def outcomes() -> Counter[str]:
    return Counter(row.outcome for row in Message.select())


def holders() -> set[int | None]:
    return {row.holder for row in Queued.select()}

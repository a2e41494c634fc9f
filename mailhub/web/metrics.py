"""`GET /metrics` for Prometheus, answered before Flask: what all processes of this machine counted, and how things stand.

Off until `[metrics]` names a token or addresses; a request that came through a proxy is never taken for its address.
"""

import hmac
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from mailhub import metrics
from mailhub.db import close_database, sql
from mailhub.hub import Hub
from mailhub.ids import lock_node
from mailhub.metrics import Slot
from mailhub.web.tracking import Answer, Application

FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


class Scrape:
    """A WSGI application in front of `pages`: /metrics when it is on, everything else goes on to the pages."""

    def __init__(self, hub: Hub, pages: Application) -> None:
        self.hub = hub
        self.pages = pages
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Figures(hub))

    def __call__(self, environ: dict[str, Any], start: Answer) -> Iterable[bytes]:
        keys = self.hub.config.metrics
        if environ["PATH_INFO"] != "/metrics" or not (keys.token or keys.addresses):
            return self.pages(environ, start)
        if not self._may(environ):
            return _answer(start, "403 Forbidden", "text/plain", b"Give the token, or scrape from a listed address.\n")
        encode, kind = choose_encoder(environ.get("HTTP_ACCEPT", ""))
        return _answer(start, "200 OK", kind, encode(self._registry))

    def _may(self, environ: dict[str, Any]) -> bool:
        keys = self.hub.config.metrics
        given = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        if keys.token and hmac.compare_digest(given.encode(), keys.token.encode()):
            return True
        return environ.get("REMOTE_ADDR", "") in keys.addresses and not any(name in environ for name in FORWARDED)


def _answer(start: Answer, status: str, kind: str, body: bytes) -> list[bytes]:
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
    return [body]


class Figures:
    """Everything there is to tell, read anew for each scrape: counts from files, the rest from the database."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        """What `prometheus_client` writes out."""
        numbers = metrics.read(self._hub.config.data / "run" / "metrics")
        yield from counters(numbers)
        yield from histograms(numbers)
        for slot, value in numbers.items():
            if slot.kind == "level":
                yield GaugeMetricFamily(slot.family, metrics.LEVELS[slot.word], value=value)
        try:
            yield from _tables(self._hub.ms())
        finally:
            close_database()
        yield GaugeMetricFamily(
            "mailhub_nodes",
            "Processes of this machine that hold a node number",
            value=_alive(self._hub.config.data / "run"),
        )


def counters(numbers: dict[Slot, float]) -> Iterator[Metric]:
    """The families of what is counted, and the CPU seconds, by stage."""
    words = {family: told for family, (told, _) in metrics.COUNTED.items()} | {metrics.SPENT_FAMILY: metrics.SPENT[0]}
    for family, told in words.items():
        made = CounterMetricFamily(family, told, labels=["stage"])
        for slot, value in numbers.items():
            if slot.family == family:
                made.add_metric([slot.word], value)
        yield made


def histograms(numbers: dict[Slot, float]) -> Iterator[Metric]:
    """The families of what was measured; each bucket holds those below it, as Prometheus wants them."""
    for family, (told, words, ends) in metrics.SEEN.items():
        made = HistogramMetricFamily(family, told, labels=["kind"])
        for word in words.split():
            below, buckets = 0.0, []
            for end in (*map(str, ends), "+Inf"):
                below += numbers[Slot("seen", family, word, end)]
                buckets.append((end, below))
            made.add_metric([word], buckets, numbers[Slot("seen", family, word, "sum")])
        yield made


def _tables(now: int) -> Iterator[Metric]:
    """What waits and how long, and what state sources and jobs are in: true for the whole of MailHub, all machines."""
    waiting = GaugeMetricFamily("mailhub_queue_messages", "Messages waiting for their outcome", labels=["stream"])
    late = GaugeMetricFamily(
        "mailhub_queue_late_seconds", "How long the oldest due message of open sources has waited", labels=["stream"]
    )
    rows = sql(
        "SELECT s.stream, sum((SELECT count(*) FROM queue q WHERE q.source_id = s.id)), "
        "min(CASE WHEN s.state = 'open' THEN (SELECT min(due_at) FROM queue q WHERE q.source_id = s.id) END) "
        "FROM sources s WHERE s.state <> 'finished' GROUP BY s.stream"
    ).fetchall()
    found = {stream: (count, oldest) for stream, count, oldest in rows}
    for stream in ("bulk", "transactional", "system"):
        count, oldest = found.get(stream, (0, None))
        waiting.add_metric([stream], count)
        late.add_metric([stream], max(0, now - oldest) / 1000 if oldest else 0)
    yield waiting
    yield late
    yield _by_state("mailhub_sources", "Sources by state", "SELECT state, count(*) FROM sources GROUP BY state")
    jobs = "SELECT state, count(*) FROM jobs GROUP BY state"
    yield _by_state("mailhub_jobs", "Background jobs by state", jobs)


def _by_state(family: str, told: str, query: str) -> Metric:
    made = GaugeMetricFamily(family, told, labels=["state"])
    for state, count in sql(query).fetchall():
        made.add_metric([state], count)
    return made


def _alive(run: Path) -> int:
    """How many node numbers are taken: a lock that can be had for a moment is nobody's."""
    alive = 0
    for path in run.glob("node-*.lock"):
        lock = lock_node(run, int(path.stem.removeprefix("node-")))
        if lock is None:
            alive += 1
        else:
            lock.close()
    return alive

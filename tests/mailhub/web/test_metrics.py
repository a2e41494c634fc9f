"""/metrics is off by default, opens to a token or an address, and says what the counters and tables say."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mailhub import counting, metrics, outbox
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.messages import Outcome
from mailhub.testing import make_owner, make_source
from mailhub.web.metrics import Scrape


def _pages(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("418 Pages", [])
    return [b"pages"]


def _ask(hub: Hub, path: str = "/metrics", **environ: str) -> tuple[str, str]:
    heard: list[str] = []
    asked = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "REMOTE_ADDR": "192.0.2.7", **environ}
    body = b"".join(Scrape(hub, _pages)(asked, lambda status, headers: heard.append(status)))
    return heard[0], body.decode()


def _figures(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _allow(hub: Hub, **keys: Any) -> None:
    hub.config = replace(hub.config, metrics=replace(hub.config.metrics, **keys))


def test_it_is_off_until_somebody_is_allowed(hub: Hub) -> None:
    assert _ask(hub, REMOTE_ADDR="127.0.0.1") == ("418 Pages", "pages")
    _allow(hub, token="secret")
    assert _ask(hub, "/campaigns")[0] == "418 Pages"
    assert _ask(hub)[0] == "403 Forbidden"
    assert _ask(hub, HTTP_AUTHORIZATION="Bearer wrong")[0] == "403 Forbidden"
    assert _ask(hub, HTTP_AUTHORIZATION="Bearer secrét")[0] == "403 Forbidden"
    assert _ask(hub, HTTP_AUTHORIZATION="Bearer secret")[0] == "200 OK"


def test_an_address_is_believed_only_without_a_proxy(hub: Hub) -> None:
    _allow(hub, addresses=["127.0.0.1"])
    assert _ask(hub, REMOTE_ADDR="127.0.0.1")[0] == "200 OK"
    assert _ask(hub)[0] == "403 Forbidden"
    assert _ask(hub, HTTP_AUTHORIZATION="Bearer ")[0] == "403 Forbidden"
    for header in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"):
        assert _ask(hub, REMOTE_ADDR="127.0.0.1", **{header: "198.51.100.4"})[0] == "403 Forbidden"


@pytest.fixture
def told(hub: Hub) -> dict[tuple[str, str], float]:
    """What a scrape says after two of three mails had their outcomes and another source was paused."""
    _allow(hub, addresses=["127.0.0.1"])
    account = make_owner(hub)[0]
    source = make_source(hub, account, ["a@example.com", "b@example.com", "c@example.com"], stream="transactional")
    outbox.pause(make_source(hub, account, ["d@example.com"]).id)
    with bulk():
        waiting = outbox.claim(source, hub.node.number, 2, hub.ms())
        kinds = ("delivered", "bounced")
        outbox.settle(hub.node.number, [Outcome(w.id, 1, k, hub.ms()) for w, k in zip(waiting, kinds, strict=True)])
    counting.count_events(hub)
    metrics.count("signed", 5)
    metrics.level("connections_out", 2)
    return _figures(_ask(hub, REMOTE_ADDR="127.0.0.1")[1])


def test_it_says_what_the_tables_say(told: dict[tuple[str, str], float]) -> None:
    assert told["mailhub_queue_messages", "transactional"] == 1
    assert told["mailhub_queue_messages", "bulk"] == 1
    assert told["mailhub_queue_messages", "system"] == 0
    assert told["mailhub_queue_late_seconds", "bulk"] == 0, "nobody waits for what is paused"
    assert (told["mailhub_sources", "open"], told["mailhub_sources", "paused"]) == (1, 1)
    assert told["mailhub_nodes", ""] == 1


def test_it_says_what_was_counted(told: dict[tuple[str, str], float]) -> None:
    assert told["mailhub_events_total", "delivered"] == 1
    assert told["mailhub_events_total", "bounced"] == 1
    assert told["mailhub_messages_total", "signed"] == 5
    assert told["mailhub_connections_out", ""] == 2
    assert told["mailhub_message_seconds_count", "transactional"] == 2
    assert told["mailhub_message_seconds_bucket", "transactional,+Inf"] == 2
    assert told["mailhub_cpu_seconds_total", "count"] > 0


def test_every_name_is_in_the_manual(told: dict[tuple[str, str], float]) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "operating.md").read_text("utf-8")
    suffixes = ("_total", "_bucket", "_count", "_sum", "_created")
    names = {next((name.removesuffix(s) for s in suffixes if name.endswith(s)), name) for name, _ in told}
    assert len(names) > 10
    assert {name for name in names if f"`{name}" not in manual} == set()

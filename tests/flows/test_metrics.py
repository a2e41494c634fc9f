"""After a campaign, one scrape of a whole server says the same as the ledger, whichever processes did the work."""

import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import import_contacts, open_account, start_campaign, wait_finished


def _scrape(server: Server, token: str) -> dict[tuple[str, str], float]:
    request = urllib.request.Request(f"{server.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_scrape_and_the_ledger_agree(start: Start) -> None:
    with Sink() as sink:
        server = start(sink, MAILHUB_METRICS__TOKEN="a-token", MAILHUB_ENGINE__WORKERS="2")
        open_account(server)
        import_contacts(server, 300)
        with pytest.raises(urllib.error.HTTPError) as refused:
            _scrape(server, "another")
        assert refused.value.code == 403
        ledger = wait_finished(server, start_campaign(server))
        told = wait_until(
            lambda: now if (now := _scrape(server, "a-token"))["mailhub_events_total", "delivered"] >= 300 else None,
            10, "the figures",
        )  # fmt: skip
    assert told["mailhub_events_total", "delivered"] == ledger["delivered"] == 300
    assert told["mailhub_events_total", "bounced"] == ledger["bounced"] == 0
    assert told["mailhub_message_seconds_count", "bulk"] == 300
    assert told["mailhub_queue_messages", "bulk"] == 0
    assert told["mailhub_sources", "finished"] == 1
    assert told["mailhub_nodes", ""] >= 3, "two workers and the scheduler"
    assert told["mailhub_work_total", "sweeps"] > 4
    assert told["mailhub_cpu_seconds_total", "sweep"] > 0

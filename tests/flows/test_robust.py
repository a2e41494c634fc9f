"""Pausing takes hold within two seconds, killing loses nothing, stopping leaves nothing behind."""

import os
import signal
import time

import pytest

from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import import_contacts, open_account, start_campaign, stats, wait_finished


@pytest.mark.alone
def test_a_pause_takes_hold_within_two_seconds_and_resuming_loses_nobody(start: Start) -> None:
    with Sink(latency=0.01) as sink:
        server = start(sink)
        open_account(server)
        import_contacts(server, 3000)
        number = start_campaign(server)
        wait_until(lambda: sink.count > 50, 30, "mail to flow")
        assert server.do("campaigns.pause", f"which={number}")["state"] == "paused"
        time.sleep(2)
        after_two_seconds = sink.count
        time.sleep(2)
        assert sink.count == after_two_seconds < 3000
        assert stats(server, number)["state"] == "paused"
        server.do("campaigns.resume", f"which={number}")
        figures = wait_finished(server, number, 120)
        assert figures["delivered"] == 3000
        # The owner is told of the pause by mail; everybody else is a reader.
        readers = [each.recipient for each in sink.received if each.recipient.startswith("person")]
        assert len(set(readers)) == len(readers) == 3000


def test_killing_workers_in_mid_campaign_loses_nobody(start: Start) -> None:
    connections = 0
    with Sink(latency=0.005) as sink:
        server = start(sink, MAILHUB_ENGINE__WORKERS="2")
        open_account(server)
        import_contacts(server, 3000)
        number = start_campaign(server)
        for goal in (300, 1200):
            wait_until(lambda goal=goal: sink.count > goal, 60, f"{goal} mails")
            victim = server.pids("worker")[-1]
            os.kill(victim, signal.SIGKILL)
            connections += 2
        wait_until(lambda: sink.count > 1800, 60, "sending to go on")
        os.kill(server.pids("worker")[0], signal.SIGKILL)  # the consumer with all it forked
        connections += 4
        figures = wait_finished(server, number, 120)
        assert figures["delivered"] == 3000
        recipients = [each.recipient for each in sink.received]
    assert len(set(recipients)) == 3000, "nobody may be left out"
    assert server.stop() == 0
    wait_until(lambda: not server.processes(), 10, "nobody to outlive the killed")
    assert len(recipients) - 3000 <= connections, "at most what was in flight may be repeated"


def test_what_dies_is_started_again_and_a_stop_leaves_no_process(start: Start) -> None:
    server = start()
    for role in ("web", "smtp", "scheduler"):
        old = server.pids(role)[0]
        os.kill(old, signal.SIGKILL)
        wait_until(lambda role=role, old=old: server.pids(role) and old not in server.pids(role), 15, f"{role} again")
    wait_until(server.is_up, 20, "the pages again")
    assert server.stop() == 0
    wait_until(lambda: not server.processes(), 10, "no process left")


def test_when_the_parent_is_killed_nothing_is_left_behind(start: Start) -> None:
    server = start()
    assert len(server.processes()) > 5
    server.stop(signal.SIGKILL)
    wait_until(lambda: not server.processes(), 15, "no orphan left")
    again: Server = server
    again.start()
    assert again.is_up()

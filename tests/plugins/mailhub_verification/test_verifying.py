"""The job: exact counts on both databases, through cancels, kills, deleted lists, slow and silent DNS."""

import time
from collections.abc import Callable, Sequence

import pytest

from mailhub.events import Event
from mailhub.hub import Hub
from mailhub.jobs.rows import Job
from mailhub.jobs.rows import work as slice_of
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub_verification import verifying
from mailhub_verification.models import Verified
from mailhub_verification.prober import DOUBT
from tests.dns_server import DnsServer

Fill = Callable[[Hub, Actor, Sequence[str]], None]
Work = Callable[[Hub], None]

ADDRESSES = [
    "ada@good.example", "info@gmail.com", "ada@null.example", "ada@gone.example", "ada@silent.example",
    "ada@slow.example", "ada@web.example", "jo@gmial.com",
]  # fmt: skip


def test_a_list_from_start_to_report(hub: Hub, fill: Fill, work: Work) -> None:
    actor = make_owner(hub)[2]
    fill(hub, actor, ADDRESSES)
    number = hub.call(actor, "verifications.start", audience="Spring")["number"]
    work(hub)
    told = hub.call(actor, "verifications.show", number=number)
    assert (told["state"], told["done"], told["total"]) == ("done", 8, 8)
    assert told["verdicts"] == {"deliverable": 3, "risky": 1, "undeliverable": 3, "unknown": 1}
    assert told["reasons"] == {
        "no-domain": 2, "free": 1, "role": 1, "null-mx": 1, "dns-failed": 1, "implicit-mx": 1, "typo": 1
    }  # fmt: skip
    assert sum(told["scores"]) == 8
    assert told["scores"][0] == 3
    found = hub.call(actor, "verifications.results", number=number, limit=5)
    assert [each["address"] for each in found["results"]] == ADDRESSES[:5]
    rest = hub.call(actor, "verifications.results", number=number, after=found["next"])
    assert [each["address"] for each in rest["results"]] == ADDRESSES[5:]
    assert rest["next"] is None
    bad = hub.call(actor, "verifications.results", number=number, verdict="undeliverable")["results"]
    assert {each["address"] for each in bad} == {"ada@null.example", "ada@gone.example", "jo@gmial.com"}
    event = Event.get(Event.kind == "verification.finished")
    assert (event.values["addresses"], event.values["count_undeliverable"]) == (8, 3)


def test_a_cancelled_one_stops_and_keeps_what_it_found(
    hub: Hub, fill: Fill, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "PAGE", 2)
    actor = make_owner(hub)[2]
    fill(hub, actor, ["a@good.example", "b@good.example", "c@slow.example", "d@good.example"])
    told = hub.call(actor, "verifications.start", audience="Spring")
    monkeypatch.setattr(verifying, "GLANCE", 0.05)
    slice_of(hub, told["job"])
    hub.call(actor, "verifications.cancel", number=told["number"])
    time.sleep(0.3)
    assert not slice_of(hub, told["job"])
    after = hub.call(actor, "verifications.show", number=told["number"])
    assert (after["state"], after["done"], Verified.select().count()) == ("cancelled", 2, 2)


def test_a_kill_between_pages_repeats_nobody(hub: Hub, fill: Fill, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice dies in the middle of a page's transaction: the page is as if it had never been begun."""
    monkeypatch.setattr(verifying, "PAGE", 2)
    actor = make_owner(hub)[2]
    fill(hub, actor, [f"r{n}@good.example" for n in range(7)])
    told = hub.call(actor, "verifications.start", audience="Spring")
    keep, calls = verifying._keep, []

    def dies(*arguments: object) -> None:
        keep(*arguments)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit

    monkeypatch.setattr(verifying, "_keep", dies)
    with pytest.raises(SystemExit):
        slice_of(hub, told["job"])
    assert Verified.select().count() == 2
    Job.update(holder=None, due_at=hub.ms()).execute()  # what the sweep does for a dead node
    work(hub)
    after = hub.call(actor, "verifications.show", number=told["number"])
    assert (after["state"], after["done"], after["verdicts"]["deliverable"]) == ("done", 7, 7)
    assert Verified.select().count() == 7


def test_a_list_that_is_deleted_meanwhile_ends_it_with_a_sentence(hub: Hub, fill: Fill, work: Work) -> None:
    actor = make_owner(hub)[2]
    fill(hub, actor, ["a@good.example"])
    told = hub.call(actor, "verifications.start", audience="Spring")
    hub.call(actor, "lists.delete", number=1)
    work(hub)
    after = hub.call(actor, "verifications.show", number=told["number"])
    assert after["state"] == "failed"
    assert "not there any more" in after["error"]


def test_a_hanging_domain_holds_no_worker(sqlite_hub: Hub, fill: Fill) -> None:
    actor = make_owner(sqlite_hub)[2]
    fill(sqlite_hub, actor, ["a@silent.example", "b@good.example"])
    told = sqlite_hub.call(actor, "verifications.start", audience="Spring")
    began = time.monotonic()
    assert not slice_of(sqlite_hub, told["job"]), "it waits, and the worker is free"
    assert time.monotonic() - began < 1.8, "the silence takes two seconds"
    assert sqlite_hub.call(actor, "verifications.show", number=told["number"])["state"] == "running"


def test_dns_that_is_away_is_waited_for(sqlite_hub: Hub, fill: Fill, work: Work, dns: DnsServer, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(verifying, "DEAF", 0.1)
    actor = make_owner(sqlite_hub)[2]
    fill(sqlite_hub, actor, [f"a@d{n}.example" for n in range(DOUBT + 5)])
    dns.deaf = True
    told = sqlite_hub.call(actor, "verifications.start", audience="Spring")
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        slice_of(sqlite_hub, told["job"])
        time.sleep(0.05)
    assert sqlite_hub.call(actor, "verifications.show", number=told["number"])["done"] == 0
    dns.deaf = False
    work(sqlite_hub)
    after = sqlite_hub.call(actor, "verifications.show", number=told["number"])
    assert (after["state"], after["verdicts"]["unknown"], after["verdicts"]["undeliverable"]) == ("done", 0, DOUBT + 5)

"""Filling page by page, with a kill between: nobody is skipped, nobody repeated."""

import time
from pathlib import Path

import pytest

from mailhub import Hold, Hub, Refuse, hookimpl, outbox
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.messages import Message, Queued, Source
from mailhub_sending import filling
from mailhub_sending.filling import fill
from mailhub_sending.models import Campaign


class Killed(BaseException):
    """What a kill looks like from inside: nothing after it runs."""


@pytest.fixture
def sending(make) -> Campaign:
    return make("sending", audience="people:5000")


def job_of(campaign: Campaign) -> Job:
    return Job.of(campaign.account_id).where(Job.kind == "sending.fill", Job.ref == campaign.id).get()


def slice_of(hub: Hub, campaign: Campaign) -> bool | float:
    return fill(hub, job_of(campaign), time.monotonic() + 20)


def addresses(campaign: Campaign) -> list[str]:
    return sorted(row.address for row in Queued.select().where(Queued.source == campaign.source_id))


EVERYONE = sorted(f"p{key}@example.org" for key in range(1, 5001))


def test_everyone_once_with_their_language(hub: Hub, sending: Campaign) -> None:
    assert slice_of(hub, sending) is False
    assert addresses(sending) == EVERYONE
    assert Queued.get(Queued.address == "p3@example.org").language == "fr"
    source = Source.get_by_id(sending.source_id)
    assert (source.filling, source.marker, source.submitted, source.planned) == (False, 5000, 5000, 5000)


def test_a_kill_after_any_page_repeats_and_skips_nobody(hub: Hub, sending: Campaign, people, monkeypatch) -> None:
    pages = 0
    submit = outbox.submit

    def deadly(*given, **more):
        nonlocal pages
        pages += 1
        submitted = submit(*given, **more)
        if pages % 2:
            raise Killed
        return submitted

    monkeypatch.setattr(filling.outbox, "submit", deadly)
    for _ in range(10):
        try:
            if slice_of(hub, sending) is False:
                break
        except Killed:
            hub.leave()  # what comes next is a new process: another node, nothing in memory
    assert addresses(sending) == EVERYONE
    assert pages == 8


def test_two_fillings_at_once_submit_nobody_twice(hub: Hub, sending: Campaign, people) -> None:
    page = filling._next(hub, sending, source := Source.get_by_id(sending.source_id), 2000)
    assert filling._move_marker(source, page)
    assert not filling._move_marker(source, page)


def test_waits_while_paused_and_ends_when_cancelled(hub: Hub, team, sending: Campaign) -> None:
    hub.call(team.owner, "campaigns.pause")
    assert slice_of(hub, sending) == 1.0
    assert addresses(sending) == []
    hub.call(team.owner, "campaigns.cancel")
    assert slice_of(hub, sending) is False


def test_waits_while_its_look_ahead_is_full(hub: Hub, sending: Campaign, monkeypatch) -> None:
    monkeypatch.setattr("mailhub.outbox.submitting.LOOK_AHEAD", 2500)
    assert slice_of(hub, sending) == 1.0
    assert len(addresses(sending)) == 2200
    for count, submitted in ((199, 2200), (1, 2700)):
        ids = [row.id for row in Queued.select(Queued.id).limit(count)]
        Queued.delete().where(Queued.id.in_(ids)).execute()
        assert slice_of(hub, sending) == 1.0
        assert Source.get_by_id(sending.source_id).submitted == submitted


def test_gives_the_second_back_when_it_was_fast(hub: Hub, sending: Campaign, monkeypatch) -> None:
    monkeypatch.setattr(filling, "A_SECOND", 3000)
    wait = slice_of(hub, sending)
    assert 0 < float(wait) <= 1
    assert len(addresses(sending)) == 4200


def test_held_by_a_plugin_nothing_is_submitted(hub: Hub, sending: Campaign) -> None:
    until = hub.ms() + 60_000

    class Cap:
        @hookimpl
        def admit_messages(self, hub, source, messages, stage):
            return Hold("the day's limit is reached", until)

    hub.manager.register(Cap(), "cap")
    assert slice_of(hub, sending) == 1.0
    source = Source.get_by_id(sending.source_id)
    assert (source.state, source.held_reason, source.held_until, source.marker) == (
        "held",
        "the day's limit is reached",
        until,
        0,
    )
    assert addresses(sending) == []


def test_refused_recipients_are_in_the_ledger(hub: Hub, team, make) -> None:
    class NoThree:
        @hookimpl
        def admit_messages(self, hub, source, messages, stage):
            return {each.id: Refuse("three", "no threes") for each in messages if each.recipient_key == 3}

    hub.manager.register(NoThree(), "nothree")
    campaign = make("sending")
    assert slice_of(hub, campaign) is False
    refused = Message.get(Message.source_id == campaign.source_id)
    assert (refused.address, refused.plugin, refused.text) == ("p3@example.org", "nothree", "no threes")
    assert len(addresses(campaign)) == 2


def test_an_audience_that_is_gone_ends_the_job_with_a_sentence(hub: Hub, sending: Campaign, people) -> None:
    del people.sizes["people:5000"]
    rows.work(hub, job_of(sending).id)
    job = job_of(sending)
    assert job.state == rows.FAILED
    assert "audience of the campaign is gone" in job.error


def test_the_engine_carries_it_through(hub: Hub, sending: Campaign, tmp_path: Path) -> None:
    for _ in range(20):
        if job_of(sending).state == rows.DONE:
            break
        rows.work(hub, job_of(sending).id)
    assert job_of(sending).done == 5000
    assert addresses(sending) == EVERYONE

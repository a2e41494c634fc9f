"""What the clock does: starts what is due, once; finishes what is sent; pauses what is stuck."""

import threading

from mailhub import Hub, outbox
from mailhub.activity import Activity, first_broken
from mailhub.db import close_database, transaction
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.messages import Event, Outcome, Source
from mailhub.outbox import sources
from mailhub.testing import Clock
from mailhub_sending.jobs import finish_sent, pause_stuck, start_due
from mailhub_sending.models import Campaign


def test_starts_at_its_time_and_not_before(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("scheduled")
    clock.move(7199)
    start_due(hub)
    assert Campaign.get_by_id(campaign.id).state == "scheduled"
    clock.move(86_400)  # the server was down for a day
    start_due(hub)
    start_due(hub)
    row = Campaign.get_by_id(campaign.id)
    assert (row.state, row.started_at) == ("sending", hub.ms())
    assert Source.select().count() == 1
    logged = Activity.of(team.account).order_by(Activity.sequence.desc()).first()
    assert (logged.action, logged.door) == ("campaigns.start", "system")


def test_two_schedulers_start_it_once(hub: Hub, clock: Clock, team, make) -> None:
    made = [make("scheduled") for _ in range(5)]
    clock.move(7201)
    ready = threading.Barrier(2)

    def run() -> None:
        ready.wait(10)
        try:
            start_due(hub)
        finally:
            close_database()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert [Campaign.get_by_id(each.id).state for each in made] == ["sending"] * 5
    assert Source.select().count() == 5
    assert Event.select().where(Event.kind == "campaign.started").count() == 5


def test_one_that_cannot_start_is_a_draft_with_the_reason(hub: Hub, clock: Clock, team, make, people) -> None:
    campaign = make("scheduled")
    del people.sizes["people:3"]
    clock.move(7201)
    start_due(hub)
    row = Campaign.get_by_id(campaign.id)
    assert row.state == "draft"
    assert "audience of campaign 1 is gone" in row.problem
    assert row.problem.values == {"number": 1}, "so that a page says it in its own language"
    log = Activity.of(team.owner.account_id).where(Activity.action == "campaigns.unvalidate").get()
    assert log.personal["reason"].template == row.problem.template
    assert first_broken(team.owner.account_id) is None
    assert hub.call(team.owner, "campaigns.stats", which="1")["sentence"].startswith("It could not start at its time: ")


def test_finishes_when_every_message_has_its_outcome(hub: Hub, team, make) -> None:
    campaign = make("sending")
    rows.work(hub, Job.get(Job.ref == campaign.id).id)
    source = Source.get_by_id(campaign.source_id)
    waiting = outbox.claim(source, hub.node.number, 100, hub.ms())
    sources.finish(hub)
    finish_sent(hub)
    assert Campaign.get_by_id(campaign.id).state == "sending"
    with transaction():
        outbox.settle(hub.node.number, [Outcome(each.id, 1, "delivered", hub.ms(), 250) for each in waiting])
    sources.finish(hub)
    finish_sent(hub)
    finish_sent(hub)
    assert Campaign.get_by_id(campaign.id).state == "finished"
    told = Event.get(Event.kind == "campaign.finished")
    assert (told.source_id, told.values) == (source.id, {"number": 1, "who": "system", "user": None})
    assert Event.select().where(Event.kind == "campaign.finished").count() == 1


def test_a_filling_that_failed_pauses_and_resume_goes_on(hub: Hub, team, make, people) -> None:
    campaign = make("sending")
    size = people.sizes.pop("people:3")
    rows.work(hub, Job.get(Job.ref == campaign.id).id)
    pause_stuck(hub)
    result = hub.call(team.owner, "campaigns.stats", which="1")
    assert result["state"] == "paused"
    assert result["sentence"].startswith("Paused by MailHub: The audience of the campaign is gone")
    people.sizes["people:3"] = size
    hub.call(team.owner, "campaigns.resume")
    rows.work(hub, Job.get(Job.ref == campaign.id, Job.state == rows.WAITING).id)
    assert Source.get_by_id(campaign.source_id).submitted == 3
    pause_stuck(hub)
    assert Campaign.get_by_id(campaign.id).state == "sending"

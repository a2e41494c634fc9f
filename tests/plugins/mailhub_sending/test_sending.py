"""What happens to source, job and events when a campaign is started, paused, resumed and cancelled."""

from datetime import UTC, datetime

import pytest

from mailhub import Conflict, Hub
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.messages import Event, Queued, Source
from mailhub.testing import Clock
from mailhub_sending.models import Campaign
from tests.plugins.mailhub_sending.sent import fill


def told(kind: str) -> list[dict]:
    return [event.values for event in Event.select().where(Event.kind == f"campaign.{kind}")]


def test_start_opens_the_source_and_the_filling(hub: Hub, team, clock: Clock, make) -> None:
    campaign = make("sending", audience="people:5000", rate=600)
    source = Source.get_by_id(campaign.source_id)
    assert (source.kind, source.ref, source.stream, source.state) == ("campaign", campaign.id, "bulk", "open")
    assert (source.content_id, source.rate, source.filling, source.planned) == (campaign.content_id, 600, True, 5000)
    assert source.started_at == campaign.started_at == hub.ms()
    job = Job.get()
    assert (job.kind, job.ref, job.total, job.account_id) == ("sending.fill", campaign.id, 5000, campaign.account_id)
    assert told("started") == [{"number": 1, "who": "Ada Owner", "user": team.owner.user_id, "planned": 5000}]


def test_pause_and_resume_move_the_source_too(hub: Hub, team, make) -> None:
    campaign = make("sending")
    hub.call(team.owner, "campaigns.pause", reason="the price is wrong")
    assert Source.get_by_id(campaign.source_id).state == "paused"
    assert Campaign.get().stopped["reason"] == "the price is wrong"
    hub.call(team.owner, "campaigns.resume")
    assert Source.get_by_id(campaign.source_id).state == "open"
    assert Campaign.get().stopped is None
    assert Job.select().where(Job.state == rows.WAITING).count() == 1
    assert told("paused") == [
        {"number": 1, "who": "Ada Owner", "user": team.owner.user_id, "reason": "the price is wrong"}
    ]
    assert told("resumed") == [{"number": 1, "who": "Ada Owner", "user": team.owner.user_id}]


def test_what_has_finished_meanwhile_is_not_paused(hub: Hub, team, make) -> None:
    campaign = make("sending")
    Source.update(state="finished").execute()
    with pytest.raises(Conflict, match="Nothing is being sent"):
        hub.call(team.owner, "campaigns.pause")
    assert Campaign.get_by_id(campaign.id).state == "sending"
    assert told("paused") == []


def test_cancel_stops_the_source_for_good(hub: Hub, team, make) -> None:
    campaign = make("sending")
    fill(hub, campaign)
    hub.call(team.owner, "campaigns.cancel")
    source = Source.get_by_id(campaign.source_id)
    assert (source.state, source.filling) == ("cancelled", False)
    assert Queued.select().count() == 3  # the sweep settles them in batches
    assert told("cancelled") == [{"number": 1, "who": "Ada Owner", "user": team.owner.user_id}]


def test_a_draft_is_cancelled_without_a_source(hub: Hub, team, make) -> None:
    make()
    assert hub.call(team.owner, "campaigns.cancel")["state"] == "cancelled"
    assert Source.select().count() == 0


def test_schedule_answers_in_the_accounts_zone(hub: Hub, team, make) -> None:
    type(team.account).update(time_zone="Europe/Paris").execute()
    make("validated")
    when = datetime(datetime.fromtimestamp(hub.ms() / 1000, UTC).year + 1, 7, 1, 7, tzinfo=UTC)
    text, at = f"{when.year}-07-01 09:00", int(when.timestamp() * 1000)
    result = hub.call(team.owner, "campaigns.schedule", at=text)
    assert (result["scheduled"], result["time_zone"], result["scheduled_at"]) == (text, "Europe/Paris", at)
    assert told("scheduled") == [{"number": 1, "who": "Ada Owner", "user": team.owner.user_id, "at": at}]

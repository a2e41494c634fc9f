"""From validated to finished: schedule, start, pause, resume, cancel. The messages themselves are the outbox's."""

from mailhub import Conflict, Hub, jobs, outbox
from mailhub.accounts import Account
from mailhub.jobs.rows import WAITING, Job
from mailhub.permissions import Actor
from mailhub_sending import states
from mailhub_sending.events import tell
from mailhub_sending.models import Campaign, source_of
from mailhub_sending.times import parse
from mailhub_sending.validating import count

FILL = "sending.fill"
KIND = "campaign"


def schedule(hub: Hub, actor: Actor, campaign: Campaign, at: str, action: str = "schedule") -> None:
    """Give a validated campaign a time in the account's zone (`reschedule`: another one), in the caller's transaction.

    `at` is as `times.parse` reads it. Raises `Invalid` and `Conflict`.
    """
    states.require(campaign, action)
    moment = parse(at, Account.get_by_id(campaign.account_id).time_zone, hub.ms())
    states.move(campaign, action, scheduled_at=moment, problem="")
    tell(hub, actor, campaign, "scheduled", at=moment)


def start(hub: Hub, actor: Actor, campaign: Campaign) -> None:
    """Open the campaign's source and begin to fill it, in the caller's transaction. Raises `Conflict`."""
    states.move(campaign, "start", started_at=hub.ms(), stopped=None)
    planned = count(hub, campaign)
    if planned is None:
        raise Conflict(
            "The audience of campaign {number} is gone: unvalidate it and choose another.", number=campaign.number
        )
    source = outbox.open_source(
        hub,
        campaign.account_id,
        KIND,
        campaign.name,
        stream="bulk",
        ref=campaign.id,
        content=campaign.content_id,
        rate=campaign.rate,
        filling=True,
        planned=planned,
        started_at=hub.ms(),
    )
    Campaign.update(source_id=source.id).where(Campaign.id == campaign.id).execute()
    campaign.source_id = source.id
    jobs.start(hub, FILL, campaign.account_id, ref=campaign.id, total=planned)
    tell(hub, actor, campaign, "started", planned=planned)


def pause(hub: Hub, actor: Actor, campaign: Campaign, reason: str = "") -> None:
    """Let nothing more leave for now, in the caller's transaction. `reason` is kept when MailHub pauses by itself."""
    stopped = {"who": actor.name, "door": actor.door, "reason": reason, "at": hub.ms()}
    states.move(campaign, "pause", stopped=stopped)
    outbox.pause(campaign.source_id or 0)
    tell(hub, actor, campaign, "paused", reason=reason)


def resume(hub: Hub, actor: Actor, campaign: Campaign) -> None:
    """Go on where it was interrupted, in the caller's transaction; a filling that had failed begins again there."""
    states.move(campaign, "resume", stopped=None)
    outbox.resume(campaign.source_id or 0)
    source = source_of(campaign)
    if source is not None and source.filling and not filling_jobs(campaign, WAITING):
        job = jobs.start(hub, FILL, campaign.account_id, ref=campaign.id, total=source.planned)
        Job.update(done=source.submitted).where(Job.id == job.id).execute()
    tell(hub, actor, campaign, "resumed")


def cancel(hub: Hub, actor: Actor, campaign: Campaign) -> None:
    """Stop a campaign for good, in the caller's transaction: what has not left never will."""
    states.move(campaign, "cancel", finished_at=hub.ms(), scheduled_at=None)
    if campaign.source_id is not None:
        outbox.cancel(hub, campaign.source_id)
    tell(hub, actor, campaign, "cancelled")


def filling_jobs(campaign: Campaign, state: str) -> list[Job]:
    """The campaign's filling jobs in a state, newest first."""
    query = Job.of(campaign.account_id).where(Job.kind == FILL, Job.ref == campaign.id, Job.state == state)
    return list(query.order_by(Job.id.desc()))

"""What the clock does for campaigns: starts those whose time has come, notices those that are through or stuck."""

import logging

import peewee

from mailhub import Hub, JobKind, Schedule, UserError
from mailhub.db import transaction
from mailhub.jobs.rows import FAILED, WAITING, Job
from mailhub.messages import FINISHED as SOURCE_FINISHED
from mailhub.messages import Source
from mailhub.permissions import system_actor
from mailhub_sending import states
from mailhub_sending.events import tell
from mailhub_sending.filling import fill
from mailhub_sending.models import Campaign
from mailhub_sending.replying import forget_old
from mailhub_sending.sending import FILL, filling_jobs
from mailhub_sending.states import SCHEDULED, SENDING

log = logging.getLogger(__name__)


def start_due(hub: Hub) -> None:
    """Start the scheduled campaigns whose time has come, also those missed while the server was down, each once."""
    due = Campaign.select().where(Campaign.state == SCHEDULED, Campaign.scheduled_at <= hub.ms())
    for campaign in list(due.order_by(Campaign.scheduled_at).limit(100)):
        try:
            _start(hub, campaign)
        except UserError as error:
            log.warning("campaign %s could not be started at its time", campaign.id)
            _give_back(hub, campaign, error)


def _start(hub: Hub, campaign: Campaign) -> None:
    with transaction():
        # Taking the row first: of two schedulers the second finds it started, and a new time set meanwhile counts.
        mine = (
            Campaign.update(problem="")
            .where(Campaign.id == campaign.id, Campaign.state == SCHEDULED, Campaign.scheduled_at <= hub.ms())
            .execute()
        )
        if mine:
            hub.call(system_actor(campaign.account_id), "campaigns.start", which=str(campaign.number))


def _give_back(hub: Hub, campaign: Campaign, error: UserError) -> None:
    """Back to draft with the reason: tried again every second it would only fill the log."""
    try:
        hub.call(
            system_actor(campaign.account_id), "campaigns.unvalidate", which=str(campaign.number), reason=error.sentence
        )
    except UserError:
        log.info("campaign %s was changed by someone meanwhile", campaign.id)


def finish_sent(hub: Hub) -> None:
    """Finish the campaigns whose every message has its outcome."""
    query = (
        Campaign.select()
        .join(Source, peewee.JOIN.INNER, on=(Campaign.source_id == Source.id))
        .where(Campaign.state == SENDING, Source.state == SOURCE_FINISHED)
    )
    for campaign in list(query.limit(100)):
        try:
            with transaction():
                states.move(campaign, "finish", finished_at=hub.ms())
                tell(hub, system_actor(campaign.account_id), campaign, "finished")
        except UserError:
            log.info("campaign %s was finished by someone else", campaign.id)


def pause_stuck(hub: Hub) -> None:
    """Pause the campaigns whose filling failed, with its reason: nothing must seem to be sending that is not."""
    waiting = Job.select(Job.ref).where(Job.kind == FILL, Job.state == WAITING)
    query = (
        Campaign.select()
        .join(Source, peewee.JOIN.INNER, on=(Campaign.source_id == Source.id))
        .where(Campaign.state == SENDING, Source.filling, Campaign.id.not_in(waiting))
    )
    for campaign in list(query.limit(100)):
        failed = filling_jobs(campaign, FAILED)
        if failed:
            _pause(hub, campaign, failed[0].error)


def _pause(hub: Hub, campaign: Campaign, reason: str) -> None:
    try:
        hub.call(system_actor(campaign.account_id), "campaigns.pause", which=str(campaign.number), reason=reason)
    except UserError:
        log.info("campaign %s was changed by someone meanwhile", campaign.id)


JOBS: list[JobKind] = [JobKind(FILL, fill)]

SCHEDULES: list[Schedule] = [
    Schedule("sending.start", 1, start_due),
    Schedule("sending.finish", 1, finish_sent),
    Schedule("sending.stuck", 5, pause_stuck),
    Schedule("sending.forget_replies", 3600, forget_old),
]

"""Forgetting: what verifications found is personal, so it goes after some days, or at once when somebody says so.

Findings are taken away in small batches by a job, so that a list of a million addresses holds nobody up.
"""

import time
from typing import Any

from mailhub import jobs
from mailhub.accounts import AccountSetting
from mailhub.db import bulk, sql, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.vocabulary import Schedule, Setting
from mailhub_verification.models import DELETED, RUNNING, Verification
from mailhub_verification.verifications import is_busy

KIND = "verifications.delete"
DAYS = "verification.keep_days"
DEFAULT = 90
LONGEST = 3650
DAY = 86_400_000
BATCH = 2000
AT_ONCE = 100
"""Verifications one call of the clock begins to delete in an account; the next call goes on."""
SETTINGS = (Setting(DAYS, DEFAULT, "Days that the findings of a verification are kept; 0: until they are deleted"),)


def keep_for(account_id: int, days: int) -> None:
    """Set how many days findings are kept (0: until somebody deletes them), in the caller's transaction."""
    AccountSetting.insert(account=account_id, key=DAYS, value=days).on_conflict(
        conflict_target=[AccountSetting.account, AccountSetting.key], update={AccountSetting.value: days}
    ).execute()


def delete(hub: Hub, record: Verification) -> int:
    """Nobody sees a verification from here on, in the caller's transaction; a job takes its findings away.

    Returns the job's number. Raises `Conflict` while it is under way.
    """
    if is_busy(record):
        raise Conflict("The verification of {name} is under way: cancel it, or wait for its end.", name=record.name)
    mine = Verification.of(record.account_id).where(Verification.id == record.id)
    Verification.update(state=DELETED).where(Verification.id.in_(mine.select(Verification.id))).execute()
    return int(jobs.start(hub, KIND, record.account_id, record.id, record.done).id)


def step(hub: Hub, job: Any, until: float) -> bool:
    """One slice of taking findings away; True while there are more."""
    there = Verification.of(job.account_id).where(Verification.id == job.ref, Verification.state == DELETED)
    if not there.exists():
        return False
    while time.monotonic() < until:
        with bulk():
            gone = sql(
                'DELETE FROM verified_addresses WHERE verification_id = ? AND "key" IN (SELECT "key" FROM '
                'verified_addresses WHERE verification_id = ? ORDER BY "key" LIMIT ?)',
                (job.ref, job.ref, BATCH),
            ).rowcount
            job.done += gone
            if gone < BATCH:
                Verification.delete().where(Verification.id == job.ref, Verification.state == DELETED).execute()
                return False
    return True


def forget_old(hub: Hub) -> None:
    """What the clock calls: delete what is older than its account keeps it."""
    waiting = Verification.select(Verification.account).where(Verification.state != DELETED).distinct()
    for account_id in [each.account_id for each in waiting]:
        days = hub.setting(account_id, DAYS)
        if days:
            _forget(hub, account_id, hub.ms() - days * DAY)


def _forget(hub: Hub, account_id: int, cutoff: int) -> None:
    old = Verification.of(account_id).where(Verification.state != DELETED, Verification.created_at < cutoff)
    ended = old.where((Verification.state == RUNNING) | (Verification.finished_at < cutoff))
    for record in ended.order_by(Verification.id).limit(AT_ONCE):
        if not is_busy(record):
            with transaction():
                delete(hub, record)


SCHEDULES = (Schedule("verifications.forget", 3600, forget_old),)

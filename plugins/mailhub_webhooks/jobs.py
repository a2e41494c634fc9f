"""What the clock does: endpoints for which something waits get their job, one each."""

from mailhub import Hub, JobKind, Schedule, jobs
from mailhub.db import sql, transaction
from mailhub.jobs.rows import WAITING
from mailhub_webhooks.delivering import KIND, step
from mailhub_webhooks.models import ACTIVE


def wake(hub: Hub) -> None:
    """Begin the jobs of endpoints that have something to be sent and may be tried now."""
    newest = sql("SELECT max(id) FROM events").fetchone()[0] or 0
    waiting = sql(
        "SELECT e.id, e.account_id FROM webhook_endpoints e "
        "WHERE ((e.state = ? AND e.next_at <= ? AND e.position < ?) "
        "OR EXISTS (SELECT 1 FROM webhook_extras x WHERE x.endpoint_id = e.id)) "
        "AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = ? AND j.ref = e.id AND j.state = ?) LIMIT 1000",
        (ACTIVE, hub.ms(), newest, KIND, WAITING),
    ).fetchall()
    if waiting:
        with transaction():
            for number, account_id in waiting:
                jobs.start(hub, KIND, account_id, number)


def forget(hub: Hub) -> None:
    """Take away the rows of jobs that are over: there would be one for each second something happened."""
    with transaction():
        sql("DELETE FROM jobs WHERE kind = ? AND state <> ? AND updated_at < ?", (KIND, WAITING, hub.ms() - 60_000))


JOBS = (JobKind(KIND, step),)
SCHEDULES = (Schedule("webhooks.wake", 0.5, wake), Schedule("webhooks.forget", 60, forget))

"""The clock begins one job for each endpoint that has something to do, and takes finished ones away."""

from collections.abc import Callable

from mailhub.hub import Hub
from mailhub.jobs.rows import Job
from mailhub.permissions import Actor
from mailhub.testing import Clock
from mailhub_webhooks.jobs import forget, wake

from .conftest import Receiver, Tell


def test_a_job_for_each_that_has_something_to_do(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Callable[[], None], clock: Clock
) -> None:
    for _ in range(2):
        hub.call(owner, "webhooks.create", url=receiver.url, kinds="delivered")
    off = hub.call(owner, "webhooks.create", url=receiver.url, kinds="delivered")["number"]
    hub.call(owner, "webhooks.disable", number=off)
    wake(hub)
    assert Job.select().count() == 0
    tell(owner.account_id)
    for _ in range(3):
        wake(hub)
    assert Job.select().count() == 2
    work()
    assert len(receiver.requests) == 2
    wake(hub)
    assert Job.select().count() == 2
    forget(hub)
    assert Job.select().count() == 2
    clock.move(61)
    forget(hub)
    assert Job.select().count() == 0

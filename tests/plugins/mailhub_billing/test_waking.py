"""A campaign without credit is held, not failed, after all that was paid for has left; and goes on after a top-up."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from mailhub import Hub, outbox
from mailhub.db import transaction
from mailhub.jobs.rows import Job
from mailhub.messages import HELD, OPEN, PAUSED, Event, Message, Queued, Source
from mailhub.permissions import Actor
from mailhub_billing import waking
from mailhub_billing.reserving import REASON, WAIT
from mailhub_sending import filling
from tests.plugins.mailhub_billing.conftest import charged, held, settle, submit, tick

TopUp = Callable[..., dict[str, Any]]


@pytest.fixture
def campaign(hub: Hub, owner: Actor) -> Source:
    """A campaign of 5,000 that has begun."""
    hub.call(owner, "lists.create", name="Readers")
    sheet = hub.config.data / "readers.csv"
    sheet.write_text("e-mail;langue\n" + "".join(f"r{n}@example.org;EN\n" for n in range(5000)), "utf-8")
    number = hub.call(owner, "contacts.import", file=sheet, lists=["Readers"])["number"]
    job = Job.of(owner.account_id).where(Job.kind == "contacts.import").get()
    while hub.jobs[job.kind].step(hub, job, time.monotonic() + 1) is True:
        continue
    assert hub.call(owner, "imports.show", number=number)["report"]["counts"]["new"] == 5000
    hub.call(
        owner, "campaigns.create", name="Spring", subject="Hello", body="Hello", language="en", audience=["Readers"],
        **{"from": "ada@example.com"},
    )  # fmt: skip
    hub.call(owner, "campaigns.validate", which="1")
    hub.call(owner, "campaigns.start", which="1")
    return Source.of(owner.account_id).where(Source.kind == "campaign").get()


def fill(hub: Hub) -> Any:
    """One look of the filling: whether and when it wants another."""
    return filling.fill(hub, Job.select().where(Job.kind == "sending.fill").get(), time.monotonic() + 5)


def test_credit_for_3000_of_5000_sends_3000_and_a_top_up_the_rest(
    hub: Hub, owner: Actor, staff: Actor, campaign: Source, top_up: TopUp
) -> None:
    top_up("13.5")
    fill(hub)
    assert Queued.select().count() == 3000
    assert Source.get_by_id(campaign.id).state == OPEN, "what is paid for leaves first"
    settle(hub, campaign, "delivered", 3000)
    tick(hub)
    fill(hub)
    stopped = Source.get_by_id(campaign.id)
    assert (stopped.state, stopped.held_reason) == (HELD, REASON)
    told = hub.call(owner, "campaigns.stats", which="1")
    assert "top-up" in str(told["sentence"])
    for _ in range(3):
        tick(hub)
        fill(hub)
    assert Source.get_by_id(campaign.id).state == HELD
    assert Event.select().where(Event.kind == "source.held").count() == 1
    top_up("100")
    tick(hub)
    assert Source.get_by_id(campaign.id).state == OPEN
    while fill(hub):
        continue
    settle(hub, campaign, "delivered", 5000)
    tick(hub)
    assert Message.select().where(Message.outcome == "delivered").count() == 5000
    assert charged(owner.account_id) == 5000 * 4500
    assert held(hub, owner.account_id) == (0, 113_500_000 - 5000 * 4500, 0, 0)
    assert hub.call(staff, "billing.check")["right"]


def test_a_top_up_while_the_hold_is_being_written_is_not_missed(
    hub: Hub, source: Source, owner: Actor, top_up: TopUp
) -> None:
    with pytest.raises(outbox.Short) as caught:
        submit(hub, source, 1)
    top_up("1", unit="mails")
    tick(hub)
    with transaction():
        assert outbox.hold_when_left(hub, source, caught.value)
    assert Source.get_by_id(source.id).state == HELD
    tick(hub)
    assert Source.get_by_id(source.id).state == OPEN


def test_what_only_came_back_is_waited_for_until_it_is_worth_it(
    hub: Hub, source: Source, owner: Actor, top_up: TopUp
) -> None:
    """Else each bounce would open the campaign and hold it again."""
    top_up("600", unit="mails")
    submit(hub, source, 600)
    later = hub.ms() + WAIT + 10 * waking.SLACK  # the top-up is long past
    with transaction():
        outbox.hold(hub, source, REASON, later)
        Source.update(state=OPEN).where(Source.id == source.id).execute()
    settle(hub, source, "bounced", 1)
    Source.update(state=HELD).where(Source.id == source.id).execute()
    tick(hub)
    assert held(hub, owner.account_id)[0] == 1
    assert Source.get_by_id(source.id).state == HELD
    settle(hub, source, "bounced", 499)
    tick(hub)
    assert Source.get_by_id(source.id).state == OPEN


def test_the_last_that_came_back_opens_it(hub: Hub, source: Source, top_up: TopUp) -> None:
    top_up("2", unit="mails")
    submit(hub, source, 2)
    settle(hub, source, "bounced", 2)
    with transaction():
        outbox.hold(hub, source, REASON, hub.ms() + WAIT + 10 * waking.SLACK)
    tick(hub)
    assert Source.get_by_id(source.id).state == OPEN


@pytest.mark.parametrize(("state", "reason"), [(PAUSED, ""), (HELD, "The window is closed.")])
def test_what_waits_for_something_else_is_left_alone(
    hub: Hub, source: Source, top_up: TopUp, state: str, reason: str
) -> None:
    Source.update(state=state, held_reason=reason, held_until=hub.ms() + 1000).where(Source.id == source.id).execute()
    top_up("10")
    tick(hub)
    assert Source.get_by_id(source.id).state == state


def test_another_accounts_top_up_opens_nothing(hub: Hub, source: Source, staff: Actor) -> None:
    with transaction():
        outbox.hold(hub, source, REASON, hub.ms() + WAIT)
    hub.call(staff, "billing.top_up", account=staff.account_id, amount="10", note="Transfer")
    tick(hub)
    assert Source.get_by_id(source.id).state == HELD

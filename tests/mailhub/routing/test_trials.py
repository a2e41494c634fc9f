"""A trial is a row that is followed: begun by an action, worked on by a job, ended whatever happens."""

import time
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from mailhub.accounts import OPERATOR
from mailhub.db import transaction
from mailhub.errors import Invalid, NotFound
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.messages import Kept
from mailhub.routes import RouteTrial
from mailhub.routing import trials
from mailhub.sink import Sink
from mailhub.testing import Clock, make_owner

from .conftest import Ask

TEST = {"recipient": "you@there.example", "sender": "me@here.example"}


def _work(hub: Hub, number: int) -> RouteTrial:
    """Let the trial run to its end, as a worker would; at most 20 seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for job in rows.due(hub):
            rows.work(hub, job)
        found = RouteTrial.get_by_id(number)
        if found.ended_at is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("the trial did not end")


def test_a_trial_runs_beside_the_worker_and_tells_what_was_said(core: Hub) -> None:
    _, _, operator = make_owner(core, "Operator")
    with Sink() as sink:
        core.call(operator, "routes.create", name="main", host="127.0.0.1", port=sink.port)
        number = core.call(operator, "routes.test", route="main", **TEST)["trial"]
        assert core.call(operator, "routes.trial", trial=number)["state"] == "waiting"
        _work(core, number)
        (mail,) = sink.wait_for(1)
    told = core.call(operator, "routes.trial", trial=number)
    assert told["state"] == "done"
    assert "took the mail (250)" in told["meaning"][0]
    assert "DATA" in [line["text"] for line in told["lines"] if line["who"] == "us"]
    read: Any = message_from_bytes(mail.content, policy=default)
    assert (read["From"].addresses[0].addr_spec, read["To"]) == ("me@here.example", "you@there.example")
    assert "“main”" in read.get_content()


def test_a_failed_trial_says_why(sqlite_core: Hub, ask: Ask) -> None:
    with Sink() as sink:
        port = sink.port
    ask("routes.create", name="main", host="127.0.0.1", port=port)
    found = _work(sqlite_core, ask("routes.test", route="main", send="false", **TEST)["trial"])
    assert found.state == "failed"
    assert "Nothing listens" in trials.sentences(found)[0]


def test_the_sandbox_keeps_the_mail(sqlite_core: Hub, ask: Ask) -> None:
    found = _work(sqlite_core, ask("routes.test", **TEST)["trial"])
    assert found.state == "done"
    assert "Sandbox page" in trials.sentences(found)[0]
    assert [kept.recipient for kept in Kept.select().where(Kept.account_id == OPERATOR)] == ["you@there.example"]
    only = _work(sqlite_core, ask("routes.test", send=False)["trial"])
    assert "nobody to connect to" in trials.sentences(only)[0]
    assert Kept.select().count() == 1


def test_a_mail_from_a_domain_with_keys_is_signed(sqlite_core: Hub, ask: Ask) -> None:
    ask("domains.add", name="here.example")
    row = trials.begin(sqlite_core, "", "you@there.example", "me@here.example", send=True)
    assert b"DKIM-Signature:" in trials.compose(sqlite_core, row, "sandbox")


def test_what_is_wrong_is_said_at_its_field(ask: Ask) -> None:
    ask("routes.create", name="mx", kind="direct")
    for given, field in (
        ({"recipient": "nobody"}, "recipient"),
        ({"recipient": ""}, "recipient"),
        ({"recipient": "you@there.example", "sender": "me"}, "sender"),
        ({"route": "mx", "send": False}, "recipient"),
    ):
        with pytest.raises(Invalid) as caught:
            ask("routes.test", **given)
        assert field in caught.value.fields
    with pytest.raises(NotFound, match="There is no route nobody"):
        ask("routes.test", route="nobody", **TEST)
    with pytest.raises(NotFound, match="There is no trial 9"):
        ask("routes.trial", trial=9)
    assert not RouteTrial.select().exists()


def test_it_leaves_from_an_address_of_the_routes_pool(sqlite_core: Hub, ask: Ask) -> None:
    for pool, address in (("one", "127.0.0.2"), ("one", "127.0.0.3"), ("two", "127.0.0.4")):
        if not any(each["name"] == pool for each in ask("routes.list")["pools"]):
            ask("pools.create", name=pool)
        ask("pool_addresses.add", pool=pool, address=address)
    with Sink() as sink:
        ask("routes.create", name="main", host="127.0.0.1", port=sink.port, pool="one")
        with pytest.raises(NotFound, match="does not leave from 127.0.0.4"):
            ask("routes.test", route="main", address="127.0.0.4", **TEST)
        found = _work(sqlite_core, ask("routes.test", route="main", address="127.0.0.3", **TEST)["trial"])
    assert found.lines[0][3]["own"] == "127.0.0.3"


def test_a_trial_whose_process_is_gone_is_given_up(sqlite_core: Hub, ask: Ask) -> None:
    clock = sqlite_core.clock = Clock()
    number = ask("routes.test", **TEST)["trial"]
    RouteTrial.update(state="running", started_at=sqlite_core.ms()).where(RouteTrial.id == number).execute()
    (job,) = rows.due(sqlite_core)
    assert not rows.work(sqlite_core, job)
    assert RouteTrial.get_by_id(number).state == "running"
    clock.move(trials.GIVEN_UP / 1000 + 2)
    rows.work(sqlite_core, job)
    found = RouteTrial.get_by_id(number)
    assert found.state == "failed"
    assert "interrupted" in trials.sentences(found)[0]
    assert rows.Job.get_by_id(job).state == "done"


def test_a_route_that_was_deleted_meanwhile_ends_the_trial(sqlite_core: Hub, ask: Ask) -> None:
    ask("routes.create", name="main", host="127.0.0.1")
    number = ask("routes.test", route="main", **TEST)["trial"]
    ask("routes.delete", route="main")
    assert "There is no route main" in trials.sentences(_work(sqlite_core, number))[0]


def test_only_the_last_trials_are_kept(sqlite_core: Hub, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "KEPT", 3)
    with transaction():
        made = [trials.begin(sqlite_core, "", "you@there.example", "", send=True).id for _ in range(5)]
    assert [row.id for row in RouteTrial.select().order_by(RouteTrial.id)] == made[-3:]

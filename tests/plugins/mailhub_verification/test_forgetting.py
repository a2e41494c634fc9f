"""Findings go: at once when somebody says so, after some days by themselves, in batches, and nobody else's."""

from collections.abc import Callable, Sequence

import pytest
from flask.testing import FlaskClient

from mailhub.db import transaction
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor, user_actor
from mailhub.testing import Clock, make_owner
from mailhub_verification import forgetting
from mailhub_verification.models import Verification, Verified

Fill = Callable[[Hub, Actor, Sequence[str]], None]
Work = Callable[[Hub], None]
DAY = 86_400


def _verified(hub: Hub, actor: Actor, work: Work) -> int:
    number = int(hub.call(actor, "verifications.start", audience="Spring")["number"])
    work(hub)
    return number


def test_deleted_at_once_and_for_good(hub: Hub, fill: Fill, work: Work) -> None:
    actor = make_owner(hub)[2]
    fill(hub, actor, ["ada@good.example", "bob@good.example"])
    first, second = _verified(hub, actor, work), _verified(hub, actor, work)
    hub.call(actor, "verifications.delete", number=first)
    for verb in ("show", "results", "cancel", "suppress", "delete"):
        with pytest.raises(NotFound):
            hub.call(actor, f"verifications.{verb}", number=first)
    assert [each["number"] for each in hub.call(actor, "verifications.list")["verifications"]] == [second]
    work(hub)
    assert [each.id for each in Verification.select()] == [second]
    assert {each.verification_id for each in Verified.select()} == {second}
    assert len(hub.call(actor, "verifications.results", number=second)["results"]) == 2
    assert hub.call(actor, "contacts.list", list=1)["contacts"], "the list stays"


def test_more_than_a_batch_goes_slice_by_slice(
    hub: Hub, fill: Fill, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    actor = make_owner(hub)[2]
    fill(hub, actor, [f"{name}@good.example" for name in "abcde"])
    number = _verified(hub, actor, work)
    hub.call(actor, "verifications.delete", number=number)
    job = rows.Job.get(rows.Job.kind == forgetting.KIND)
    assert forgetting.step(hub, job, 0.0), "a slice without time takes nothing"
    assert Verified.select().count() == 5
    work(hub)
    assert (Verified.select().count(), Verification.select().count()) == (0, 0)
    assert rows.Job.get_by_id(job.id).done == 5


def test_what_is_under_way_is_not_deleted(sqlite_hub: Hub, fill: Fill, work: Work) -> None:
    hub, actor = sqlite_hub, make_owner(sqlite_hub)[2]
    fill(hub, actor, ["ada@good.example", "nobody@null.example"])
    number = hub.call(actor, "verifications.start", audience="Spring")["number"]
    with pytest.raises(Conflict, match="under way"):
        hub.call(actor, "verifications.delete", number=number)
    work(hub)
    hub.call(actor, "verifications.suppress", number=number)
    with pytest.raises(Conflict, match="under way"):
        hub.call(actor, "verifications.delete", number=number)
    work(hub)
    hub.call(actor, "verifications.delete", number=number)


def test_after_some_days_by_themselves(hub: Hub, fill: Fill, work: Work) -> None:
    hub.clock = clock = Clock()
    actor, other = make_owner(hub)[2], make_owner(hub, "Other")[2]
    for each, days in ((actor, 30), (other, 0)):
        fill(hub, each, ["ada@good.example"])
        _verified(hub, each, work)
        hub.call(each, "verifications.keep", days=days)
    clock.move(29 * DAY)
    young = _verified(hub, actor, work)
    forgetting.forget_old(hub)
    assert Verification.select().count() == 3
    clock.move(2 * DAY)
    forgetting.forget_old(hub)
    forgetting.forget_old(hub)
    work(hub)
    assert [each.id for each in Verification.of(actor.account_id)] == [young]
    assert Verification.of(other.account_id).count() == 1, "0 keeps them until somebody deletes them"
    assert Verified.select().count() == 2


def test_what_was_given_up_goes_too_and_what_runs_stays(sqlite_hub: Hub, fill: Fill, work: Work) -> None:
    hub, actor = sqlite_hub, make_owner(sqlite_hub)[2]
    hub.clock = clock = Clock()
    fill(hub, actor, ["ada@good.example"])
    stopped = hub.call(actor, "verifications.start", audience="Spring")
    rows.Job.update(state=rows.FAILED).where(rows.Job.id == stopped["job"]).execute()
    runs = hub.call(actor, "verifications.start", audience="Spring")["number"]
    clock.move((forgetting.DEFAULT + 1) * DAY)
    forgetting.forget_old(hub)
    shown = hub.call(actor, "verifications.list")["verifications"]
    assert [each["number"] for each in shown] == [runs]


def test_who_may_say_how_long(sqlite_hub: Hub) -> None:
    account, user, actor = make_owner(sqlite_hub)
    for wrong in (-1, 3651, "x", ""):
        with pytest.raises(Invalid):
            sqlite_hub.call(actor, "verifications.keep", days=wrong)
    marketer = Actor(account.id, "web", user.id, "Bob", frozenset({"verifications.run", "verifications.view"}))
    with pytest.raises(Forbidden, match=r"account\.edit"):
        sqlite_hub.call(marketer, "verifications.keep", days=1)
    assert sqlite_hub.setting(account.id, forgetting.DAYS) == forgetting.DEFAULT


def test_the_pages(sqlite_hub: Hub, browser: FlaskClient, fill: Fill, work: Work) -> None:
    hub, owner = sqlite_hub, user_actor(1, 1, "web", "Ada")
    with transaction():
        fill(hub, owner, ["ada@good.example"])
    number = _verified(hub, owner, work)
    assert "Delete the findings" in browser.get(f"/verification/{number}").text
    assert 'name="days" value="90"' in browser.get("/verification").text.replace(' type="number"', "")
    assert "3,650" in browser.post("/verification/keep", data={"days": "9999"}).text
    kept = browser.post("/verification/keep", data={"days": "7"}, follow_redirects=True).text
    assert "Findings are kept for 7 days." in kept
    gone = browser.post(f"/verification/{number}/delete", follow_redirects=True).text
    assert "What the verification found is deleted." in gone
    assert browser.get(f"/verification/{number}").status_code == 404

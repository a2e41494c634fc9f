"""Campaigns from a phone: looked at, paused, resumed, taken back, given another time, each only by who may."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from apiflask import APIFlask

from mailhub.accounts import User
from mailhub.activity import Activity
from mailhub.db import close_database
from mailhub.hub import Hub
from mailhub.testing import make_owner

from .conftest import Phone, Team

Make, Come = Callable[..., int], Callable[..., Phone]
PROBLEM = "application/problem+json"


def _state(hub: Hub, team: Team, number: int) -> str:
    return str(hub.call(team.owner, "campaigns.show", which=str(number))["state"])


def test_pages_of_campaigns_newest_first(phone: Come, campaign: Make) -> None:
    numbers = [campaign(name=f"No {n}") for n in range(5)]
    there = phone("read")
    first = there.get("/campaigns?limit=2").json
    assert [each["number"] for each in first["campaigns"]] == numbers[:2:-1]
    second = there.get(f"/campaigns?limit=2&before={first['next']}").json
    third = there.get(f"/campaigns?limit=2&before={second['next']}").json
    assert [each["number"] for each in third["campaigns"]] == numbers[:1]
    assert third["next"] is None
    assert there.get("/campaigns?state=sending").json == {"campaigns": [], "next": None}
    assert there.get("/campaigns?state=flying").status_code == 422


def test_a_campaign_with_its_numbers_and_an_unchanged_one(phone: Come, campaign: Make) -> None:
    number = campaign("sending")
    there = phone()
    answer = there.get(f"/campaigns/{number}")
    assert answer.json["numbers"]["planned"] == 3
    assert answer.json["state"] == "sending"
    assert answer.json["can"] == ["pause"]
    again = there.get(f"/campaigns/{number}", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.get_data()) == (304, b"")


def test_pause_and_resume_are_done_and_logged_by_name_and_door(
    hub: Hub, team: Team, phone: Come, campaign: Make
) -> None:
    number, there = campaign("sending"), phone()
    paused = there.post(f"/campaigns/{number}/pause")
    assert paused.json["state"] == "paused"
    assert paused.json["sentence"] == "Paused by Ada Owner from the phone."
    assert paused.json["can"] == ["resume"]
    assert there.post(f"/campaigns/{number}/resume").json["state"] == "sending"
    doors = {row.action: row.door for row in Activity.of(team.account)}
    assert doors["campaigns.pause"] == doors["campaigns.resume"] == "phone"


@pytest.mark.parametrize(("verb", "state"), [("pause", "sending"), ("resume", "paused"), ("unvalidate", "scheduled")])
def test_a_read_connector_changes_nothing(
    hub: Hub, team: Team, phone: Come, campaign: Make, verb: str, state: str
) -> None:
    number, there = campaign(state), phone("read")
    assert there.get(f"/campaigns/{number}").json["can"] == []
    answer = there.post(f"/campaigns/{number}/{verb}")
    assert (answer.status_code, answer.content_type) == (403, PROBLEM)
    assert "may look and change nothing" in answer.json["detail"]
    assert _state(hub, team, number) == state


def test_a_write_connector_gives_no_more_than_its_user_has(hub: Hub, team: Team, phone: Come, campaign: Make) -> None:
    number, there = campaign("sending"), phone("write", "ann@example.com")
    assert there.get("/me").json["can"] == []
    answer = there.post(f"/campaigns/{number}/pause")
    assert answer.status_code == 403
    assert "campaigns.pause" in answer.json["detail"]
    assert _state(hub, team, number) == "sending"


def test_a_double_tap_is_done_once(hub: Hub, team: Team, phone: Come, campaign: Make) -> None:
    number, there = campaign("sending"), phone()
    first = there.post(f"/campaigns/{number}/pause", Idempotency_Key="one")
    second = there.post(f"/campaigns/{number}/pause", Idempotency_Key="one")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    third = there.post(f"/campaigns/{number}/pause", Idempotency_Key="two")
    assert third.status_code == 409
    assert "is paused" in third.json["detail"]
    assert there.post(f"/campaigns/{number}/resume", Idempotency_Key="one").status_code == 409
    assert Activity.of(team.account).where(Activity.action == "campaigns.pause").count() == 1


def test_taps_at_the_same_moment_are_done_once(
    app: APIFlask, hub: Hub, team: Team, phone: Come, campaign: Make
) -> None:
    number, there = campaign("sending"), phone()

    def tap(_: int) -> int:
        try:
            answer = Phone(app.test_client(), there.body).post(f"/campaigns/{number}/pause", Idempotency_Key="one")
            return answer.status_code
        finally:
            close_database()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(tap, range(8))) == {200}
    assert Activity.of(team.account).where(Activity.action == "campaigns.pause").count() == 1


def test_a_reschedule_says_what_it_saw(hub: Hub, team: Team, phone: Come, campaign: Make) -> None:
    number, there = campaign("scheduled"), phone()
    path, wish = f"/campaigns/{number}/reschedule", {"at": "in 5 hours"}
    seen = there.get(f"/campaigns/{number}")
    assert there.post(path, wish).status_code == 428
    moved = there.post(path, wish, If_Match=seen.headers["ETag"])
    assert moved.status_code == 200
    assert moved.json["scheduled_at"] > seen.json["scheduled_at"]
    late = there.post(path, {"at": "in 6 hours"}, If_Match=seen.headers["ETag"])
    assert (late.status_code, late.content_type) == (412, PROBLEM)
    assert "was changed meanwhile" in late.json["detail"]
    assert there.get(f"/campaigns/{number}").json["scheduled_at"] == moved.json["scheduled_at"]
    assert there.post(path, wish, If_Match=f'"{moved.json["version"]}"').status_code == 200


def test_of_two_reschedules_on_the_same_sight_one_wins(
    app: APIFlask, hub: Hub, team: Team, phone: Come, campaign: Make
) -> None:
    number, there = campaign("scheduled"), phone()
    seen = there.get(f"/campaigns/{number}").headers["ETag"]

    def move(hours: int) -> int:
        try:
            device = Phone(app.test_client(), there.body)
            answer = device.post(f"/campaigns/{number}/reschedule", {"at": f"in {hours} hours"}, If_Match=seen)
            return answer.status_code
        finally:
            close_database()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(move, range(3, 7))) == [200, 412, 412, 412]
    assert Activity.of(team.account).where(Activity.action == "campaigns.reschedule").count() == 1


def test_a_time_that_is_over_or_unreadable_is_refused_with_a_sentence(phone: Come, campaign: Make) -> None:
    number, there = campaign("scheduled"), phone()
    seen = there.get(f"/campaigns/{number}").headers["ETag"]
    for at, words in (("2020-01-01 09:00", "is over already"), ("soon", "no time MailHub can read")):
        answer = there.post(f"/campaigns/{number}/reschedule", {"at": at}, If_Match=seen)
        assert answer.status_code == 422
        assert words in answer.json["detail"]


def test_unvalidate_takes_a_scheduled_one_back(phone: Come, campaign: Make) -> None:
    number, there = campaign("scheduled"), phone()
    assert there.get(f"/campaigns/{number}").json["can"] == ["unvalidate", "reschedule"]
    assert there.post(f"/campaigns/{number}/unvalidate").json["state"] == "draft"


def test_another_accounts_campaign_and_a_number_in_a_name_are_not_there(
    hub: Hub, team: Team, phone: Come, campaign: Make
) -> None:
    _, _, stranger = make_owner(hub, "Beta")
    for _ in range(2):
        campaign("draft", "Theirs", stranger)
    assert campaign("sending", "Summer 2012") == 1
    there = phone()
    for path in ("/campaigns/2", "/campaigns/12", "/campaigns/2012", "/campaigns/99999999999999999999"):
        assert there.get(path).status_code == 404, path
        assert there.post(f"{path}/pause").status_code == 404, path
    assert _state(hub, team, 1) == "sending"
    assert [each["name"] for each in there.get("/campaigns").json["campaigns"]] == ["Summer 2012"]


def test_errors_in_the_users_language(hub: Hub, team: Team, phone: Come, campaign: Make) -> None:
    User.update(language="fr").execute()
    number, there = campaign("paused"), phone("read")
    assert there.get(f"/campaigns/{number}").json["sentence"] == "Interrompue par Ada Owner sur le site."
    answer = there.post(f"/campaigns/{number}/resume")
    assert answer.json["detail"].startswith("Ce téléphone peut consulter")

"""Every action in every state, by the table; and two people at once."""

import threading

import pytest

from mailhub import Conflict, Hub
from mailhub.db import close_database
from mailhub_sending import states
from mailhub_sending.models import Campaign
from mailhub_sending.states import BY_ACTION, MOVES, NOW, STATES

ASKED = [each.action for each in MOVES if each.action != "finish"]


@pytest.mark.parametrize("state", STATES)
def test_every_action_in_every_state(hub: Hub, team, make, state: str) -> None:
    for action in ASKED:
        campaign = make(state, name=f"{state} {action}")
        assert campaign.state == state
        more = {"at": "in 3 hours"} if "schedule" in action else {}
        more |= {"subject": "Other"} if action == "change" else {}
        if state in BY_ACTION[action].origins:
            result = hub.call(team.owner, f"campaigns.{action}", which=str(campaign.number), **more)
            assert result["state"] == ("deleted" if action == "delete" else BY_ACTION[action].state)
            continue
        with pytest.raises(Conflict) as told:
            hub.call(team.owner, f"campaigns.{action}", which=str(campaign.number), **more)
        assert str(told.value) == NOW[state].format(number=campaign.number)
        assert Campaign.get_by_id(campaign.id).state == state


@pytest.mark.parametrize("state", STATES)
def test_sentence_names_the_state_and_what_it_allows(state: str) -> None:
    assert state in NOW[state]
    for action in states.allowed(state):
        assert action in NOW[state]
    for action in ASKED:
        assert action in states.allowed(state) or f"{action}," not in NOW[state].replace("re" + action, "")


def test_two_at_once_one_wins(hub: Hub, team, make) -> None:
    campaign = make("validated")
    told: list[str] = []
    ready = threading.Barrier(2)

    def run() -> None:
        ready.wait(10)
        try:
            hub.call(team.owner, "campaigns.start", which=str(campaign.number))
            told.append("started")
        except Conflict as error:
            told.append(str(error))
        finally:
            close_database()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(told) == sorted(["started", NOW["sending"].format(number=campaign.number)])


def test_a_deleted_campaign_is_told(hub: Hub, team, make) -> None:
    campaign = make()
    hub.call(team.owner, "campaigns.delete", which=str(campaign.number))
    with pytest.raises(Conflict, match="was deleted"):
        states.move(campaign, "validate")

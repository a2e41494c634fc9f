"""Which campaign is meant; which audience."""

import pytest

from mailhub import Conflict, Hub, Invalid, NotFound
from mailhub.testing import make_owner
from mailhub_sending.finding import audience_keys, find


def test_by_number_name_and_part(team, make) -> None:
    spring, summer = make(name="Spring letter"), make(name="Summer letter")
    account = team.account.id
    assert find(account, str(summer.number), "validate").id == summer.id
    assert find(account, "spring LETTER", "validate").id == spring.id
    assert find(account, "summ", "validate").id == summer.id
    assert find(account, "2", "validate").number == 2


def test_several_are_listed_with_their_numbers(team, make) -> None:
    make(name="Spring letter"), make(name="Summer letter")
    with pytest.raises(Conflict, match=r"Several campaigns fit \(2 Summer letter, 1 Spring letter\)"):
        find(team.account.id, "letter", "validate")


def test_an_exact_name_wins_over_parts(team, make) -> None:
    exact = make(name="Letter")
    make(name="Letter two")
    assert find(team.account.id, "letter", "validate").id == exact.id


def test_only_those_the_action_fits_are_candidates(team, make) -> None:
    make(name="A letter")
    sending = make("sending", name="B letter")
    assert find(team.account.id, "letter", "pause").id == sending.id
    assert find(team.account.id, "", "pause").id == sending.id
    assert find(team.account.id, "", "stats").id == sending.id
    with pytest.raises(Conflict, match="No campaign is in a state"):
        find(team.account.id, "", "resume")


def test_what_is_not_there(hub: Hub, team, make) -> None:
    with pytest.raises(NotFound, match="no campaign yet"):
        find(team.account.id, "", "pause")
    other = make(name="Ours")
    stranger, _, _ = make_owner(hub, "Other")
    for which in (str(other.number), "Ours", "99999999999999999999"):
        with pytest.raises(NotFound, match="There is no campaign"):
            find(stranger.id, which, "show")


def test_audiences_by_key_and_name(hub: Hub, team) -> None:
    assert audience_keys(hub, team.account.id, ["3 People", "people:5000", "people:3"], "audience") == [
        "people:3",
        "people:5000",
    ]
    with pytest.raises(Invalid, match=r"There is no audience Nobody: choose one of 3 people \(people:3\)") as told:
        audience_keys(hub, team.account.id, ["Nobody"], "exclude")
    assert list(told.value.fields) == ["exclude"]


def test_two_audiences_of_one_name(hub: Hub, team, people) -> None:
    people.sizes["people:003"] = 3
    with pytest.raises(Invalid, match="write one of people:3, people:003"):
        audience_keys(hub, team.account.id, ["3 people"], "audience")

"""Segments as people make them: names, what rules may name, what becomes of one whose list is gone."""

import pytest

from mailhub.errors import Invalid, NotFound
from mailhub.hub import Hub
from mailhub.messages import Source
from mailhub.permissions import Actor
from mailhub_contacts import audiences, segments

FRENCH = {"match": "all", "rules": [{"what": "language", "how": "is", "value": "fr"}]}


@pytest.fixture
def people_there(sqlite_hub: Hub, boss: Actor) -> None:
    for name, language, chosen in (("a", "fr", "Spring"), ("b", "en", "Spring"), ("c", "fr", "")):
        sqlite_hub.call(boss, "contacts.create", address=f"{name}@example.com", language=language, lists=chosen)


@pytest.fixture
def boss(sqlite_hub: Hub, owner_of) -> Actor:  # type: ignore[no-untyped-def]
    made: Actor = owner_of(sqlite_hub)
    return made


def test_a_segment_lives(sqlite_hub: Hub, boss: Actor, people_there: None) -> None:
    made = sqlite_hub.call(boss, "segments.create", name="French", rules=FRENCH)
    number = made["number"]
    assert sqlite_hub.call(boss, "segments.list") == {"segments": [{"number": number, "name": "French"}]}
    told = sqlite_hub.call(boss, "segments.count", number=number)
    assert (told["contacts"], [each["address"] for each in told["first"]]) == (2, ["a@example.com", "c@example.com"])
    sqlite_hub.call(boss, "contacts.create", address="d@example.com", language="fr")
    assert sqlite_hub.call(boss, "segments.count", number=number)["contacts"] == 3
    changed = sqlite_hub.call(
        boss, "segments.change", number=number, name="Not French", rules={**FRENCH, "match": "none"}
    )
    assert changed == sqlite_hub.call(boss, "segments.show", number=number)
    assert sqlite_hub.call(boss, "segments.count", number=number)["contacts"] == 1
    key = f"segment:{number}"
    assert (key, "Not French", None) in [
        (each.key, each.name, each.count) for each in audiences.choices(boss.account_id)
    ]
    sqlite_hub.call(boss, "segments.delete", number=number)
    assert audiences.recipients(boss.account_id, [key], [], 0, 9) is None
    assert audiences.count(boss.account_id, ["contacts:all"], [key]) is None
    with pytest.raises(NotFound):
        sqlite_hub.call(boss, "segments.show", number=number)


def test_names_become_numbers(sqlite_hub: Hub, boss: Actor, people_there: None) -> None:
    source = Source.create(account=boss.account_id, kind="campaign", name="Sale", created_at=1)
    rules = [{"what": "list", "how": "in", "value": "Spring"}, {"what": "opened", "how": "did_not", "campaign": "Sale"}]
    made = sqlite_hub.call(boss, "segments.create", name="x", rules={"match": "all", "rules": rules})
    (spring,) = sqlite_hub.call(boss, "lists.list")["lists"]
    assert [made["rules"]["rules"][0]["value"], made["rules"]["rules"][1]["campaign"]] == [spring["number"], source.id]
    assert sqlite_hub.call(boss, "segments.count", number=made["number"])["contacts"] == 2
    sqlite_hub.call(boss, "lists.delete", number=spring["number"])
    assert audiences.recipients(boss.account_id, [f"segment:{made['number']}"], [], 0, 9) is None
    with pytest.raises(Invalid, match="no list"):
        sqlite_hub.call(boss, "segments.count", number=made["number"])
    Source.create(account=boss.account_id, kind="campaign", name="Sale", created_at=1)
    with pytest.raises(Invalid, match="Several campaigns"):
        segments.create(sqlite_hub, boss, "y", {"match": "all", "rules": rules[1:]})


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"what": "list", "how": "in", "value": "Autumn"}, "no list Autumn"),
        ({"what": "group", "how": "in", "value": 3}, "no group 3"),
        ({"what": "opened", "how": "did", "campaign": 9}, "no campaign 9"),
        ({"what": "custom:shoes", "how": "empty"}, "no field shoes"),
    ],
)
def test_what_is_not_there_is_said(sqlite_hub: Hub, boss: Actor, rule: dict[str, object], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        sqlite_hub.call(boss, "segments.create", name="x", rules={"match": "all", "rules": [rule]})


def test_names_are_checked(sqlite_hub: Hub, boss: Actor) -> None:
    sqlite_hub.call(boss, "segments.create", name="x", rules=FRENCH)
    for name, sentence in (("x", "already"), ("", "needs a name"), ("n" * 101, "100 characters")):
        with pytest.raises(Invalid, match=sentence):
            sqlite_hub.call(boss, "segments.create", name=name, rules=FRENCH)

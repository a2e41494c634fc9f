"""Lists as audiences: each address once, pages that are walks along an index, fields for personalisation."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mailhub.db import is_postgres, sql
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import audiences, lists
from mailhub_contacts.models import GROUP, Contact, ContactList

EVERYONE = "contacts:all"


@pytest.fixture
def keys(hub: Hub, owner: Actor) -> dict[str, str]:
    """Spring: a b c; Autumn: b c d; nobody's: e. Names to audience keys."""
    chosen = {"a": "Spring", "b": "Spring,Autumn", "c": "Spring,Autumn", "d": "Autumn", "e": ""}
    for name, wanted in chosen.items():
        hub.call(owner, "contacts.create", address=f"{name}@example.com", lists=wanted)
    return {each["name"]: f"list:{each['number']}" for each in hub.call(owner, "lists.list")["lists"]}


def walk(hub: Hub, owner: Actor, include: Sequence[str], exclude: Sequence[str] = (), limit: int = 2) -> str:
    """All recipients, page by page, as the first letters of their addresses; checks the count on the way."""
    asked = {"hub": hub, "account": owner.account_id, "include": include, "exclude": exclude}
    letters, after = "", 0
    while page := hub.hook.audience_recipients(**asked, after=after, limit=limit):
        assert len(page) <= limit
        letters += "".join(each.address[0] for each in page)
        after = page[-1].key
    assert hub.hook.audience_count(**asked) == len(letters)
    return letters


def test_recipients_of_lists(hub: Hub, owner: Actor, keys: dict[str, str]) -> None:
    spring, autumn = keys["Spring"], keys["Autumn"]
    assert walk(hub, owner, [spring]) == "abc"
    assert walk(hub, owner, [spring, autumn, spring]) == "abcd"
    assert walk(hub, owner, [spring], [autumn], limit=1) == "a"
    assert walk(hub, owner, [EVERYONE]) == "abcde"
    assert walk(hub, owner, [EVERYONE, spring], [autumn]) == "ae"
    assert walk(hub, owner, [spring], [EVERYONE]) == ""


def test_keys_that_are_not_ours_or_not_there(hub: Hub, owner: Actor, keys: dict[str, str]) -> None:
    asked = {"hub": hub, "account": owner.account_id, "exclude": []}
    assert hub.hook.audience_recipients(**asked, include=["segment:1"], after=0, limit=9) is None
    assert hub.hook.audience_count(**asked, include=[keys["Spring"], "segment:1"]) is None
    assert is_gone(hub, owner, ["list:999999"])


def test_a_deleted_list_is_no_audience_nor_does_it_exclude_nobody(hub: Hub, owner: Actor, keys: dict[str, str]) -> None:
    spring, autumn = keys["Spring"], keys["Autumn"]
    assert walk(hub, owner, [autumn], [spring]) == "d"
    hub.call(owner, "lists.delete", number=int(spring[5:]))
    assert is_gone(hub, owner, [spring])
    assert is_gone(hub, owner, [spring, autumn])
    assert is_gone(hub, owner, [autumn], [spring])
    assert is_gone(hub, owner, [EVERYONE], [spring])
    assert walk(hub, owner, [autumn]) == "bcd"


def is_gone(hub: Hub, owner: Actor, include: Sequence[str], exclude: Sequence[str] = ()) -> bool:
    asked = {"hub": hub, "account": owner.account_id, "include": include, "exclude": exclude}
    counted = hub.hook.audience_count(**asked)
    return hub.hook.audience_recipients(**asked, after=0, limit=9) is None and counted is None


def test_another_accounts_list_brings_nobody(hub: Hub, owner: Actor, stranger: Actor, keys: dict[str, str]) -> None:
    assert is_gone(hub, stranger, [keys["Spring"]])
    assert is_gone(hub, stranger, [EVERYONE], [keys["Spring"]])
    assert audiences.fields_of(stranger.account_id, [Contact.get(Contact.address == "a@example.com").id]) == {}


def test_each_address_once_though_it_has_copies(hub: Hub, owner: Actor, keys: dict[str, str]) -> None:
    first = Contact.get(Contact.address == "a@example.com")
    same = {"account": owner.account_id, "address": first.address, "address_key": first.address_key}
    copies = [Contact.create(**same, copy=n, created_at=1, updated_at=1) for n in (1, 2)]
    for contact in copies:
        hub.call(owner, "contacts.change", number=contact.id, lists=["Autumn"])
    assert walk(hub, owner, [EVERYONE]) == "abcde"
    assert walk(hub, owner, [keys["Spring"], keys["Autumn"]]) == "abcd"
    assert walk(hub, owner, [keys["Autumn"]]) == "bcda"  # the first copy that is in it
    assert walk(hub, owner, [keys["Spring"]], [keys["Autumn"]]) == ""  # a copy in Autumn excludes the address


def test_audiences_are_told_with_their_counts(hub: Hub, owner: Actor, stranger: Actor, keys: dict[str, str]) -> None:
    told = [(each.key, each.name, each.count) for each in audiences.choices(owner.account_id)]
    assert told == [(keys["Autumn"], "Autumn", 3), (keys["Spring"], "Spring", 3), (EVERYONE, "All contacts", 5)]
    assert audiences.choices(stranger.account_id) == []


def test_fields_for_personalisation(hub: Hub, owner: Actor) -> None:
    made = hub.call(
        owner, "contacts.create", address="a@example.com", language="fr", display="Madame Côté",
        fields={"first_name": "Anne", "Size": "M"},
    )  # fmt: skip
    fields = hub.fields_of(owner.account_id, [made["number"], 10**12])
    assert list(fields) == [made["number"]]
    told = fields[made["number"]]
    assert (told["address"], told["language"], told["display"]) == ("a@example.com", "fr", "Madame Côté")
    assert (told["first_name"], told["size"], told["city"]) == ("Anne", "M", "")


def test_pages_never_read_a_whole_table(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Callable[[Hub], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.call(owner, "contacts.import", file=sheet([[f"p{n}@example.com"] for n in range(5000)]), lists="A,B,C")
    work(hub)
    if is_postgres():
        sql("ANALYZE contacts")
        sql("ANALYZE list_contacts")
    keys = [f"list:{each.id}" for each in ContactList.select().order_by(ContactList.id)]
    asked: list[tuple[str, list[object]]] = []

    def spy(query: str, parameters: list[object]) -> object:
        asked.append((query, parameters))
        return sql(query, parameters)

    monkeypatch.setattr(audiences, "sql", spy)
    assert len(audiences.recipients(owner.account_id, keys[:2], [], 4000, 100) or []) == 100
    assert len(audiences.recipients(owner.account_id, [EVERYONE], [], 4000, 100) or []) == 100
    assert audiences.recipients(owner.account_id, keys[:2], keys[2:], 4000, 100) == []
    for query, parameters in asked:
        explain = "EXPLAIN " if is_postgres() else "EXPLAIN QUERY PLAN "
        plan = "\n".join(str(row[-1]) for row in sql(explain + query, parameters).fetchall())
        small = [line for line in plan.splitlines() if "(subquery" not in line and "Subquery" not in line]
        assert not [line for line in small if "Seq Scan on" in line or line.startswith(("SCAN c", "SCAN m"))], plan


def test_a_group_is_an_audience_and_an_exclusion(hub: Hub, owner: Actor) -> None:
    for name in "ab":
        hub.call(owner, "contacts.create", address=f"{name}@example.com", lists=["Spring"])
    (spring,) = lists.find_or_create(hub, owner, ["Spring"])
    friends = lists.create(hub, owner, "Friends", GROUP)
    first = Contact.get(Contact.address == "a@example.com")
    lists.put(first, [friends], GROUP)
    everyone, some = f"list:{spring.id}", f"group:{friends.id}"
    told = audiences.recipients(owner.account_id, [some], [], 0, 10)
    assert told is not None
    assert [each.address for each in told] == ["a@example.com"]
    told = audiences.recipients(owner.account_id, [everyone], [some], 0, 10)
    assert told is not None
    assert [each.address for each in told] == ["b@example.com"]
    named = {each.key: (each.name, each.count) for each in audiences.choices(owner.account_id)}
    assert (named[everyone], named[some]) == (("Spring", 2), ("Friends", 1))

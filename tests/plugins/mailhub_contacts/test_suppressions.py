"""Suppressed addresses: added, found, released."""

import pytest

from mailhub.address import address_key
from mailhub.addresses import suppressed
from mailhub.errors import Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import suppressions


def test_addresses_are_suppressed_and_released(hub: Hub, owner: Actor, stranger: Actor) -> None:
    done = hub.call(owner, "suppressions.add", addresses="A@example.com\nb@example.com", scope="bulk")
    assert done == {"added": 2, "given": 2, "scope": "bulk"}
    assert hub.call(owner, "suppressions.add", addresses=["a@example.com"])["added"] == 0
    hub.call(owner, "suppressions.add", addresses="a@example.com", scope="all")
    key = address_key("a@example.com")
    assert suppressed(owner.account_id, [key], "transactional") == {key: "manual"}
    assert suppressed(stranger.account_id, [key], "bulk") == {}
    with pytest.raises(NotFound, match="is not suppressed"):
        hub.call(stranger, "suppressions.release", address="a@example.com")
    assert hub.call(owner, "suppressions.release", address="a@EXAMPLE.com", scope="all")["released"] == 1
    assert suppressed(owner.account_id, [key], "transactional") == {}
    assert hub.call(owner, "suppressions.release", address="a@example.com")["released"] == 1


def test_search_goes_from_the_newest(hub: Hub, owner: Actor, stranger: Actor) -> None:
    hub.call(stranger, "suppressions.add", addresses="theirs@example.com")
    hub.call(owner, "suppressions.add", addresses="a@example.com, b@example.com, c@example.com")
    page = hub.call(owner, "suppressions.list", limit=2)
    assert [each["address"][0] for each in page["suppressions"]] == ["c", "b"]
    rest = hub.call(owner, "suppressions.list", before=page["next"])
    assert ([each["address"][0] for each in rest["suppressions"]], rest["next"]) == (["a"], None)
    assert [each.address for each in suppressions.search(owner.account_id, "B@example.com")] == ["b@example.com"]
    assert len(suppressions.search(owner.account_id, "example")) == 3
    assert page["suppressions"][0]["origin"] == owner.name


def test_what_cannot_be_suppressed(hub: Hub, owner: Actor) -> None:
    for arguments, said in (
        ({"addresses": "a@example.com, nobody"}, "nobody: The address has no @"),
        ({"addresses": " , "}, "There is no address"),
        ({"addresses": "a@example.com", "scope": "list"}, "list is no scope"),
        ({"addresses": [f"{n}@example.com" for n in range(2001)]}, "more than 2000"),
    ):
        with pytest.raises(Invalid, match=said):
            hub.call(owner, "suppressions.add", **arguments)
    assert suppressions.search(owner.account_id) == []


def test_pasted_text() -> None:
    assert suppressions.parts("a@b.ca; c@d.ca\n\te@f.ca,,") == ["a@b.ca", "c@d.ca", "e@f.ca"]

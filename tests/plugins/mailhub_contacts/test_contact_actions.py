"""Contacts asked for from any door."""

import pytest

from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor


def test_a_page_of_contacts_has_a_limit(hub: Hub, owner: Actor) -> None:
    for limit in (0, 1001):
        with pytest.raises(Invalid, match="limit"):
            hub.call(owner, "contacts.list", limit=limit)
    assert hub.call(owner, "contacts.list", limit="1000") == {"contacts": [], "next": None}


def test_what_a_change_does_not_name_stays(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "contacts.create", address="a@example.com", display="Anne", lists="Spring")["number"]
    told = hub.call(owner, "contacts.change", number=str(number), language="fr")
    assert (told["address"], told["display"], told["language"]) == ("a@example.com", "Anne", "fr")
    assert len(hub.call(owner, "contacts.show", number=number)["lists"]) == 1
    assert hub.call(owner, "contacts.change", number=number, lists=[])["number"] == number
    assert hub.call(owner, "contacts.show", number=number)["lists"] == []

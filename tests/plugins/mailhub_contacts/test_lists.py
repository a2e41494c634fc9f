"""Lists: made, renamed, counted, deleted with or without their contacts."""

from collections.abc import Callable

import pytest

from mailhub.errors import Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import lists
from mailhub_contacts.models import GROUP, Contact, ContactList, ListContact

Work = Callable[[Hub], None]


def fill(hub: Hub, owner: Actor) -> tuple[int, int]:
    """Spring holds a, b, c; Autumn holds c. Their numbers."""
    hub.call(owner, "contacts.create", address="a@example.com", lists="Spring")
    hub.call(owner, "contacts.create", address="b@example.com", lists="Spring")
    hub.call(owner, "contacts.create", address="c@example.com", lists="Spring,Autumn")
    by_name = {each["name"]: each["number"] for each in hub.call(owner, "lists.list")["lists"]}
    return by_name["Spring"], by_name["Autumn"]


def test_lists_are_told_by_name_with_their_counts(hub: Hub, owner: Actor) -> None:
    spring, autumn = fill(hub, owner)
    hub.call(owner, "lists.create", name="Empty")
    assert hub.call(owner, "lists.list")["lists"] == [
        {"number": autumn, "name": "Autumn", "contacts": 1},
        {"number": ContactList.get(ContactList.name == "Empty").id, "name": "Empty", "contacts": 0},
        {"number": spring, "name": "Spring", "contacts": 3},
    ]
    assert lists.count_only_here(lists.find(owner.account_id, spring)) == 2


@pytest.mark.parametrize(
    ("name", "said"), [("", "no name"), ("x" * 101, "too long"), ("Spring", "There is a list Spring")]
)
def test_names_that_cannot_be(hub: Hub, owner: Actor, name: str, said: str) -> None:
    number = hub.call(owner, "lists.create", name="Spring")["number"]
    autumn = hub.call(owner, "lists.create", name="Autumn")["number"]
    for action, arguments in (("lists.create", {}), ("lists.rename", {"number": autumn})):
        with pytest.raises(Invalid, match=said):
            hub.call(owner, action, name=name, **arguments)
    assert hub.call(owner, "lists.rename", number=number, name="Spring")["name"] == "Spring"


def test_a_list_is_renamed(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "lists.create", name="Spring")["number"]
    hub.call(owner, "lists.rename", number=number, name="Printemps")
    assert ContactList.get_by_id(number).name == "Printemps"


def test_a_list_is_deleted_alone(hub: Hub, owner: Actor, work: Work) -> None:
    spring, _ = fill(hub, owner)
    assert hub.call(owner, "lists.delete", number=spring) == {"number": spring, "name": "Spring", "contacts": 0}
    with pytest.raises(NotFound):
        lists.find(owner.account_id, spring)
    hub.call(owner, "lists.create", name="Spring")  # its name is free at once
    work(hub)
    assert (Contact.select().count(), ListContact.select().count()) == (3, 1)
    assert not ContactList.select().where(ContactList.id == spring).exists()


def test_a_list_is_deleted_with_the_contacts_it_alone_holds(hub: Hub, owner: Actor, work: Work) -> None:
    spring, _ = fill(hub, owner)
    hub.call(owner, "suppressions.add", addresses="a@example.com")
    assert hub.call(owner, "lists.delete", number=spring, contacts=True)["contacts"] == 2
    work(hub)
    assert [each.address for each in Contact.select()] == ["c@example.com"]
    assert hub.call(owner, "suppressions.list")["suppressions"][0]["address"] == "a@example.com"


def test_a_group_holds_nobody_back_and_a_list_on_its_way_out_neither(hub: Hub, owner: Actor, work: Work) -> None:
    spring, autumn = fill(hub, owner)
    friends = lists.create(hub, owner, "Spring", GROUP)  # a group and a list may share a name
    (first, *_) = Contact.select().order_by(Contact.id)
    lists.put(first, [friends], GROUP)
    assert [each.id for each in lists.of_contact(owner.account_id, first.id)] == [spring]
    assert [each.id for each in lists.of_contact(owner.account_id, first.id, GROUP)] == [friends.id]
    hub.call(owner, "lists.delete", number=autumn)
    assert hub.call(owner, "lists.delete", number=spring, contacts=True)["contacts"] == 3
    work(hub)
    assert Contact.select().count() == 0
    assert lists.count(friends) == 0
    with pytest.raises(Invalid, match="There is a group Spring already"):
        lists.create(hub, owner, "Spring", GROUP)


def test_contacts_go_only_with_the_right_to_delete_them(hub: Hub, owner: Actor) -> None:
    spring, _ = fill(hub, owner)
    clerk = Actor(owner.account_id, "web", None, "clerk", frozenset({"lists.edit"}))
    with pytest.raises(Forbidden, match=r"contacts\.edit"):
        hub.call(clerk, "lists.delete", number=spring, contacts=True)


def test_a_long_list_is_emptied_in_slices(hub: Hub, owner: Actor, monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    monkeypatch.setattr(lists, "BATCH", 2)
    spring, _ = fill(hub, owner)
    hub.call(owner, "lists.delete", number=spring, contacts=True)
    work(hub)
    assert [each.address for each in Contact.select()] == ["c@example.com"]


def test_members_come_page_by_page(hub: Hub, owner: Actor) -> None:
    spring, _ = fill(hub, owner)
    assert [each.address[0] for each in lists.members(owner.account_id, spring, page=2)] == ["a", "b", "c"]
    assert len(list(lists.members(owner.account_id, None, page=1))) == 3


def test_numbers_and_names_mean_lists(hub: Hub, owner: Actor, stranger: Actor) -> None:
    number = hub.call(owner, "lists.create", name="2027")["number"]
    other = hub.call(stranger, "lists.create", name="Theirs")["number"]
    found = lists.find_or_create(hub, owner, ["2027", str(number), " ", "New"])
    assert [each.name for each in found] == ["2027", "New"]
    with pytest.raises(NotFound):
        lists.find_or_create(hub, owner, [str(other)])

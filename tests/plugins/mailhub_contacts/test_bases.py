"""An account's contacts, asked for by key."""

from mailhub.address import address_key
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts.bases import AccountBase

A, B = address_key("a@example.com"), address_key("b@example.com")


def test_only_the_accounts_own_are_known(hub: Hub, owner: Actor, stranger: Actor) -> None:
    made = hub.call(owner, "contacts.create", address="A@example.com", language="fr", fields={"city": "Lyon"})
    hub.call(stranger, "contacts.create", address="b@example.com")
    known = AccountBase(owner.account_id).known([A, B])
    assert {key: each[:4] for key, each in known.items()} == {A: (made["number"], "fr", "", '{"city":"Lyon"}')}
    assert AccountBase(owner.account_id).known([]) == {}


def test_whom_campaigns_do_not_reach_is_suppressed(hub: Hub, owner: Actor, stranger: Actor) -> None:
    hub.call(owner, "suppressions.add", addresses="a@example.com", scope="bulk")
    hub.call(stranger, "suppressions.add", addresses="b@example.com")
    assert set(AccountBase(owner.account_id).suppressed([A, B])) == {A}

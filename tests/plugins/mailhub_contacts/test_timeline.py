"""What happened to an address, newest first."""

from mailhub import outbox
from mailhub.accounts import Account
from mailhub.address import address_key
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.messages import BOUNCED, DELIVERED, Outcome
from mailhub.permissions import Actor
from mailhub.testing import make_source
from mailhub_contacts import timeline

KEY = address_key("a@example.com")


def send(hub: Hub, owner: Actor, name: str, kind: str, at: int) -> None:
    """One message to a@example.com and one to b@example.com, with this outcome."""
    source = make_source(hub, Account.get_by_id(owner.account_id), ["a@example.com", "b@example.com"], name=name)
    with transaction():
        claimed = outbox.claim(source, hub.node.number, 10, hub.ms())
        outcomes = [Outcome(each.id, 1, kind, at + n, text=f"said {each.address}") for n, each in enumerate(claimed)]
        assert outbox.settle(hub.node.number, outcomes) == 2


def test_the_events_of_an_address_newest_first(hub: Hub, owner: Actor, stranger: Actor) -> None:
    send(hub, owner, "Spring", DELIVERED, 1000)
    send(hub, owner, "Autumn", BOUNCED, 2000)
    moments = timeline.of_address(owner.account_id, KEY)
    assert [(each.kind, each.source, each.text) for each in moments] == [
        ("bounced", "Autumn", "said a@example.com"),
        ("delivered", "Spring", "said a@example.com"),
    ]
    assert moments[0].at > moments[1].at
    assert timeline.of_address(stranger.account_id, KEY) == []


def test_a_contact_is_shown_with_them(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "contacts.create", address="A@example.com")["number"]
    send(hub, owner, "Spring", DELIVERED, 1000)
    told = hub.call(owner, "contacts.show", number=number)["timeline"]
    assert [(each["kind"], each["at"]) for each in told] == [("delivered", "1970-01-01T00:00:01+00:00")]

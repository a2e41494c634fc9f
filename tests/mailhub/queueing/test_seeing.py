"""A group with the servers' words, whose mail it is, and the lanes of all workers together."""

from typing import Any

from mailhub.db import transaction
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import NEVER, Queued, Source
from mailhub.outbox import lanes
from mailhub.outbox.waiting import Chosen, Group
from mailhub.queueing import seeing

from .conftest import World


def test_words_are_counted_and_mailboxes_named_to_their_account_alone(core: Hub, world: World) -> None:
    group = Chosen("grey.example", "greylisted")
    one = Queued.get(Queued.source == world.theirs)
    Queued.update(code=450, text="wait").where(Queued.id == one.id).execute()
    assert seeing.said(group, by_operator=True) == [(451, "<…@grey.example> come back", 7), (450, "wait", 1)]
    mine = group._replace(account_id=world.operator.account_id)
    assert seeing.said(mine, by_operator=False) == [(451, "<u@grey.example> come back", 5)]
    assert seeing.said(Chosen("b.example", ""), by_operator=True) == []


def test_words_that_differ_in_the_mailbox_alone_are_one(core: Hub, world: World) -> None:
    for row in Queued.select().where(Queued.domain == "grey.example"):
        Queued.update(text=f"{row.address}: full").where(Queued.id == row.id).execute()
    assert seeing.said(Chosen("grey.example"), by_operator=True) == [(451, "…@grey.example: full", 8)]
    assert len(seeing.said(Chosen("grey.example"), by_operator=False)) == 8


def test_a_group_is_told_by_account(core: Hub, world: World) -> None:
    assert seeing.parts(Chosen("grey.example")) == [(1, "Acme", 5), (2, "Zenith", 3)]
    assert seeing.parts(Chosen("grey.example", account_id=2)) == [(2, "Zenith", 3)]


def test_the_messages_of_a_group_are_of_one_account(core: Hub, world: World) -> None:
    found = seeing.messages_of(Chosen("grey.example", "greylisted", world.tenant.account_id))
    assert {row.address for row in found} == {f"v{number}@grey.example" for number in range(3)}


def test_an_unknown_reason_is_its_own_word() -> None:
    assert seeing.why("our_own") == "our_own"
    assert seeing.inward(seeing.outward("")) == ""


def test_what_is_due_and_not_paused_should_be_leaving(core: Hub, world: World) -> None:
    now = core.ms()
    assert seeing.is_due(now)
    Queued.delete().where(Queued.domain == "b.example").execute()
    assert not seeing.is_due(now), "the rest is tried again later"
    assert seeing.is_due(now + 700_000)
    Source.update(state="paused").execute()
    assert not seeing.is_due(now + 700_000)


def _lane(node: int, now: int, **columns: Any) -> None:
    row = {
        "route_id": 0, "egress_id": 0, "destination": "google", "route": "direct", "egress": "", "provider": "google",
        "connections": 2, "backlog": 10, "rate": 120, "usual": 600, "state": lanes.OK, "why": Sentence("Busy."),
        "until": None,
    }  # fmt: skip
    with transaction():
        lanes.publish(node, [{**row, **columns}], now)


def test_a_lane_of_several_workers_is_one_line_with_the_worst_state(core: Hub) -> None:
    now = core.ms()
    _lane(1, now)
    _lane(2, now, connections=1, backlog=5, state=lanes.SLOWED, why=Sentence("Slow."), until=now + 1000)
    _lane(3, now, destination="mx.a.example", provider="", connections=0, usual=0)
    google, other = seeing.all_lanes(now, {"google": "Google"})
    assert google[:2] == ("google", "google")
    assert (google.connections, google.backlog, google.rate, google.usual, google.share) == (3, 15, 240, 600, 40)
    assert (google.state, google.why, google.until) == (lanes.SLOWED, "Slow.", now + 1000)
    assert (other.rate, other.share) == (0, None), "without a connection nothing moves, whatever was measured"
    assert seeing.all_lanes(now + lanes.FRESH + 1, {}) == []
    assert (google.name, other.name) == ("Google", "mx.a.example")


def test_a_lane_is_called_by_its_providers_name_or_its_first_server(core: Hub) -> None:
    _lane(1, core.ms(), destination="certified mx1.a.example, mx2.a.example; mx3.a.example", provider="")
    _lane(2, core.ms(), destination="", provider="", route="relay", route_id=4)
    _lane(3, core.ms(), destination="", provider="", route="direct", state=lanes.RESOLVING)
    assert {each.name for each in seeing.all_lanes(core.ms(), {})} == {"mx1.a.example +2", "relay", ""}


def test_what_waits_behind_a_closed_lane_is_tried_again_when_it_opens(core: Hub) -> None:
    now = core.ms()
    shut = {"state": lanes.BLOCKED, "why": Sentence("No.")}
    _lane(1, now, destination="google: gmail-smtp-in.l.google.com", until=now + 900_000, **shut)
    _lane(2, now, destination="mx1.a.example, mx2.a.example", provider="", until=now + 300_000, **shut)
    _lane(3, now, destination="mx.b.example", provider="")
    closed = seeing.shut(now)
    group = Group("gmail.com", "blocked", 5, now, now + 60_000, 421, "no")
    for domain, due in (
        ("gmail.com", 900_000), ("a.example", 300_000), ("a.example.org", 60_000), ("b.example", 60_000)
    ):  # fmt: skip
        assert seeing.next_attempt(group._replace(domain=domain), closed) == now + due, domain
    assert seeing.next_attempt(group._replace(next_due=now + 950_000), closed) == now + 950_000
    assert seeing.told(group, True, closed)["next_attempt"] == now + 900_000
    assert seeing.told(group._replace(next_due=NEVER), True, closed)["next_attempt"] is None

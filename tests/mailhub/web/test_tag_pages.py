"""The page of tags: what to do first, the numbers of each tag, one over time, and what is counted of submitted mail."""

from mailhub import tags
from mailhub.accounts import Account
from mailhub.counting import count_events
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.messages import Outcome
from mailhub.outbox import claim, settle
from mailhub.submitted import chosen
from mailhub.testing import make_source

from . import seed
from .conftest import Browser


def _send(hub: Hub, tag: str) -> None:
    source = make_source(hub, Account.get_by_id(1), ["a@example.com", "b@example.com"])
    with bulk():
        ids = [each.id for each in claim(source, hub.node.number, 2, hub.ms())]
        tags.put(1, tag, ids)
        settle(hub.node.number, [Outcome(id_, 1, "delivered", hub.ms(), 250) for id_ in ids])
    count_events(hub)


def test_without_tags_it_says_what_to_do_first(owner: Browser) -> None:
    text = owner.get("/messages/tags").text
    assert "No tagged mail yet" in text
    assert "X-MailHub-Tag" in text


def test_each_tag_has_its_numbers_and_one_is_drawn(owner: Browser, hub: Hub) -> None:
    _send(hub, "orders")
    _send(hub, "resets")
    text = owner.get("/messages/tags?tag=resets&days=7").text
    for words in ("orders", "resets day by day", "/messages?tag=orders", "data-chart"):
        assert words in text
    assert "orders day by day" in owner.get("/messages/tags?tag=nonsense&days=1000").text


def test_messages_show_and_filter_by_their_tag(owner: Browser, hub: Hub) -> None:
    _send(hub, "orders")
    seed.message(hub, seed.source(hub))
    text = owner.get("/messages?tag=orders").text
    assert "a@example.com" in text
    assert "ann@example.org" not in text
    assert "No message fits" in owner.get("/messages?tag=nothing").text


def test_what_is_counted_is_chosen_here(owner: Browser, hub: Hub) -> None:
    owner.get("/messages/tags")
    assert owner.post("/messages/tags/tracking", opens="on").status_code == 303
    assert chosen(1) == (True, False)
    assert owner.post("/messages/tags/tracking", clicks="on").status_code == 303
    assert chosen(1) == (False, True)

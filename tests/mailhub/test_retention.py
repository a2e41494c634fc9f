"""What is old goes, what is counted stays, links to unsubscribe go on working, and no reader of events misses one."""

import time
from pathlib import Path
from typing import Any

import pytest

from mailhub import counting, outbox, retention
from mailhub.accounts import Account
from mailhub.actions import Action
from mailhub.address import address_key
from mailhub.addresses import suppressed
from mailhub.db import bulk, sql, transaction
from mailhub.dsn.notices import notify
from mailhub.errors import Forbidden, Invalid
from mailhub.events import CORE_READERS, NewEvent, follow, write
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.messages import Content, Cursor, Event, FollowedLink, Message, Outcome, PastMessage, PastRecipient, Source
from mailhub.permissions import console_actor
from mailhub.retention import DAY, purge, purge_old
from mailhub.telling import tell_plugins
from mailhub.testing import make_owner, make_source
from mailhub.unsubscribing import find_reader, is_unsubscribed, resubscribe, unsubscribe
from mailhub.vocabulary import Recipient

FOREVER = 1e12


@pytest.fixture
def account(core: Hub) -> Account:
    return make_owner(core)[0]


def campaign(hub: Hub, account: Account, *outcomes: str, **columns: Any) -> tuple[Source, list[int]]:
    """A source of compiled mail to u0@example.com, u1@… with these outcomes, everything as if 500 days ago."""
    at = hub.ms() - 500 * DAY
    with bulk():
        content = Content.create(
            account=account, kind="compiled", body=b"", links=["https://a.example/"], created_at=at
        )
        columns = {"kind": "campaign", "content": content, **columns}
        source = outbox.open_source(hub, account.id, name="Old", **columns)
        page = [Recipient(n, f"u{n}@example.com") for n in range(len(outcomes))]
        ids = list(outbox.submit(hub, source, page).ids)
    with bulk():
        outbox.claim(source, hub.node.number, len(ids), hub.ms())
        outbox.settle(hub.node.number, [Outcome(*each, at) for each in zip(ids, [1] * len(ids), outcomes, strict=True)])
    return source, age(ids)


def age(ids: list[int]) -> list[int]:
    """Make messages 500 days older, in their numbers too; their new numbers."""
    back = (500 * DAY) << 22
    with transaction():
        for id_ in ids:
            sql("UPDATE messages SET id = ? WHERE id = ?", (id_ - back, id_))
            sql("UPDATE events SET message_id = ? WHERE message_id = ?", (id_ - back, id_))
    return [id_ - back for id_ in ids]


def read(hub: Hub) -> None:
    """Let every reader of the events come to their end."""
    counting.count_events(hub)
    sql("UPDATE cursors SET position = (SELECT coalesce(max(id), 0) FROM events)")


def cutoff(hub: Hub, days: int = 400) -> int:
    return hub.ms() - days * DAY


def test_old_messages_and_events_go_and_counts_stay(core: Hub, account: Account) -> None:
    source, ids = campaign(core, account, "delivered", "delivered", "bounced")
    with transaction():
        old = core.ms() - 450 * DAY
        write([NewEvent("opened", 1, old, source.id, ids[0])])
        write([NewEvent("clicked", 1, old, source.id, ids[0], values={"link": 0})])
    fresh = make_source(core, account, ["new@example.com"])
    with bulk():
        [new] = outbox.claim(fresh, core.node.number, 1, core.ms())
        outbox.settle(core.node.number, [Outcome(new.id, 1, "delivered", core.ms(), 250)])
    read(core)
    before = counting.totals(source.id), counting.by_hour(source.id), counting.links(source.id)
    assert before[0] == {
        "delivered": 2, "bounced": 1, "bounced.unknown": 1, "opened": 1, "opened.first": 1, "clicked": 1, "clicked.first": 1,
    }  # fmt: skip
    assert before[2] == {0: (1, 1)}
    assert retention.count(core, cutoff(core)) == {"messages": 3, "events": 5}
    assert purge(core, cutoff(core), FOREVER) == (3, False)
    assert retention.count(core, cutoff(core)) == {"messages": 0, "events": 0}
    assert [row.id for row in Message.select()] == [new.id]
    assert [row.message_id for row in Event.select()] == [new.id]
    assert FollowedLink.select().count() == 0
    read(core)
    assert (counting.totals(source.id), counting.by_hour(source.id), counting.links(source.id)) == before


def test_an_event_some_reader_has_not_passed_stays_with_its_message(core: Hub, account: Account) -> None:
    _, ids = campaign(core, account, *["delivered"] * 4)
    write_fresh(core)
    core.manager.register(object(), "slow")
    seen: list[int] = []
    read(core)
    with transaction():
        follow("slow.reader", 2, lambda events: seen.extend(each.id for each in events))
    assert purge(core, cutoff(core), FOREVER).messages == 2
    assert [row.id for row in Message.select().order_by(Message.id)] == ids[2:]
    with transaction():
        follow("slow.reader", 100, lambda events: seen.extend(each.id for each in events))
    assert len(seen) == len(set(seen)) == 5
    assert purge(core, cutoff(core), FOREVER).messages == 2


def test_a_reader_that_is_not_there_any_more_holds_nothing(core: Hub, account: Account) -> None:
    """A plugin that was switched off left its cursor: nobody will ever move it."""
    campaign(core, account, *["delivered"] * 2)
    read(core)
    slow = object()
    core.manager.register(slow, "slow")
    with transaction():
        follow("slow", 1, lambda events: None)
    assert retention.count(core, cutoff(core))["messages"] == 1
    core.manager.unregister(slow)
    assert retention.count(core, cutoff(core))["messages"] == 2
    assert purge(core, cutoff(core), FOREVER).messages == 2


def test_every_cursor_of_the_core_is_known(core: Hub) -> None:
    counting.count_events(core)
    plugins = {path.name.removeprefix("mailhub_") for path in (Path(__file__).parents[2] / "plugins").glob("mailhub_*")}
    names = {row.name for row in Cursor.select()}
    assert names >= set(CORE_READERS)
    assert names <= {*CORE_READERS, *plugins}


def test_who_only_hears_of_accounts_does_not_hold_deliveries(core: Hub, account: Account) -> None:
    """Nothing but deliveries for months: readers of account-level events have passed them all the same."""
    campaign(core, account, *["delivered"] * 3)
    write_fresh(core)
    sql("DELETE FROM events WHERE message_id = 0")
    counting.count_events(core)
    notify(core)
    assert purge(core, cutoff(core), FOREVER).messages == 0, "nobody was told yet"
    tell_plugins(core)
    assert purge(core, cutoff(core), FOREVER).messages == 3


def write_fresh(hub: Hub) -> None:
    """Something that happened just now."""
    with transaction():
        write([NewEvent("source.finished", 1, hub.ms())])


def test_before_anybody_reads_events_nothing_goes(core: Hub, account: Account) -> None:
    campaign(core, account, "delivered")
    assert purge(core, cutoff(core), FOREVER) == (0, False)
    assert (Message.select().count(), Event.select().count()) == (1, 1)


def test_numbers_of_events_and_contents_are_never_given_again(core: Hub, account: Account) -> None:
    """SQLite gives the number of a deleted newest row again: readers of events would never see it, links mislead."""
    source = make_source(core, account, ["a@example.com"], kind="smtp")
    with bulk():
        [one] = outbox.claim(source, core.node.number, 1, core.ms())
        outbox.settle(core.node.number, [Outcome(one.id, 1, "delivered", core.ms() - 500 * DAY, 250)])
    age([one.id])
    read(core)
    content = source.content_id
    sql("UPDATE contents SET created_at = 1")
    sql("UPDATE sources SET content_id = NULL")
    newest = Event.select().order_by(Event.id.desc()).get().id
    assert purge(core, cutoff(core), FOREVER).messages == 1
    write_fresh(core)
    assert Event.select().order_by(Event.id.desc()).get().id > newest
    assert Content.create(account=account, kind="mime", body=b"", created_at=2).id > content


def test_unsubscribing_works_after_the_message_is_purged(core: Hub, account: Account) -> None:
    source, ids = campaign(core, account, "delivered", "bounced", "refused")
    read(core)
    purge(core, cutoff(core), FOREVER)
    assert Message.select().count() == 0
    reader = find_reader(ids[0])
    assert reader is not None
    assert (reader.account_id, reader.source_id, reader.address, reader.test) == (
        account.id,
        source.id,
        "u0@example.com",
        False,
    )
    assert not is_unsubscribed(reader)
    assert unsubscribe(core, ids[0], source.content_id or 0, "link") == reader
    key = address_key("u0@example.com")
    assert suppressed(account.id, [key], "bulk") == {key: "unsubscribed"}
    read(core)
    assert counting.totals(source.id)["unsubscribed"] == 1
    assert is_unsubscribed(reader)
    assert resubscribe(core, reader)
    assert find_reader(ids[1]) is not None, "what bounced may have been read all the same"
    assert find_reader(ids[2]) is None, "what never left has no reader"


def test_an_address_is_kept_once_and_can_be_erased(core: Hub, account: Account) -> None:
    _, first = campaign(core, account, "delivered")
    _, second = campaign(core, account, "delivered")
    read(core)
    purge(core, cutoff(core), FOREVER)
    assert PastMessage.select().count() == 2
    assert [row.address for row in PastRecipient.select()] == ["u0@example.com"]
    PastRecipient.delete().execute()
    assert find_reader(first[0]) is find_reader(second[0]) is None


def test_a_message_that_waited_long_is_as_old_as_its_outcome(core: Hub, account: Account) -> None:
    _, ids = campaign(core, account, "delivered", "delivered")
    read(core)
    sql("UPDATE messages SET settled_at = ? WHERE id = ?", (core.ms(), ids[0]))
    assert purge(core, cutoff(core), FOREVER).messages == 1
    assert [row.id for row in Message.select()] == [ids[0]]


def test_whole_mail_goes_with_its_last_message_and_what_campaigns_say_stays(core: Hub, account: Account) -> None:
    campaign(core, account, "delivered")
    login = outbox.open_source(core, account.id, "smtp", "login")
    contents = []
    for state in ("old", "young", "waiting"):
        with bulk():
            made = Content.create(account=account, kind="mime", body=b"x", created_at=core.ms() - 500 * DAY).id
            [id_] = outbox.submit(core, login, [Recipient(0, f"{state}@example.com")], content_id=made).ids
        if state != "waiting":
            with bulk():
                outbox.claim(login, core.node.number, 1, core.ms())
                at = core.ms() - (500 * DAY if state == "old" else 0)
                outbox.settle(core.node.number, [Outcome(id_, 1, "delivered", at, 250)])
            age([id_])
        else:
            sql("UPDATE queue SET id = ? WHERE id = ?", (id_ - ((500 * DAY) << 22), id_))
        contents.append(made)
    compiled = Content.create(account=account, kind="compiled", body=b"", created_at=1).id
    read(core)
    purge(core, cutoff(core), FOREVER)
    left = {row.id for row in Content.select()}
    assert left >= {*contents[1:], compiled}
    assert contents[0] not in left
    assert Content.select().where(Content.kind == "compiled").count() == 2


def test_a_test_mail_leaves_nothing(core: Hub, account: Account) -> None:
    source, ids = campaign(core, account, "delivered", kind="test")
    kept, _ = campaign(core, account, "delivered")
    read(core)
    sql("UPDATE sources SET state = 'finished', finished_at = ?", (core.ms() - 500 * DAY,))
    purge(core, cutoff(core), FOREVER)
    assert [row.id for row in Source.select()] == [kept.id]
    assert [row.id for row in Content.select()] == [kept.content_id]
    assert counting.totals(source.id) == {}
    assert find_reader(ids[0]) is None


def test_the_clock_purges_what_is_configured(core: Hub, account: Account) -> None:
    campaign(core, account, "delivered")
    read(core)
    assert core.config.delivery.ledger_days == 400
    assert core.schedules["messages.purge"].run is purge_old
    purge_old(core)
    assert Message.select().count() == 0


def test_a_slice_ends_and_the_next_goes_on(core: Hub, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCHES", ((retention._messages, 2), *retention._BATCHES[1:]))
    monkeypatch.setattr(retention, "MESSAGES", 2)
    campaign(core, account, *["delivered"] * 5)
    read(core)
    assert purge(core, cutoff(core), time.monotonic() - 1) == (0, True)
    assert Message.select().count() == 5
    assert purge(core, cutoff(core), FOREVER) == (5, False)


def test_by_hand_it_is_counted_first_and_then_a_job(core: Hub, account: Account) -> None:
    campaign(core, account, *["delivered"] * 3)
    read(core)
    actor = console_actor(1)
    assert core.call(actor, "messages.count", days=450) == {"days": 450, "messages": 3, "events": 2}
    assert core.call(actor, "messages.count", days=600) == {"days": 600, "messages": 0, "events": 0}
    started = core.call(actor, "messages.purge", days="450")
    assert started["messages"] == 3
    assert Message.select().count() == 3
    while rows.work(core, started["job"]):
        pass
    job = rows.Job.get_by_id(started["job"])
    assert (job.state, job.done, job.total) == (rows.DONE, 3, 3)
    assert Message.select().count() == 0


def test_beside_mail_that_waits_it_takes_turns(core: Hub, account: Account) -> None:
    campaign(core, account, "delivered")
    make_source(core, account, ["waits@example.com"])
    read(core)
    job = rows.Job(account=account, kind=retention.PURGE, ref=cutoff(core), due_at=0, created_at=0, updated_at=0)
    assert retention._step(core, job, time.monotonic() - 1) == 4 * retention.SLICE


def test_only_the_operator_may_and_days_are_days(core: Hub, account: Account) -> None:
    other = make_owner(core, "Other", "o@example.com")[2]
    for action in ("messages.count", "messages.purge"):
        with pytest.raises(Forbidden):
            core.call(other, action, days=400)
        with pytest.raises(Invalid, match="Days are a whole number from 1"):
            core.call(console_actor(1), action, days=0)
    assert isinstance(core.actions["messages.purge"], Action)
    assert core.actions["messages.purge"].confirm

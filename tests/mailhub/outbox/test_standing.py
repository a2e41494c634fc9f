"""One true sentence for each thing that can keep a source, from a few rows read by index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub import outbox
from mailhub.accounts import Account
from mailhub.db import bulk, is_postgres, sql, transaction
from mailhub.hub import Hub
from mailhub.messages import Outcome, Queued, Source
from mailhub.outbox import standing as room
from mailhub.outbox.standing import Standing, standing
from mailhub.testing import Clock, make_hub, make_owner, make_source


@pytest.fixture
def still(tmp_path: Path, database_url: str, no_plugins: dict[str, list[str]]) -> Iterator[Hub]:
    """A hub whose clock stands at 08:00."""
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins=no_plugins) as made:
        made.clock = Clock()
        yield made


def _move(hub: Hub, seconds: float) -> None:
    assert isinstance(hub.clock, Clock)
    hub.clock.move(seconds)


def _account(hub: Hub) -> Account:
    return make_owner(hub)[0]


def _source(hub: Hub, account: Account, count: int, **columns: object) -> Source:
    columns = {"started_at": hub.ms(), "planned": count, **columns}
    return make_source(hub, account, [f"a{n}@example.com" for n in range(count)], **columns)


def _settle(hub: Hub, source: Source, *kinds: str, text: str = "OK", enhanced: str = "2.0.0") -> None:
    with bulk():
        waiting = outbox.claim(source, hub.node.number, len(kinds), hub.ms())
        outcomes = [
            Outcome(each.id, each.attempts + 1, kind, hub.ms(), 421, enhanced, text, due_at=hub.ms() + 600_000)
            for each, kind in zip(waiting, kinds, strict=True)
        ]
        outbox.settle(hub.node.number, outcomes)


def _of(hub: Hub, source: Source) -> Standing:
    return standing(hub, Source.get_by_id(source.id))


def test_it_sends_and_says_how_fast_and_until_when(still: Hub) -> None:
    source = _source(still, _account(still), 300)
    _move(still, 10)
    _settle(still, source, *["delivered"] * 100)
    assert _of(still, source) == Standing(
        "sending", "Sending 600 a minute, done at about 08:00.", 600, 200, still.ms() + 20_000
    )


def test_it_counts_whom_it_has_not_submitted_yet(still: Hub) -> None:
    source = _source(still, _account(still), 300, planned=1000, filling=True)
    assert _of(still, source).left == 1000
    assert _of(still, source).state == "starting"


def test_while_others_fill_the_newest_events_its_own_messages_tell_its_pace(
    still: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "NEWEST", 50)
    account = _account(still)
    source, loud = _source(still, account, 60), _source(still, account, 60)
    _move(still, 10)
    _settle(still, source, *["delivered"] * 40)
    _settle(still, loud, *["delivered"] * 60)
    assert _of(still, source).rate == 240


def test_it_has_a_limit_and_keeps_it(still: Hub) -> None:
    source = _source(still, _account(still), 30, rate=60)
    _move(still, 1)
    _settle(still, source, "delivered")
    assert _of(still, source)[:3] == ("limited", "Sending 60 a minute, as its limit allows, done at about 08:00.", 60)
    _move(still, 11)
    assert _of(still, source)[:2] == ("limited", "Sending 60 a minute at most, as its limit says.")


def test_it_shares_with_those_who_want_to_send_at_this_moment_and_no_other(still: Hub) -> None:
    account = _account(still)
    source = _source(still, account, 30)
    _move(still, 10)
    _settle(still, source, *["delivered"] * 10)
    outbox.pause(_source(still, account, 5).id)
    assert _of(still, source).state == "sending"
    _source(still, account, 5)
    assert _of(still, source)[:2] == (
        "sharing", "Sending 60 a minute, its share beside another one, done at about 08:00.",
    )  # fmt: skip
    _source(still, _account(still), 5)
    assert _of(still, source).sentence == "Sending 60 a minute, its share beside 2 others, done at about 08:00."
    _move(still, 11)
    assert _of(still, source)[:2] == ("sharing", "Waiting for its turn: 2 others want to send at this moment.")


def test_it_is_held_paused_cancelled_or_finished(still: Hub) -> None:
    source = _source(still, _account(still), 3)
    with transaction():
        outbox.hold(still, source, "the day's limit is reached.", still.ms() + 3_600_000)
    assert _of(still, source)[:2] == ("held", "Held until 09:00: the day's limit is reached.")
    outbox.pause(source.id)
    assert _of(still, source)[:2] == ("paused", "Paused: it goes on when somebody resumes it.")
    outbox.cancel(still, source.id)
    told = _of(still, source)
    assert (told.state, told.left) == ("cancelled", 0)
    assert told.sentence == "Cancelled on 15 January 2027, 08:00: what had not left never will."
    Source.update(state="finished").where(Source.id == source.id).execute()
    assert _of(still, source).sentence == "Finished on 15 January 2027, 08:00."


def test_the_next_server_cannot_be_reached_until_something_is_delivered(still: Hub) -> None:
    account = _account(still)
    source, other = _source(still, account, 30), _source(still, account, 30)
    _move(still, 20)
    failure = "mx.example.net port 25 could not be reached"
    _settle(still, other, "deferred", text=f"{failure} for <bob@example.net>", enhanced="4.4.1")
    told = _of(still, source)
    assert told.state == "unreachable"
    assert told.sentence == (
        "The next server cannot be reached: all waits, and it is tried again within five minutes. "
        f"The last attempt: {failure} for <…>"
    )
    _settle(still, other, "delivered")
    assert _of(still, source).state == "sharing"


def test_receiving_servers_say_not_now(still: Hub) -> None:
    source = _source(still, _account(still), 30)
    _move(still, 20)
    _settle(still, source, *["deferred"] * 9, text="Too fast", enhanced="4.7.0")
    _settle(still, source, "delivered")
    told = _of(still, source)
    assert (told.state, told.rate, told.finish_at) == ("put_off", 6, None)
    assert told.sentence == (
        "Receiving servers put off 90 of 100 attempts, which are made again later. The last one said: Too fast"
    )


def test_only_further_attempts_are_left(still: Hub) -> None:
    source = _source(still, _account(still), 2)
    _move(still, 20)
    _settle(still, source, "deferred", "deferred", text="Later", enhanced="4.7.0")
    _move(still, 60)
    assert _of(still, source)[:2] == ("waiting", "Only further attempts are left (2), the next at 08:10.")


@pytest.mark.parametrize(
    ("reason", "state", "sentence"),
    [
        ("address_spent", "waiting", "The sending addresses have sent what they may today: it goes on at 08:10, or when "
         "they may send more."),
        ("no_route", "no_route", "No route of the rule that fits its mail is switched on: it waits until the server’s "
         "operator changes that."),
    ],
)  # fmt: skip
def test_what_keeps_it_here_is_said(still: Hub, reason: str, state: str, sentence: str) -> None:
    source = _source(still, _account(still), 2)
    _move(still, 20)
    Queued.update(reason=reason, due_at=still.ms() + 580_000).execute()
    assert _of(still, source)[:2] == (state, sentence)


def test_recipients_are_read_the_last_counted_a_login_idle_and_nobody_works(still: Hub) -> None:
    account = _account(still)
    source = _source(still, account, 0, planned=5000, filling=True)
    login = _source(still, account, 0, kind="smtp")
    _move(still, 11)
    assert _of(still, source)[:2] == ("filling", "Its recipients are being read: 0 of 5,000 so far.")
    assert _of(still, login).state == "idle"
    Source.update(filling=False).where(Source.id == source.id).execute()
    assert _of(still, source)[:2] == ("counting", "The last outcomes are being counted.")
    stuck = _source(still, account, 1)
    _move(still, 11)
    assert _of(still, stuck).state == "still"


def test_moments_are_in_the_accounts_zone(still: Hub) -> None:
    account = _account(still)
    Account.update(time_zone="Europe/Paris").where(Account.id == account.id).execute()
    source = _source(still, account, 1)
    with transaction():
        outbox.hold(still, source, "Wait.", still.ms() + 60_000)
    assert _of(still, source).sentence == "Held until 09:01: Wait."


def test_no_query_reads_a_whole_queue_or_ledger(still: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(still, _account(still), 50)
    _move(still, 20)
    _settle(still, source, "deferred", "deferred", "delivered", text="x", enhanced="4.7.0")
    monkeypatch.setattr(room, "NEWEST", 1)
    asked: list[tuple[str, object]] = []
    monkeypatch.setattr(room, "sql", lambda query, values=(): asked.append((query, values)) or sql(query, values))
    _of(still, source)
    assert len(asked) >= 4
    if is_postgres():  # its planner reads small tables whole
        sql("SET enable_seqscan = off")
    explain = "EXPLAIN" if is_postgres() else "EXPLAIN QUERY PLAN"
    for query, values in asked:
        plan = "\n".join(str(row[-1]) for row in sql(f"{explain} {query}", values).fetchall())
        for table in ("queue", "messages", "events"):
            assert f"Seq Scan on {table}" not in plan
            assert f"SCAN {table}" not in plan.replace(f"SCAN {table} USING", "") or "events" in plan, (query, plan)
    assert Queued.select().where(Queued.source == source.id).count() == 49

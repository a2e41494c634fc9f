"""No question the product asks reads a large table whole, and none gets slower as the ledger grows."""

import statistics
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from mailhub import retention
from mailhub.accounts import Account, User
from mailhub.db import is_postgres, sql, transaction
from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub.web import create_app
from tests.house import asking

WHOLE = {"queue": ("GROUP BY source_id", "FROM queue q GROUP BY q.domain, q.reason")}
"""The Server and Queue pages count the whole queue, which is bounded."""


def _browser(hub: Hub) -> tuple[Account, FlaskClient]:
    account, user, _ = make_owner(hub)
    app = create_app(hub)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    email = User.get_by_id(user.id).email
    assert client.post("/sign-in", data={"email": email, "password": "a long password"}).status_code == 303
    return account, client


@pytest.fixture
def no_sequential_scans() -> Iterator[None]:
    """PostgreSQL reads a small table whole whatever indexes there are, unless it is told that this is dear."""
    yield
    if is_postgres():
        sql("SET enable_seqscan = on")


def test_every_question_has_an_index(hub: Hub, no_sequential_scans: None) -> None:
    account, browser = _browser(hub)
    filled = asking.fill(hub, account, 2000)
    with asking.listening() as said:
        asking.send(hub, filled, 1, 50)
        asking.see(hub, filled)
        for ask in asking.questions(hub, filled, browser).values():
            ask()
        assert retention.purge(hub, hub.ms() - 1000, time.monotonic() + 60).messages > 900
    asked = asking.about_large_tables(said)
    assert len(asked) > 40
    if is_postgres():
        sql("SET enable_seqscan = off")
    wrong = [
        (table, query)
        for query, parameters in asked
        for table in asking.whole_reads(query, parameters)
        if not any(each in query for each in WHOLE.get(table, ()))
    ]
    assert not wrong, "\n".join(f"{table} is read whole by {query}" for table, query in wrong)


def test_a_question_without_an_index_is_found(hub: Hub, no_sequential_scans: None) -> None:
    asking.fill(hub, _browser(hub)[0], 100)
    if is_postgres():
        sql("SET enable_seqscan = off")
    assert asking.whole_reads("SELECT id FROM messages m WHERE m.code = 5", ()) == ["messages"]
    assert asking.whole_reads("SELECT id FROM messages m WHERE m.id = 5", ()) == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_five_million_messages_cost_no_more_than_none(hub: Hub) -> None:
    account, browser = _browser(hub)
    few = asking.fill(hub, account, 5000)
    before = _settling(hub, few)
    with transaction():
        for table in ("campaigns", "queue", "messages", "events", "cursors"):
            sql(f"DELETE FROM {table}")
    filled = asking.fill(hub, account, 5_000_000)
    after = _settling(hub, filled)
    print(f"settling 500: {before * 1000:.1f} ms with 5,000 messages, {after * 1000:.1f} ms with 5,000,000")
    assert after < 2.5 * before + 0.005
    asking.see(hub, filled)
    slow = {}
    for name, ask in asking.questions(hub, filled, browser).items():
        ask()  # pages are compiled and read from disk once
        took = min(_timed(ask) for _ in range(3))
        if took > 0.1:
            slow[name] = round(took * 1000)
    assert not slow, f"milliseconds: {slow}"
    worst = max(_timed(lambda: _purge_a_little(hub)) for _ in range(20))
    print(f"the longest slice of a purge: {worst * 1000:.0f} ms")
    assert worst < 0.5


def _purge_a_little(hub: Hub) -> None:
    """What the clock does every ten seconds, with most of the ledger old."""
    purged = retention.purge(hub, hub.ms() - 1_000_000, time.monotonic() + retention.SLICE)
    assert purged.messages > 0
    assert purged.more


def _settling(hub: Hub, filled: asking.Filled) -> float:
    """Seconds that submitting, claiming and settling 500 messages take, the median of several."""
    return statistics.median(_timed(lambda number=number: asking.send(hub, filled, number)) for number in range(15))  # type: ignore[misc]


def _timed(ask: object) -> float:
    began = time.perf_counter()
    ask()  # type: ignore[operator]
    return time.perf_counter() - began

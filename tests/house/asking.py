"""Everything the product asks of the large tables, asked once; a filled ledger to ask it of; what was said to the database."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask.testing import FlaskClient

from mailhub import counting, ids, outbox, retention
from mailhub.accounts import Account
from mailhub.address import address_key
from mailhub.db import bulk, is_postgres, sql, transaction
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.ids import EPOCH
from mailhub.jobs.engine import Engine
from mailhub.jobs.sweep import sweep
from mailhub.messages import CLICKED, DELIVERED, OPENED, OUTCOMES, Content, Message, Outcome, Source
from mailhub.outbox import settling
from mailhub.unsubscribing import find_reader
from mailhub.vocabulary import Recipient
from mailhub_contacts import timeline
from mailhub_sending import ledger, statistics
from mailhub_sending.models import Campaign

LARGE = ("messages", "events", "counters", "queue", "followed_links", "link_counts", "past_messages", "past_recipients")
_STEP = 1 << 22  # one millisecond in a message's number


class Filled(NamedTuple):
    """An account with a large ledger: its campaigns, one still sending, and how long ago the first message was, in ms."""

    account: Account
    finished: Campaign
    live: Campaign


def fill(hub: Hub, account: Account, rows: int, campaigns: int = 5) -> Filled:
    """Write `rows` messages and as many events by SQL: one in 1,000 bounced, one in 500 opened; half a year of them."""
    with transaction():
        content = Content.create(
            account=account, kind="compiled", body=b"", links=["https://example.com/"], created_at=1
        )
        ended = [_campaign(hub, account, content, number + 1, "finished") for number in range(campaigns)]
        live = _campaign(hub, account, content, campaigns + 1, "sending")
    first, each = ended[0].source_id, -(-rows // campaigns)
    began = hub.ms() - rows
    made = f"{(began - EPOCH) * _STEP} + n * {_STEP}"
    numbers = (
        f"generate_series(0::bigint, {rows - 1}) AS s(n)" if is_postgres() else
        f"(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {rows - 1}) SELECT n FROM s) AS s"
    )  # fmt: skip
    with transaction():
        sql(
            "INSERT INTO messages (id, account_id, source_id, recipient_key, address, address_key, content_id, outcome, "
            "attempts, code, enhanced, text, reason, plugin, route, tls, settled_at, opened_at) "
            f"SELECT {made}, {account.id}, {first} + n / {each}, n, 'reader' || n || '@example.net', "
            f"mod(n * 2654435761, 4294967291) * 1000003, {content.id}, "
            "CASE WHEN mod(n, 1000) = 77 THEN 'bounced' ELSE 'delivered' END, 1, 250, '2.0.0', '250 Ok: queued', "
            f"'', '', 'smart_host', 'TLSv1.3', {began} + n, CASE WHEN mod(n, 500) = 5 THEN {began} + n END "
            f"FROM {numbers}"
        )
        sql(
            "INSERT INTO events (kind, account_id, source_id, message_id, attempt, at, code, enhanced, text) "
            f"SELECT 'delivered', {account.id}, {first} + n / {each}, {made}, 1, {began} + n, 250, '2.0.0', "
            f"'250 Ok: queued' FROM {numbers}"
        )
        sql("UPDATE sources SET submitted = ? WHERE account_id = ?", (each, account.id))
        sql("INSERT INTO cursors (name, position) VALUES ('counters', 0) ON CONFLICT DO NOTHING")
        sql("UPDATE cursors SET position = (SELECT max(id) FROM events)")
    if is_postgres():
        sql("ANALYZE")  # as autovacuum does; SQLite is never analysed by the product, nor here
    return Filled(account, ended[campaigns // 2], live)


def _campaign(hub: Hub, account: Account, content: Content, number: int, state: str) -> Campaign:
    source = outbox.open_source(
        hub, account.id, "campaign", f"Campaign {number}", content=content,
        state="open" if state == "sending" else "finished", started_at=hub.ms(),
    )  # fmt: skip
    return Campaign.create(
        account=account, number=number, name=f"Campaign {number}", state=state, source_id=source.id,
        content_id=content.id, created_at=hub.ms(), started_at=hub.ms(),
    )  # fmt: skip


def send(hub: Hub, filled: Filled, number: int, count: int = 500) -> None:
    """Submit, claim and settle a batch of the campaign that is sending: one deferred, the others delivered."""
    source = Source.get_by_id(filled.live.source_id)
    with bulk():
        outbox.submit(hub, source, [Recipient(n, f"late{number}.{n}@example.net") for n in range(1, count + 1)])
    with bulk():
        batch = outbox.claim(source, hub.node.number, count, hub.ms() + 1, blocked=["example.com"])
        outbox.renew(hub.node.number, [each.id for each in batch[:2]], hub.ms())
    assert len(batch) == count
    settle(hub, [each.id for each in batch])


def settle(hub: Hub, ids_: list[int]) -> None:
    """Settle claimed messages, the first of them as deferred."""
    later = Outcome(ids_[0], 1, "deferred", hub.ms(), 421, due_at=hub.ms() + 3_600_000)
    outcomes = [Outcome(id_, 1, DELIVERED, hub.ms(), 250, "2.0.0", "250 Ok: queued") for id_ in ids_[1:]]
    with bulk():
        assert outbox.settle(hub.node.number, [later, *outcomes]) == len(ids_)


def see(hub: Hub, filled: Filled) -> None:
    """Somebody opens a message and follows a link; it is counted."""
    row = Message.select().where(Message.source_id == filled.finished.source_id).order_by(Message.id.desc()).first()
    with transaction():
        for kind, values in ((OPENED, {}), (CLICKED, {"link": 0})):
            write([NewEvent(kind, row.account_id, hub.ms(), row.source_id, row.id, values=values)])
    counting.count_events(hub)
    sql("UPDATE cursors SET position = (SELECT max(id) FROM events)")  # plugins are told meanwhile


def questions(hub: Hub, filled: Filled, browser: FlaskClient) -> dict[str, Callable[[], Any]]:
    """What is asked, by name; each may be asked again and again."""
    account, source, number = filled.account, filled.finished.source_id or 0, filled.finished.number
    row = Message.select().where(Message.source_id == source).order_by(Message.id.desc()).first()
    pages = (
        "/", "/messages", f"/messages?before={row.id}", "/messages?address=reader7@example.net", f"/messages/{row.id}",
        "/server", "/server/queue", "/server/queue/lanes", "/messages/waiting",
        "/messages/waiting/group?domain=example.net&reason=turn", f"/campaigns/{number}",
        f"/campaigns/{number}/ledger", f"/campaigns/{number}/links",
        *(f"/messages?outcome={outcome}" for outcome in OUTCOMES),
        *(f"/campaigns/{number}/ledger?outcome={each}" for each in ledger.FILTERS),
    )  # fmt: skip

    def page(path: str) -> Callable[[], Any]:
        def ask() -> None:
            answer = browser.get(path)
            assert answer.status_code == 200, f"{path}: {answer.status}"

        return ask

    return {
        **{f"GET {path}": page(path) for path in pages},
        "ledger by address": lambda: ledger.lines(source, search="reader7@example.net"),
        "ledger from a message on": lambda: ledger.lines(source, "bounced", before=row.id),
        "statistics": lambda: statistics.stats(hub, filled.live),
        "overview": lambda: statistics.overview([filled.finished, filled.live]),
        "counters": lambda: (counting.totals(source), counting.by_hour(source), counting.links(source)),
        "an address's past": lambda: timeline.of_address(account.id, address_key("reader7@example.net")),
        "who a link belongs to": lambda: (find_reader(row.id), find_reader(row.id - 1)),
        "the newest number": ids._newest,
        "the sweep": lambda: sweep(hub, Engine(hub.config)),
        "room left": lambda: outbox.room_left(Source.get_by_id(filled.live.source_id)),
        "count": lambda: counting.count_events(hub),
        "nothing is old": lambda: retention.purge_old(hub),
        "what tracking knows": lambda: sql(
            "SELECT id, account_id, source_id FROM messages WHERE id IN (?, ?)", (row.id, row.id - _STEP)
        ).fetchall(),
    }


@contextmanager
def listening() -> Iterator[list[tuple[str, Any]]]:
    """What is said to the database meanwhile: (statement, parameters), each statement once."""
    said: dict[str, Any] = {}

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.msg, tuple):
                said.setdefault(record.msg[0], record.msg[1])

    log, ear, heard = logging.getLogger("peewee"), Ear(), []
    level = log.level
    log.addHandler(ear)
    log.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        log.removeHandler(ear)
        log.setLevel(level)
        heard += said.items()


_ABOUT = re.compile(rf'\b(?:FROM|JOIN|UPDATE|INTO)\s+"?(?:{"|".join(LARGE)})\b', re.IGNORECASE)
_READS = re.compile(r"(?:SELECT|UPDATE|DELETE|INSERT INTO \w+ \([^)]*\) SELECT)\b", re.IGNORECASE)


def about_large_tables(said: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Of what was said, what reads a large table."""
    return [(query, values) for query, values in said if _ABOUT.search(query) and _READS.match(query)]


def whole_reads(query: str, parameters: Any) -> list[str]:
    """Which large tables a statement would read whole; reading the newest rows by number up to a limit is not that."""
    sql(f"CREATE TEMP TABLE IF NOT EXISTS settling {settling._TABLE}")
    if not is_postgres():
        plan = [row[3] for row in sql(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()]
        found = [match[1] for line in plan if (match := re.match(r"SCAN (\w+)", line))]
        return [name for name in _named(query, found) if not _NEWEST.search(query)]
    tree = sql_raw(f"EXPLAIN (FORMAT JSON) {query}", parameters)
    return [] if _NEWEST.search(query) else sorted(_unconditional(tree[0]["Plan"]))


_NEWEST = re.compile(r'ORDER BY (?:\w+\.|"\w+"\.)?"?id"? (?:DESC )?LIMIT (?:\?|%s|\d+)\) AS newest', re.IGNORECASE)


def sql_raw(query: str, parameters: Any) -> Any:
    """Run what already has the database's own marks."""
    from mailhub.db import db

    found = db.execute_sql(query, parameters).fetchone()[0]
    return json.loads(found) if isinstance(found, str) else found


def _named(query: str, found: list[str]) -> list[str]:
    """Large tables among the scanned ones, also under a short name."""
    short = {alias: table for table, alias in _NAMES.findall(query)}
    return [name for name in (short.get(each, each) for each in found) if name in LARGE]


_NAMES = re.compile(r'\b(?:FROM|JOIN|UPDATE|INTO)\s+"?(\w+)"?\s+(?:AS\s+)?"?(\w+)"?', re.IGNORECASE)


def _unconditional(node: dict[str, Any], limited: bool = False) -> set[str]:
    """Tables that a plan reads from end to end; along an index and up to a limit is not that."""
    table, kind = node.get("Relation Name", ""), node["Node Type"]
    limited = limited or kind == "Limit"
    whole = kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node and table != "queue")
    bad = {table} if table in LARGE and whole and not limited else set()
    return bad.union(*(_unconditional(each, limited) for each in node.get("Plans", ())))

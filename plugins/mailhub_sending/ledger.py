"""Recipient by recipient: what became of each message of a campaign, what still waits, and which links were followed.

Pages go by message number, newest first, so that a page costs the same in a campaign of any size.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from mailhub.accounts import Account
from mailhub.address import address_key
from mailhub.counting import links
from mailhub.db import sql
from mailhub.messages import CLICKED, COMPLAINED, OPENED, OUTCOMES, Content, Message, Queued, Source, of_outcome
from mailhub_sending.models import Campaign
from mailhub_sending.times import show

WAITING = "waiting"
FILTERS = (*OUTCOMES, OPENED, CLICKED, COMPLAINED, WAITING)
PAGE = 50
CSV_PAGE = 2000
_COLUMNS = (
    "address",
    "outcome",
    "code",
    "enhanced",
    "answer",
    "reason",
    "plugin",
    "attempts",
    "at",
    "opened_at",
    "clicked_at",
    "bounce",
    "complained_at",
)


class Line(NamedTuple):
    """One recipient. `answer` is the receiving server's, or why the message never left, and `plugin` who said so.

    `at` is when the outcome came, or for one that waits when the next attempt is due; moments are in ms. `bounce` is the
    class of a bounce: hard, soft, block or unknown.
    """

    id: int
    address: str
    outcome: str
    code: int
    enhanced: str
    answer: str
    reason: str
    plugin: str
    attempts: int
    at: int
    opened_at: int | None
    clicked_at: int | None
    bounce: str = ""
    complained_at: int | None = None


def lines(
    source_id: int, outcome: str = "", search: str = "", before: int | None = None, limit: int = PAGE
) -> list[Line]:
    """Recipients of a source, newest first, with numbers below `before`; `outcome` is one of `FILTERS`."""
    if outcome == WAITING:
        return _waiting(source_id, search, before, limit)
    query = Message.select().where(Message.source_id == source_id, *_narrow(outcome))
    query = _search(query, Message, search)
    if "@" in search:  # its index is the account's
        query = query.where(Message.account_id == Source.select(Source.account).where(Source.id == source_id))
    if before is not None:
        query = query.where(Message.id < before)
    return [
        Line(row.id, row.address, row.outcome, row.code, row.enhanced, row.text, row.reason, row.plugin, row.attempts,
             row.settled_at, row.opened_at, row.clicked_at, row.bounce, row.complained_at)
        for row in query.order_by(Message.id.desc()).limit(limit)
    ]  # fmt: skip


def _narrow(outcome: str) -> list[Any]:
    """The conditions of a filter, with those of the partial index that answers it."""
    if outcome == OPENED:
        return [Message.opened_at.is_null(False)]
    if outcome == CLICKED:
        return [Message.clicked_at.is_null(False)]
    if outcome == COMPLAINED:
        return [Message.complained_at.is_null(False)]
    return of_outcome(outcome) if outcome in OUTCOMES else []


def _waiting(source_id: int, search: str, before: int | None, limit: int) -> list[Line]:
    query = _search(Queued.select().where(Queued.source == source_id), Queued, search)
    if before is not None:
        query = query.where(Queued.id < before)
    rows = list(query.order_by(Queued.id.desc()).limit(limit))
    answers = _last_answers([row.id for row in rows if row.attempts])
    return [
        Line(
            row.id,
            row.address,
            WAITING,
            *answers.get(row.id, (0, "", "")),
            "",
            "",
            row.attempts,
            row.due_at,
            None,
            None,
        )
        for row in rows
    ]


def _search(query: Any, table: Any, search: str) -> Any:
    """A whole address by its key; a part of one by reading the campaign, up to a third of a second for a million."""
    if "@" in search.strip("@"):
        return query.where(table.address_key == address_key(search))
    return query.where(table.address.contains(search)) if search else query


def _last_answers(ids: list[int]) -> dict[int, tuple[int, str, str]]:
    if not ids:
        return {}
    rows = sql(
        f"SELECT message_id, code, enhanced, text FROM events WHERE message_id IN ({','.join('?' * len(ids))}) "
        "AND attempt IS NOT NULL ORDER BY attempt",
        ids,
    ).fetchall()
    return {id_: (code, enhanced, text) for id_, code, enhanced, text in rows}


def clicks(source_id: int, content_id: int | None) -> list[tuple[str, int, int]]:
    """Links of a campaign with how often, and by how many recipients, each was followed; the most followed first."""
    content = Content.get_or_none(Content.id == content_id)
    counted = links(source_id)
    rows = [(url, *counted.get(number, (0, 0))) for number, url in enumerate(content.links if content else [])]
    return sorted(rows, key=lambda each: (-each[1], each[0]))


def as_csv(campaign: Campaign, outcome: str, search: str) -> Iterator[str]:
    """The ledger as lines of CSV, read page by page; times are in the account's zone."""
    zone = Account.get_by_id(campaign.account_id).time_zone
    yield "\ufeff" + _csv_line(_COLUMNS)
    before: int | None = None
    while page := lines(campaign.source_id or 0, outcome, search, before, CSV_PAGE):
        before = page[-1].id
        yield "".join(_csv_line(_cells(line, zone)) for line in page)


def _cells(line: Line, zone: str) -> list[Any]:
    at, opened, clicked, complained = (
        show(each, zone) if each else "" for each in (line.at, line.opened_at, line.clicked_at, line.complained_at)
    )
    return [
        line.address,
        line.outcome,
        line.code or "",
        line.enhanced,
        line.answer,
        line.reason,
        line.plugin,
        line.attempts,
        at,
        opened,
        clicked,
        line.bounce,
        complained,
    ]


def _csv_line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(each) for each in cells])
    return text.getvalue()


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell

"""Double entry: every movement takes from one book what it brings to another, and balances move in the same transaction.

The one place that writes entries, lines and balances. Whoever calls has locked the account's terms.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mailhub import Invalid
from mailhub.db import sql, sql_many
from mailhub_billing.models import BOOKS, RESERVED

MOST = 10**17
"""The largest balance of a book: far from what the database's whole numbers hold, whatever is added to it at once."""


class Move(NamedTuple):
    """`amount` (above zero, in millionths of the unit, or mails) from one book to another."""

    origin: str
    target: str
    unit: str
    amount: int


class Posting(NamedTuple):
    """What an entry says beside its lines; see `models.Entry`."""

    kind: str
    source_id: int = 0
    mails: int = 0
    note: str = ""
    made_by: str = "system"
    key: str | None = None
    reverses: int | None = None
    first_event: int = 0
    last_event: int = 0


def post(account_id: int, now: int, posting: Posting, moves: Sequence[Move]) -> int:
    """Write one entry with both sides of each move, and move the balances. Returns the entry's number.

    Raises `Invalid` when a book would hold more than `MOST`, and `ValueError` when more is reserved than there is.
    """
    entry_id: int = sql(
        "INSERT INTO billing_entries (account_id, at, kind, source_id, count, note, made_by, key, reverses, first_event, "
        "last_event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (account_id, now, *posting),
    ).fetchone()[0]
    lines = [
        (book, move.unit, amount)
        for move in moves
        for book, amount in ((move.origin, -move.amount), (move.target, move.amount))
    ]
    sql_many(
        "INSERT INTO billing_lines (entry_id, account_id, book, unit, amount) VALUES (?, ?, ?, ?, ?)",
        [(entry_id, account_id, *line) for line in lines],
    )
    for book, unit, amount in lines:
        _move_balance(account_id, book, unit, amount)
    return entry_id


def _move_balance(account_id: int, book: str, unit: str, amount: int) -> None:
    row = sql(
        "INSERT INTO billing_balances (account_id, book, unit, amount) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (account_id, book, unit) DO UPDATE SET amount = billing_balances.amount + excluded.amount "
        "RETURNING amount",
        (account_id, book, unit, amount),
    ).fetchone()
    if abs(row[0]) > MOST:
        raise Invalid("The account's credit would be too large to be counted: write a smaller amount.")
    if book == RESERVED and row[0] < 0:
        raise ValueError(f"account {account_id} would have {row[0]} {unit} reserved")


def balances(account_id: int) -> dict[tuple[str, str], int]:
    """What each book of an account holds: (book, unit) → amount; books without a line are left out."""
    rows = sql("SELECT book, unit, amount FROM billing_balances WHERE account_id = ?", (account_id,)).fetchall()
    return {(book, unit): int(amount) for book, unit, amount in rows}


def sums(unit: str) -> dict[str, int]:
    """What each book holds over all accounts; together they are zero."""
    rows = sql("SELECT book, sum(amount) FROM billing_lines WHERE unit = ? GROUP BY book", (unit,)).fetchall()
    return dict.fromkeys(BOOKS, 0) | {book: int(amount) for book, amount in rows}

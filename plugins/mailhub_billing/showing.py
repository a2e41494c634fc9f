"""What is shown of credit, as plain values for every door: an account's balance, its history, all accounts in turn."""

from typing import Any

from mailhub import Hub
from mailhub.accounts import Account
from mailhub.db import in_list, sql
from mailhub_billing import terms
from mailhub_billing.low import THRESHOLD
from mailhub_billing.models import AVAILABLE, RESERVED, Entry
from mailhub_billing.money import as_text

PAGE = 50
Answer = dict[str, Any]


def balance(hub: Hub, account_id: int) -> Answer:
    """An account's credit. Money is in millionths, and as text beside it; `reach` is how many mails it is enough for."""
    credit = terms.look(hub, account_id)
    return {
        "account": account_id,
        "mails": credit.mails,
        "money": credit.money,
        "money_text": as_text(credit.money),
        "currency": hub.config.billing.currency,
        "reserved_mails": credit.reserved_mails,
        "reserved_money": credit.reserved_money,
        "price": credit.price,
        "price_text": as_text(credit.price),
        "reach": credit.reach,
        "threshold": hub.setting(account_id, THRESHOLD),
        "low": credit.reach < hub.setting(account_id, THRESHOLD),
        "charging": hub.config.billing.charge,
    }


def entries(account_id: int, before: int | None, limit: int) -> list[Answer]:
    """The account's history, newest first, with numbers below `before`."""
    query = Entry.of(account_id) if before is None else Entry.of(account_id).where(Entry.id < before)
    rows = list(query.order_by(Entry.id.desc()).limit(limit))
    moved = _moved([row.id for row in rows])
    return [
        {
            "number": row.id, "at": row.at, "kind": row.kind, "source": row.source_id, "count": row.count,
            "note": row.note, "by": row.made_by, "reverses": row.reverses, "moved": moved.get(row.id, []),
        }
        for row in rows
    ]  # fmt: skip


def _moved(ids: list[int]) -> dict[int, list[Answer]]:
    """What each entry brought to, or took from, what may be spent and what is reserved."""
    if not ids:
        return {}
    condition, values = in_list("entry_id", ids)
    rows = sql(
        f"SELECT entry_id, book, unit, sum(amount) FROM billing_lines WHERE {condition} AND book IN (?, ?) "
        "GROUP BY entry_id, book, unit ORDER BY entry_id, book, unit",
        [*values, AVAILABLE, RESERVED],
    ).fetchall()
    found: dict[int, list[Answer]] = {}
    for entry_id, book, unit, amount in rows:
        found.setdefault(entry_id, []).append({"book": book, "unit": unit, "amount": int(amount)})
    return found


def reversed_among(ids: list[int]) -> set[int]:
    """Those of the entries that were taken back."""
    if not ids:
        return set()
    condition, values = in_list("reverses", ids)
    return {row[0] for row in sql(f"SELECT reverses FROM billing_entries WHERE {condition}", values).fetchall()}


def sources_named(ids: set[int]) -> dict[int, str]:
    """The names of sources, for the history."""
    if not ids:
        return {}
    condition, values = in_list("id", sorted(ids))
    return dict(sql(f"SELECT id, name FROM sources WHERE {condition}", values).fetchall())


def accounts(after: int, limit: int) -> list[Account]:
    """All accounts in turn, with numbers above `after`."""
    return list(Account.select().where(Account.id > after).order_by(Account.id).limit(limit))

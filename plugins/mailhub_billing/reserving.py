"""Reserving: what a page of messages costs is set aside as it is submitted, from packs of mails first, then from money."""

from mailhub import Hold, Hub, Quote
from mailhub.db import sql
from mailhub.errors import Sentence
from mailhub.messages import Source
from mailhub_billing import ledger, low, terms
from mailhub_billing.ledger import Move, Posting
from mailhub_billing.models import AVAILABLE, MAILS, RESERVE, RESERVED
from mailhub_billing.terms import Credit

READER = "billing"
"""The name of this plugin's cursor over the events."""
REASON = Sentence("The account's credit is used up: it goes on by itself after a top-up.")
WAIT = 24 * 3_600_000
"""Milliseconds until a source without credit is looked at in any case; a top-up opens it at once."""
SYSTEM = "system"


def reserve(hub: Hub, source: Source, count: int) -> Hold | None:
    """Set aside what `count` messages cost, in the caller's transaction; a hold when credit does not reach for all."""
    if not hub.config.billing.charge or source.stream == SYSTEM:
        return None
    credit = terms.lock(hub, source.account_id)
    if credit.reach < count:
        return Hold(REASON, hub.ms() + WAIT, credit.reach)
    mails, paid = split(credit, count)
    currency = hub.config.billing.currency
    _begin(source)
    _add_lot(source, MAILS, 1, mails)
    _add_lot(source, currency, credit.price, paid)
    amounts = ((MAILS, mails), (currency, paid * credit.price))
    moves = [Move(AVAILABLE, RESERVED, unit, amount) for unit, amount in amounts if amount]
    if moves:
        ledger.post(source.account_id, hub.ms(), Posting(RESERVE, source.id, count), moves)
        low.passed(hub, source.account_id, credit, credit.reach - count)
    return None


def split(credit: Credit, count: int) -> tuple[int, int]:
    """How many of `count` mails come out of packs, and how many are paid for; of no pack while credit is below zero."""
    mails = min(count, credit.mails) if credit.reach else 0
    return mails, count - mails


def quote(hub: Hub, account_id: int, channel: str, count: int) -> Quote | None:
    """What `count` mails would cost now; None when nothing is charged."""
    if not hub.config.billing.charge or channel != "mail":
        return None
    credit = terms.look(hub, account_id)
    mails, paid = split(credit, count)
    return Quote(paid * credit.price, hub.config.billing.currency, mails, max(0, count - credit.reach))


def _add_lot(source: Source, unit: str, price: int, count: int) -> None:
    if not count:
        return
    grown = sql(
        "UPDATE billing_lots SET waiting = waiting + ? WHERE source_id = ? AND unit = ? AND price = ?",
        (count, source.id, unit, price),
    )
    if grown.rowcount:
        return
    sql(
        "INSERT INTO billing_lots (source_id, account_id, unit, price, waiting, charged, released) "
        "VALUES (?, ?, ?, ?, ?, 0, 0)",
        (source.id, source.account_id, unit, price, count),
    )


def _begin(source: Source) -> None:
    """From here on a source is charged: not for what it had submitted before, while nothing was."""
    known = sql("SELECT 1 FROM billing_sources WHERE source_id = ?", (source.id,)).fetchone()
    if known is not None:
        return
    newest = "SELECT coalesce(max(id), 0) FROM {} WHERE source_id = ?"
    before = max(sql(newest.format(table), (source.id,)).fetchone()[0] for table in ("messages", "queue"))
    sql(
        "INSERT INTO billing_sources (source_id, account_id, after_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (source.id, source.account_id, before),
    )
    sql(
        "INSERT INTO cursors (name, position) SELECT ?, coalesce(max(id), 0) FROM events WHERE true ON CONFLICT DO NOTHING",
        (READER,),
    )

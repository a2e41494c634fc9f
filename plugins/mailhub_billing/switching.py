"""Charging switched off: what was reserved is given back, and nothing of the events is followed any more."""

from mailhub import Hub
from mailhub.db import sql, transaction
from mailhub_billing import ledger, terms
from mailhub_billing.ledger import Move, Posting
from mailhub_billing.models import AVAILABLE, RELEASE, RESERVED
from mailhub_billing.reserving import READER
from mailhub_billing.settling import follow_events


def is_followed() -> bool:
    """True while the plugin has a place in the events."""
    return sql("SELECT 1 FROM cursors WHERE name = ?", (READER,)).fetchone() is not None


def switch_off(hub: Hub) -> None:
    """Charge what was delivered while charging was on, give back the rest, and leave the events."""
    follow_events(hub)
    owed = sql("SELECT DISTINCT account_id FROM billing_lots WHERE waiting > 0").fetchall()
    for (account_id,) in owed:
        with transaction():
            _give_back(hub, account_id)
    with transaction():
        sql("DELETE FROM billing_outcomes")
        sql("DELETE FROM billing_sources")
        sql("DELETE FROM cursors WHERE name = ?", (READER,))


def _give_back(hub: Hub, account_id: int) -> None:
    terms.lock(hub, account_id)
    lots = sql(
        "SELECT id, source_id, unit, price, waiting FROM billing_lots WHERE account_id = ? AND waiting > 0",
        (account_id,),
    ).fetchall()
    for lot_id, source_id, unit, price, waiting in lots:
        sql("UPDATE billing_lots SET waiting = 0, released = released + ? WHERE id = ?", (waiting, lot_id))
        if price:
            about = Posting(RELEASE, source_id, waiting, note="Charging was switched off")
            ledger.post(account_id, hub.ms(), about, [Move(RESERVED, AVAILABLE, unit, waiting * price)])

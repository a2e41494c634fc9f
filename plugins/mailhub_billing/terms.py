"""An account's terms and what its credit reaches for: opened with the mails that are free, locked by whoever writes."""

from typing import NamedTuple

from mailhub import Hub
from mailhub.accounts import Account
from mailhub.db import is_postgres, sql, transaction
from mailhub_billing import ledger
from mailhub_billing.ledger import Move, Posting
from mailhub_billing.models import AVAILABLE, GIVEN, GRANT, MAILS, RESERVED

MOST_MAILS = 10**9
"""The most mails given at once."""
ENDLESS = 10**15
"""How many mails credit reaches for when a mail costs nothing."""


class Credit(NamedTuple):
    """What an account may spend: mails of its packs, money in millionths; `price` of a mail in millionths.

    `low`, `topped_up_at` are as in `models.Terms`.
    """

    mails: int
    money: int
    price: int
    reserved_mails: int = 0
    reserved_money: int = 0
    low: str = ""
    topped_up_at: int = 0

    @property
    def reach(self) -> int:
        """How many mails it is enough for; none while either is below zero, until that is made good."""
        if self.mails < 0 or self.money < 0:
            return 0
        paid = self.money // self.price if self.price else ENDLESS
        return self.mails + paid

    @property
    def under_way(self) -> bool:
        """True while something is reserved."""
        return bool(self.reserved_mails or self.reserved_money)


def open_ledger(hub: Hub, account_id: int) -> bool:
    """Open an account's ledger with its free mails, in the caller's transaction; False when it was open."""
    opened = sql(
        "INSERT INTO billing_terms (account_id, price, low, topped_up_at) VALUES (?, NULL, '', 0) "
        "ON CONFLICT (account_id) DO NOTHING",
        (account_id,),
    ).rowcount
    free = hub.config.billing.free_mails
    if opened and free:
        note = Posting(GRANT, mails=free, note="Free mails to begin with")
        ledger.post(account_id, hub.ms(), note, [Move(GIVEN, AVAILABLE, MAILS, free)])
    return bool(opened)


def lock(hub: Hub, account_id: int) -> Credit:
    """An account's credit, kept from others until the transaction ends; opened if it was not."""
    row = _terms(account_id, " FOR UPDATE" if is_postgres() else "")
    if row is None:
        open_ledger(hub, account_id)
        row = _terms(account_id, " FOR UPDATE" if is_postgres() else "")
    return _credit(hub, account_id, row)


def look(hub: Hub, account_id: int) -> Credit:
    """An account's credit as it stands; one whose ledger is not open yet has its free mails."""
    row = _terms(account_id, "")
    if row is None:
        return Credit(hub.config.billing.free_mails, 0, hub.config.billing.price)
    return _credit(hub, account_id, row)


def _terms(account_id: int, locking: str) -> tuple[int | None, str, int] | None:
    query = f"SELECT price, low, topped_up_at FROM billing_terms WHERE account_id = ?{locking}"
    row: tuple[int | None, str, int] | None = sql(query, (account_id,)).fetchone()
    return row


def _credit(hub: Hub, account_id: int, row: tuple[int | None, str, int] | None) -> Credit:
    assert row is not None
    price, low, topped_up_at = row
    held, currency = ledger.balances(account_id), hub.config.billing.currency
    return Credit(
        held.get((AVAILABLE, MAILS), 0),
        held.get((AVAILABLE, currency), 0),
        hub.config.billing.price if price is None else price,
        held.get((RESERVED, MAILS), 0),
        held.get((RESERVED, currency), 0),
        low,
        topped_up_at,
    )


def set_price(hub: Hub, account_id: int, price: int | None) -> None:
    """Give an account a price of its own (millionths; None: the server's), in the caller's transaction.

    What is reserved already keeps the price it was reserved at.
    """
    lock(hub, account_id)
    sql("UPDATE billing_terms SET price = ? WHERE account_id = ?", (price, account_id))


def open_all(hub: Hub) -> None:
    """Open the ledgers of new accounts; what the clock calls while charging is on."""
    rows = sql(
        "SELECT id FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM billing_terms t WHERE t.account_id = a.id) LIMIT 500"
    ).fetchall()
    for (account_id,) in rows:
        with transaction():
            open_ledger(hub, account_id)


def exists(account_id: int) -> bool:
    """True when there is such an account."""
    return bool(Account.select().where(Account.id == account_id).exists())

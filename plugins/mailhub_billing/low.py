"""Low credit: told once when it passes below the account's threshold, and again only after it was above."""

from mailhub import Hub
from mailhub.db import sql, transaction
from mailhub_billing import terms
from mailhub_billing.terms import Credit

THRESHOLD = "billing.threshold"
"""The account's setting: told when credit reaches for fewer mails than this; 0 for never."""
DEFAULT = 200
DUE, TOLD = "due", "told"
LOW = "credit.low"


def passed(hub: Hub, account_id: int, before: Credit, reach: int) -> None:
    """Note that credit reaches for `reach` mails now, in the transaction that spends it."""
    if not before.low and reach < hub.setting(account_id, THRESHOLD):
        sql("UPDATE billing_terms SET low = ? WHERE account_id = ?", (DUE, account_id))


def rearm(hub: Hub, account_id: int) -> None:
    """Be ready to tell again, if credit is above the threshold now; in the transaction that brought it there."""
    credit = terms.lock(hub, account_id)
    if credit.low and credit.reach >= hub.setting(account_id, THRESHOLD):
        sql("UPDATE billing_terms SET low = '' WHERE account_id = ?", (account_id,))


def tell(hub: Hub) -> None:
    """Tell `credit.low` where it is due; what the clock calls."""
    due = sql("SELECT account_id FROM billing_terms WHERE low = ? LIMIT 500", (DUE,)).fetchall()
    for (account_id,) in due:
        with transaction():
            credit = terms.lock(hub, account_id)
            if credit.low != DUE:
                continue
            sql("UPDATE billing_terms SET low = ? WHERE account_id = ?", (TOLD, account_id))
            hub.emit(
                LOW, account_id, mails=credit.reach, threshold=hub.setting(account_id, THRESHOLD),
                money=credit.money, currency=hub.config.billing.currency,
            )  # fmt: skip

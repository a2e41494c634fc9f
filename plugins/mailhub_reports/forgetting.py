"""Forgetting: reports go after some months, in small batches; names of addresses and failed files go with time."""

from mailhub import Hub
from mailhub.accounts import AccountSetting
from mailhub.db import bulk, sql
from mailhub.vocabulary import Schedule, Setting
from mailhub_reports.gathering import DAY

DAYS = "reports.keep_days"
DEFAULT = 400
LONGEST = 3650
NAMES, FILES = 30, 7
"""Days that the name of an address is believed, and that a file which could not be read is told of."""
BATCH = 2000
BATCHES = 50
"""Batches of one call of the clock; the next call goes on."""
_TABLES = (
    ("reports_rows", "day"),
    ("reports_tls_rows", "day"),
    ("reports_failures", "at"),
    ("reports_received", "received_at"),
    ("reports_unproved", "received_at"),
)
SETTINGS = (Setting(DAYS, DEFAULT, "Days that reports of receivers are kept"),)


def keep_for(account_id: int, days: int) -> None:
    """Set how many days reports are kept, in the caller's transaction."""
    AccountSetting.insert(account=account_id, key=DAYS, value=days).on_conflict(
        conflict_target=[AccountSetting.account, AccountSetting.key], update={AccountSetting.value: days}
    ).execute()


def forget_old(hub: Hub) -> None:
    """What the clock calls."""
    both = "SELECT account_id FROM reports_received UNION SELECT account_id FROM reports_unproved"
    accounts = [row[0] for row in sql(both).fetchall()]
    for account in accounts:
        before = hub.ms() - hub.setting(account, DAYS) * DAY
        for table, moment in _TABLES:
            _delete(table, f"account_id = ? AND {moment} < ?", (account, before))
    _delete("reports_files", "error <> '' AND received_at < ?", (hub.ms() - FILES * DAY,))
    _delete("reports_names", "asked_at < ?", (hub.ms() - NAMES * DAY,), "address")


def _delete(table: str, condition: str, values: tuple[int, ...], key: str = "id") -> None:
    for _ in range(BATCHES):
        with bulk():
            gone = sql(
                f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {condition} LIMIT ?)",
                (*values, BATCH),
            ).rowcount
        if gone < BATCH:
            return


SCHEDULES = (Schedule("reports.forget", 3600, forget_old),)

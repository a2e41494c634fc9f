"""An account's contacts, and whom it does not write to, as an analysis or an import asks for them: in sets, by key."""

from collections.abc import Collection, Mapping, Sequence

from mailhub.addresses import BULK, suppressed
from mailhub.db import in_list, sql
from mailhub_contacts.weighing import Known


class AccountBase:
    """The contacts of an account."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    def known(self, keys: Sequence[int]) -> Mapping[int, Known]:
        """The contacts with these address keys (2,000 at most), by key."""
        if not keys:
            return {}
        condition, parameters = in_list("address_key", keys)
        rows = sql(
            "SELECT address_key, id, language, display, fields, updated_at FROM contacts "
            f"WHERE account_id = ? AND {condition} AND copy = 0",
            [self._account_id, *parameters],
        )
        return {key: Known(*told) for key, *told in rows.fetchall()}

    def suppressed(self, keys: Sequence[int]) -> Collection[int]:
        """Which of these address keys get no campaigns."""
        return suppressed(self._account_id, keys, BULK)

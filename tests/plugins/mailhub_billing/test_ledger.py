"""Whatever is moved, all books together are zero, and balances are the sums of their lines."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub import Hub
from mailhub.db import sql, transaction
from mailhub.permissions import Actor
from mailhub_billing import ledger
from mailhub_billing.ledger import Move, Posting
from mailhub_billing.models import AVAILABLE, BOOKS, CHARGED, RESERVED

MOVES = st.lists(
    st.builds(Move, st.just(AVAILABLE), st.sampled_from([RESERVED, CHARGED]), st.sampled_from(["EUR", "mails"]),
              st.integers(1, 10**12)),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_the_books_sum_to_zero(hub: Hub, owner: Actor, moves: list[Move]) -> None:
    before = ledger.balances(owner.account_id)
    with transaction():
        ledger.post(owner.account_id, hub.ms(), Posting("charge"), moves)
    after = ledger.balances(owner.account_id)
    for unit in ("EUR", "mails"):
        moved = sum(each.amount for each in moves if each.unit == unit)
        assert after.get((AVAILABLE, unit), 0) == before.get((AVAILABLE, unit), 0) - moved
        assert sum(after.get((book, unit), 0) for book in BOOKS) == 0
        assert sum(ledger.sums(unit).values()) == 0
        assert ledger.sums(unit)[AVAILABLE] == after.get((AVAILABLE, unit), 0)


def test_more_than_is_reserved_cannot_be_charged(hub: Hub, owner: Actor) -> None:
    with pytest.raises(ValueError, match="reserved"), transaction():
        ledger.post(owner.account_id, hub.ms(), Posting("charge"), [Move(RESERVED, CHARGED, "EUR", 1)])
    assert not sql("SELECT count(*) FROM billing_entries").fetchone()[0]

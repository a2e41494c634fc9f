"""An account's ledger is opened once, with its free mails, whoever comes first."""

from pathlib import Path

import pytest

from mailhub.db import sql, transaction
from mailhub.testing import make_hub, make_owner
from mailhub_billing import jobs, terms
from mailhub_billing.reserving import split
from mailhub_billing.terms import ENDLESS, Credit
from tests.plugins.mailhub_billing.conftest import CHARGING, held, new_source, submit


def test_free_mails_are_given_once(tmp_path: Path, database_url: str) -> None:
    charging = {**CHARGING, "free_mails": 500}
    with make_hub(tmp_path / "data", database={"url": database_url}, billing=charging) as hub:
        first, second = make_owner(hub)[0], make_owner(hub)[0]
        assert terms.look(hub, first.id).reach == 500, "also before its ledger is open"
        submit(hub, new_source(hub, first.id), 100)
        for _ in range(2):
            jobs.open_ledgers(hub)
        assert held(hub, first.id) == (400, 0, 100, 0)
        assert held(hub, second.id) == (500, 0, 0, 0)
        with transaction():
            assert not terms.open_ledger(hub, second.id)
        assert sql("SELECT count(*) FROM billing_entries WHERE kind = 'grant'").fetchone()[0] == 2


def test_what_credit_reaches_for() -> None:
    assert Credit(10, 9999, 4500).reach == 12
    assert Credit(0, 0, 0).reach == ENDLESS


@pytest.mark.parametrize("credit", [Credit(-5, 4500, 4500), Credit(3, -4500, 4500), Credit(3, -1, 0), Credit(-1, 9, 0)])
def test_below_zero_nothing_leaves_until_it_is_made_good(credit: Credit) -> None:
    assert credit.reach == 0
    assert split(credit, 2) == (0, 2)
    assert split(credit._replace(mails=abs(credit.mails), money=abs(credit.money)), 1) == (1, 0)

"""Bad input to the actions, and that checking an address leaves no trace."""

from typing import Any

import pytest

from mailhub.activity import Activity
from mailhub.db import db
from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub_verification import checking


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("verification.check", {}),
        ("verification.check", {"address": "a" * 1001}),
        ("verifications.start", {}),
        ("verifications.results", {"number": 1, "verdict": "nice"}),
        ("verifications.results", {"number": 1, "limit": 0}),
        ("verifications.show", {"number": "one"}),
        ("verifications.show", {"number": 2**70}),
    ],
)
def test_bad_input(sqlite_hub: Hub, name: str, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        sqlite_hub.call(make_owner(sqlite_hub)[2], name, **given)


def test_no_transaction_is_open_while_dns_is_waited_for(sqlite_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = make_owner(sqlite_hub)[2]
    before, seen = Activity.select().count(), []
    check = checking.check_one
    monkeypatch.setattr(checking, "check_one", lambda *given: seen.append(db.in_transaction()) or check(*given))
    told = sqlite_hub.call(actor, "verification.check", address="ada@good.example")
    assert (told["verdict"], seen, Activity.select().count()) == ("deliverable", [False], before)

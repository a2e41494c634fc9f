"""What an account's own mail says of an address: on both databases, and never another account's."""

from typing import Any

from mailhub.address import address_key
from mailhub.addresses import suppress
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.messages import Message
from mailhub.testing import make_owner
from mailhub_verification.history import of_addresses

NUMBERS = iter(range(1, 1000))


def sent(account: int, address: str, outcome: str, at: int, **columns: Any) -> None:
    Message.insert(
        id=next(NUMBERS), account_id=account, source_id=1, address=address, address_key=address_key(address),
        outcome=outcome, settled_at=at, **columns,
    ).execute()  # fmt: skip


def test_outcomes_and_suppressions(hub: Hub) -> None:
    account = make_owner(hub)[0].id
    with transaction():
        sent(account, "arrived@x.example", "delivered", 5)
        sent(account, "read@x.example", "delivered", 5, opened_at=7, clicked_at=9)
        sent(account, "nobody@x.example", "bounced", 5, code=550, enhanced="5.1.1")
        sent(account, "full@x.example", "bounced", 5, code=552, enhanced="5.2.2")
        sent(account, "back@x.example", "bounced", 5, code=550, enhanced="5.1.1")
        sent(account, "back@x.example", "delivered", 6)
        sent(account, "plain@x.example", "bounced", 5, code=550)
        for reason in ("bounced", "complained", "unsubscribed"):
            suppress(account, [f"{reason}@x.example"], scope="all", reason=reason, origin="", at=1)
    told = {}
    for name in ["arrived", "read", "nobody", "full", "back", "plain", "bounced", "complained", "unsubscribed", "new"]:
        key = address_key(f"{name}@x.example")
        past = of_addresses(account, [key, key + 1]).get(key)
        told[name] = (past.reasons, past.active_at) if past else None
    assert told == {
        "arrived": (("delivered",), 5),
        "read": (("engaged",), 9),
        "nobody": (("hard-bounce",), None),
        "full": (("bounced",), None),
        "back": (("delivered",), 6),
        "plain": (("hard-bounce",), None),
        "bounced": (("hard-bounce",), None),
        "complained": (("complained",), None),
        "unsubscribed": (("suppressed",), None),
        "new": None,
    }


def test_another_accounts_history_is_not_seen(hub: Hub) -> None:
    mine, theirs = make_owner(hub)[0].id, make_owner(hub, "Other")[0].id
    with transaction():
        sent(theirs, "a@x.example", "bounced", 5, code=550, enhanced="5.1.1")
        suppress(theirs, ["a@x.example"], scope="all", reason="complained", origin="", at=1)
    assert of_addresses(mine, [address_key("a@x.example")]) == {}
    assert of_addresses(mine, []) == {}

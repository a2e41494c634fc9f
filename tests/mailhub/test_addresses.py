"""Suppression belongs to an address in an account, however it is typed, once for each scope."""

import pytest

from mailhub.address import address_key
from mailhub.addresses import REASONS, SCOPES, Suppression, suppress, suppressed
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.testing import make_owner


def _suppress(account: int, *words: str, scope: str = "bulk", reason: str = "manual") -> int:
    with transaction():
        return suppress(account, words, scope=scope, reason=reason, origin="test", at=5)


def test_however_it_is_typed_it_is_one_address(core: Hub) -> None:
    account = make_owner(core)[0].id
    assert _suppress(account, "Zoe@Example.com", " zoe@EXAMPLE.com", "<ZOE@example.com>") == 1
    row = Suppression.of(account).get()
    assert (row.address, row.scope, row.reason, row.origin, row.created_at) == (
        "Zoe@example.com",
        "bulk",
        "manual",
        "test",
        5,
    )
    assert suppressed(account, [address_key("zoe@example.com")], "bulk") == {row.address_key: "manual"}


def test_the_first_reason_stands(core: Hub) -> None:
    account = make_owner(core)[0].id
    assert _suppress(account, "a@example.com", reason="complained") == 1
    assert _suppress(account, "a@example.com", "b@example.com", reason="manual") == 1
    assert {row.address: row.reason for row in Suppression.of(account)} == {
        "a@example.com": "complained",
        "b@example.com": "manual",
    }


@pytest.mark.parametrize(
    ("scope", "stream", "found"),
    [("all", "bulk", True), ("all", "system", True), ("bulk", "bulk", True), ("bulk", "transactional", False)],
)
def test_a_scope_counts_for_its_streams(core: Hub, scope: str, stream: str, found: bool) -> None:
    account = make_owner(core)[0].id
    _suppress(account, "a@example.com", scope=scope)
    assert bool(suppressed(account, [address_key("a@example.com")], stream)) == found


def test_both_scopes_can_be_there(core: Hub) -> None:
    account = make_owner(core)[0].id
    assert _suppress(account, "a@example.com", scope="bulk") + _suppress(account, "a@example.com", scope="all") == 2
    assert len(suppressed(account, [address_key("a@example.com")], "bulk")) == 1


def test_nobody_is_asked_for_and_many_are(core: Hub) -> None:
    account = make_owner(core)[0].id
    assert suppressed(account, [], "bulk") == {}
    _suppress(account, *[f"u{number}@example.com" for number in range(0, 2000, 2)])
    keys = [address_key(f"u{number}@example.com") for number in range(2000)]
    assert set(suppressed(account, keys, "bulk")) == set(keys[::2])
    assert suppressed(account + 1, keys, "bulk") == {}


def test_the_words_are_the_documented_ones() -> None:
    assert SCOPES == ("all", "bulk")
    assert set(REASONS) == {"unsubscribed", "bounced", "complained", "manual"}

"""Rules come to the actions as JSON or as its text; anything else is a sentence."""

from collections.abc import Callable

import pytest

from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor


def test_rules_as_text(sqlite_hub: Hub, owner_of: Callable[[Hub], Actor]) -> None:
    boss = owner_of(sqlite_hub)
    sqlite_hub.call(boss, "contacts.create", address="a@example.com", fields={"city": "Lyon\0"})
    text = '{"match": "all", "rules": [{"what": "city", "how": "is", "value": "LYON"}]}'
    assert sqlite_hub.call(boss, "segments.count", rules=text)["contacts"] == 1
    for wrong in ("", "[]", "{", "[" * 100_000, "5"):
        with pytest.raises(Invalid):
            sqlite_hub.call(boss, "segments.count", rules=wrong)
    with pytest.raises(Invalid, match="give rules"):
        sqlite_hub.call(boss, "segments.count")

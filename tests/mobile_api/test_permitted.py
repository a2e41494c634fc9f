"""What a phone may ask for, by privilege, permissions and what the server has."""

from dataclasses import replace

import pytest

from mailhub import Forbidden
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mobile_api.access import Device
from mobile_api.permitted import VERBS, require_write, verbs

DEVICE = Device(1, "", "iphone", "write", 1, Actor(1, "phone", 1, "Ada", frozenset({"*"})), "", "", "en", "UTC")


def test_the_privilege_and_the_permissions_both_count(sqlite_hub: Hub) -> None:
    assert verbs(sqlite_hub, DEVICE) == list(VERBS)
    assert verbs(sqlite_hub, replace(DEVICE, privilege="read")) == []
    few = Actor(1, "phone", 1, "Ada", frozenset({"campaigns.pause"}))
    assert verbs(sqlite_hub, replace(DEVICE, actor=few)) == ["pause"]


def test_what_no_plugin_brings_is_not_offered(sqlite_hub: Hub) -> None:
    for verb in VERBS:
        sqlite_hub.actions.pop(f"campaigns.{verb}")
    assert verbs(sqlite_hub, DEVICE) == []


def test_a_reader_is_told_what_to_do() -> None:
    require_write(DEVICE)
    with pytest.raises(Forbidden, match="ask an administrator"):
        require_write(replace(DEVICE, privilege="read"))

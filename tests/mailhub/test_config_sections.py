"""The sections: no two configurations share a list, and every choice that is named exists."""

from dataclasses import fields

from mailhub.config import Config
from mailhub.config_sections import CHOICES, PluginsConfig


def test_a_list_belongs_to_one_section() -> None:
    first, second = PluginsConfig(), PluginsConfig()
    first.disabled.append("sending")
    assert second.disabled == []


def test_every_choice_is_a_key_with_an_allowed_default() -> None:
    for (section, key), allowed in CHOICES.items():
        assert getattr(getattr(Config(), section), key) in allowed


def test_every_key_has_its_reason() -> None:
    for section in fields(Config):
        if section.name != "source":
            assert all(each.metadata["reason"] for each in fields(getattr(Config(), section.name)))

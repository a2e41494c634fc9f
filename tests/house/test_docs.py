"""The build reads the docs: the reference pages are exactly what is registered, and the example configuration the defaults."""

from pathlib import Path

import pytest

from docs.reference import PAGES
from mailhub import config
from mailhub.hub import Hub

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_is_registered(sqlite_hub: Hub, name: str) -> None:
    written = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    assert written == PAGES[name](sqlite_hub), (
        f"docs/{name}.md is not up to date: run `make docs` and read what it says"
    )


def test_every_hook_action_permission_and_setting_says_what_it_is_for(sqlite_hub: Hub) -> None:
    for action in sqlite_hub.actions.values():
        assert action.title
        for name, each in action.arguments().fields.items():
            assert each.metadata.get("reason"), f"{action.name}: the argument {name} has no line of explanation"
    for each in (*sqlite_hub.permissions.values(), *sqlite_hub.event_kinds.values()):
        assert each.title, each.name


def test_the_example_configuration_is_every_key_at_its_default() -> None:
    assert (ROOT / "config.example.toml").read_text("utf-8") == config.example()


def test_the_example_configuration_can_be_used_as_it_is(tmp_path: Path) -> None:
    copy = tmp_path / "config.toml"
    copy.write_text(config.example(), "utf-8")
    loaded, default = config.load(copy, {}), config.Config()
    for section in ("server", "web", "smtp", "database", "engine", "delivery", "plugins", "log"):
        assert getattr(loaded, section) == getattr(default, section)

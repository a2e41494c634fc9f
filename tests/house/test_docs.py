"""The build reads the docs: every hook with its arguments, action, event, permission, setting and config key is there."""

import inspect
from pathlib import Path

import pytest

from mailhub import config, hookspecs
from mailhub.actions import explain
from mailhub.hub import Hub

ROOT = Path(__file__).parents[2]
HOOKS = {
    name: function
    for name, function in vars(hookspecs).items()
    if inspect.isfunction(function) and hasattr(function, "mailhub_spec")
}


def _page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_is_documented_with_its_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(HOOKS[name]).parameters)
    assert f"### `{name}({arguments})`" in _page("hooks")
    assert HOOKS[name].__doc__


def test_the_page_of_hooks_names_none_that_does_not_exist() -> None:
    named = {line[5:].split("(")[0] for line in _page("hooks").splitlines() if line.startswith("### `")}
    assert named == set(HOOKS)


def test_every_action_is_documented_with_its_arguments_and_permission(sqlite_hub: Hub) -> None:
    page = _page("actions")
    for action in sqlite_hub.actions.values():
        assert f"### `{action.name}`" in page, f"{action.name} is missing in docs/actions.md"
        section = page.split(f"### `{action.name}`")[1].split("\n### ")[0]
        assert f"`{action.permission}`" in section, f"{action.name}: its permission is missing"
        for name, *_ in explain(action):
            assert f"| `{name}` |" in section, f"{action.name}: its argument {name} is missing"
    named = {line[5:-1] for line in page.splitlines() if line.startswith("### `")}
    assert named == set(sqlite_hub.actions), "docs/actions.md names an action that does not exist"


@pytest.mark.parametrize(
    ("page", "registry"), [("events", "event_kinds"), ("permissions", "permissions"), ("settings", "settings_known")]
)
def test_every_registered_name_has_its_line(sqlite_hub: Hub, page: str, registry: str) -> None:
    named = {line.split("`")[1] for line in _page(page).splitlines() if line.startswith("| `")}
    assert named == set(getattr(sqlite_hub, registry))


def test_the_example_configuration_is_every_key_at_its_default() -> None:
    assert (ROOT / "config.example.toml").read_text("utf-8") == config.example()


def test_the_example_configuration_can_be_used_as_it_is(tmp_path: Path) -> None:
    copy = tmp_path / "config.toml"
    copy.write_text(config.example(), "utf-8")
    loaded = config.load(copy, {})
    assert {name: getattr(loaded, name) for name in ("web", "smtp", "delivery")} == {
        name: getattr(config.Config(), name) for name in ("web", "smtp", "delivery")
    }

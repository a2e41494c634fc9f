"""Plugins are found, loaded and checked; what is wrong with one is one sentence, and its faults carry its name."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub import hookimpl, plugins
from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.plugins import PluginFault
from mailhub.testing import make_config

GOOD = '''"""A plugin."""
from mailhub import hookimpl, Permission

@hookimpl
def register_permissions():
    return [Permission("birds.watch", "Birds", "Watch birds")]
'''


def _config(tmp_path: Path, disabled: list[str], **files: str) -> Config:
    folder = tmp_path / "plugins"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return make_config(tmp_path / "data", plugins={"disabled": disabled, "folder": str(folder)})


@pytest.fixture
def disabled(no_plugins: dict[str, list[str]]) -> list[str]:
    return no_plugins["disabled"]


def test_a_file_in_the_folder_is_a_plugin(tmp_path: Path, disabled: list[str]) -> None:
    manager = plugins.load(_config(tmp_path, disabled, birds=GOOD, _draft="raise ValueError"))
    assert [name for name, _ in manager.list_name_plugin()] == ["birds"]
    assert plugins.describe(manager) == [("birds", str(tmp_path / "plugins" / "birds.py"), ["register_permissions"])]


def test_what_is_disabled_is_not_even_imported(tmp_path: Path, disabled: list[str]) -> None:
    manager = plugins.load(_config(tmp_path, [*disabled, "broken"], broken="raise ValueError"))
    assert manager.list_name_plugin() == []


def test_one_plugin_alone_is_loaded_without_the_others(tmp_path: Path, disabled: list[str]) -> None:
    config = _config(tmp_path, disabled, birds=GOOD, broken="raise ValueError")
    assert [name for name, _ in plugins.load(config, only="birds").list_name_plugin()] == ["birds"]
    assert plugins.load(config, only="fish").list_name_plugin() == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise ValueError('no')", r"The plugin birds cannot be loaded: ValueError\('no'\)"),
        ("def f(:", "The plugin birds cannot be loaded: SyntaxError"),
        ("import nothing_at_all", "The plugin birds cannot be loaded: ModuleNotFoundError"),
        ("from mailhub import hookimpl\n@hookimpl\ndef register_birds(): ...", "a hook that does not exist"),
        ("from mailhub import hookimpl\n@hookimpl\ndef menu_items(hub, bird): ...", "The plugin birds does not fit"),
        ("raise SystemExit", "The plugin birds cannot be loaded"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(tmp_path: Path, disabled: list[str], text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        plugins.load(_config(tmp_path, disabled, birds=text))


def test_a_name_nobody_has_cannot_be_disabled(tmp_path: Path, disabled: list[str]) -> None:
    with pytest.raises(UserError, match=r"names bird, and there is no such plugin: known are .*birds"):
        plugins.load(_config(tmp_path, [*disabled, "bird"], birds=GOOD))


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path, disabled: list[str]) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        plugins.load(make_config(tmp_path, plugins={"disabled": disabled, "folder": str(tmp_path / "none")}))


class Answering:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    def menu_items(self, actor: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer, actor]


def _asked(hub: Hub, *answers: Any) -> Iterator[str]:
    for number, answer in enumerate(answers):
        hub.manager.register(Answering(answer), f"p{number}")
        yield f"p{number}"


def test_each_is_asked_by_name_with_the_arguments_it_wants(sqlite_core: Hub) -> None:
    names = list(_asked(sqlite_core, "a", "b"))
    asked = list(sqlite_core.ask("menu_items", hub=sqlite_core, actor="me"))
    assert sorted(asked) == [(names[0], ["a", "me"]), (names[1], ["b", "me"])]


def test_a_fault_carries_its_plugins_name(sqlite_core: Hub) -> None:
    list(_asked(sqlite_core, OSError("gone")))
    with pytest.raises(PluginFault, match=r"plugin p0 failed in menu_items: OSError\('gone'\)") as caught:
        list(sqlite_core.ask("menu_items", hub=sqlite_core, actor="me"))
    assert caught.value.plugin == "p0"
    assert isinstance(caught.value.__cause__, OSError)


def test_a_fault_leaves_the_others_asked(sqlite_core: Hub, caplog: pytest.LogCaptureFixture) -> None:
    list(_asked(sqlite_core, "a", OSError("gone"), "c"))
    with caplog.at_level(logging.ERROR):
        asked = dict(sqlite_core.ask_safely("menu_items", hub=sqlite_core, actor="me"))
    assert sorted(asked) == ["p0", "p2"]
    assert "plugin p1 failed in menu_items" in caplog.text


def test_migrations_lie_beside_the_plugin(tmp_path: Path, disabled: list[str]) -> None:
    config = _config(tmp_path, disabled, birds=GOOD)
    assert plugins.migrations(plugins.load(config)) == {}
    (tmp_path / "plugins" / "migrations").mkdir()
    (tmp_path / "plugins" / "migrations" / "0001_start.py").write_text("def up(migrator, db): ...")
    assert plugins.migrations(plugins.load(config)) == {"birds": tmp_path / "plugins" / "migrations"}

"""The command: an exit code and one sentence for every way to go wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailhub.cli import main
from mailhub.config import example


def _run(*words: str, **environment: str) -> Result:
    return CliRunner(env={"MAILHUB_CONFIG": "", **environment}).invoke(main, list(words))


@pytest.fixture
def config(tmp_path: Path, no_plugins: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MAILHUB_CONFIG", "")  # the command writes it for its children
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\ndata = "data"\n[plugins]\ndisabled = {no_plugins["disabled"]!r}\n')
    return str(path)


def test_a_key_that_does_not_exist_is_one_sentence(tmp_path: Path, config: str) -> None:
    Path(config).write_text("[web]\nprot = 1\n")
    answer = _run("--config", config, "migrate")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == "mailhub: The configuration has a key web.prot that does not exist: did you mean port.\n"


def test_a_file_that_is_not_there_is_one_sentence(config: str) -> None:
    answer = _run("--config", "/none.toml", "migrate")
    assert answer.exit_code == 1
    assert answer.stderr.startswith("mailhub: There is no configuration file at /none.toml")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["--wrong"], ["migrate", "--wrong"], ["serve", "--once"], ["birds"]])
def test_a_wrong_use_exits_with_2(config: str, words: list[str]) -> None:
    assert _run("--config", config, *words).exit_code == 2


def test_migrate_says_what_ran_and_then_that_nothing_is_left(config: str) -> None:
    ran = _run("--config", config, "migrate").stdout.splitlines()
    assert (ran[0], ran[-1]) == ("core/0001_start", "sandbox/0001_start")
    assert _run("--config", config, "migrate").stdout == "The database is up to date.\n"


def test_config_prints_the_example(config: str) -> None:
    answer = _run("config")
    assert (answer.exit_code, answer.stdout) == (0, example())


def test_plugins_are_listed_with_their_hooks(tmp_path: Path, config: str) -> None:
    (tmp_path / "birds.py").write_text("from mailhub import hookimpl\n@hookimpl\ndef menu_items(): return []\n")
    answer = _run("--config", config, "plugins", MAILHUB_PLUGINS__FOLDER=str(tmp_path))
    assert answer.stdout == f"birds  {tmp_path / 'birds.py'}\n    menu_items\n"


def test_help_and_version(config: str) -> None:
    assert "serve" in _run("-h").stdout
    assert _run("--version").exit_code == 0


BIRDS = """import click
from mailhub import hookimpl
@click.command("birds")
@click.option("--loud", is_flag=True)
@click.pass_obj
def birds(config, loud):
    "Tell of birds."
    click.echo(f"{'TWEET' if loud else 'tweet'} from {config.data.name}")
@hookimpl
def register_commands(): return [birds]
"""


def _with_birds(tmp_path: Path, text: str) -> dict[str, str]:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "birds.py").write_text(text)
    return {"MAILHUB_PLUGINS__FOLDER": str(folder)}


def test_a_plugins_command_is_listed_and_runs_with_the_configuration(tmp_path: Path, config: str) -> None:
    with_birds = _with_birds(tmp_path, BIRDS)
    assert "Tell of birds." in _run("-h", **with_birds, MAILHUB_CONFIG=config).stdout
    assert _run("--config", config, "birds", "--loud", **with_birds).stdout == "TWEET from data\n"
    assert _run("--config", config, "birds").exit_code == 2, "without the plugin there is no such command"


@pytest.mark.parametrize("name", ["serve", "do"])
def test_a_plugin_takes_no_name_that_is_the_cores(tmp_path: Path, config: str, name: str) -> None:
    text = BIRDS.replace('"birds"', f'"{name}"')
    answer = _run("--config", config, "campaigns", "list", **_with_birds(tmp_path, text))
    assert answer.exit_code == 1
    assert answer.stderr == f"mailhub: The plugin birds brings the command {name}, and that name is taken: rename it.\n"


def test_a_plugin_that_cannot_say_its_commands_is_named(tmp_path: Path, config: str) -> None:
    text = BIRDS.replace("return [birds]", "return [1 / 0]")
    answer = _run("--config", config, "campaigns", "list", **_with_birds(tmp_path, text))
    assert answer.exit_code == 1
    assert answer.stderr.startswith("mailhub: The plugin birds failed in register_commands: ZeroDivisionError")


def test_help_comes_whatever_the_configuration_says(tmp_path: Path, config: str) -> None:
    Path(config).write_text("[web]\nprot = 1\n")
    assert "serve" in _run("-h", MAILHUB_CONFIG=config).stdout

"""`mailhub do`: every action from a shell, one JSON object, and a sentence for what a person typed wrong."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from mailhub.cli import main
from mailhub.cli.doing import _arguments
from mailhub.cli.telling import readable
from mailhub.errors import Invalid
from mailhub.people import ACTIONS


@pytest.fixture
def config(tmp_path: Path, no_plugins: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MAILHUB_CONFIG", "")  # the command writes it for its children
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\ndata = "data"\n[plugins]\ndisabled = {no_plugins["disabled"]!r}\n')
    return str(path)


def _run(config: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", config, *words])


def test_the_first_account_and_its_users_are_made_from_a_shell(config: str) -> None:
    made = _run(config, "account", "create", "--name", "Été", "--json")
    assert (made.exit_code, json.loads(made.stdout)) == (0, {"number": 1, "name": "Été"})
    assert "Été" in made.stdout
    user = _run(config, "user", "create", "--name=Bo", "--email=bo@example.com", "--role=owner", "--json")
    assert json.loads(user.stdout)["role"] == "owner"
    domain = _run(config, "do", "domains.add", "name=example.org", "--as", "bo@example.com", "--json")
    assert len(json.loads(domain.stdout)["records"]) == 3


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["birds.feed"], 1, "There is no action birds.feed"),
        (["domains.add", "name=example.org", "--account", "9"], 1, "There is no account 9"),
        (["domains.add", "name=x"], 1, "x is no domain name"),
        (["domains.add", "nam=x.org"], 1, "nam: "),
        (["domains.add", "example.org"], 2, "'example.org' is no key=value"),
        (["domains.add", "name=@/none"], 1, "There is no file /none"),
        (["domains.add", "name=x.org", "--as", "a@example.com"], 1, "There is no user a@example.com"),
        (["domains.add", "--account", "x"], 2, "not a valid integer"),
        (["accounts.create", "name=B", "--account", "2"], 1, "accounts.create"),
    ],
)
def test_each_mistake_has_its_code_and_its_sentence(config: str, words: list[str], code: int, sentence: str) -> None:
    _run(config, "account", "create", "--name", "A")
    answer = _run(config, "do", *words)
    assert (answer.exit_code, answer.stdout) == (code, ""), answer.output
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    if code == 1:
        assert answer.stderr.count("\n") == 1


def test_without_an_account_only_one_can_be_made(config: str) -> None:
    answer = _run(config, "do", "domains.add", "name=example.org")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "`mailhub account create` opens one" in answer.stderr


def test_a_user_acts_with_their_own_permissions_in_their_own_account(config: str) -> None:
    for name in "AB":
        _run(config, "account", "create", "--name", name)
    _run(config, "user", "create", "--name=Bo", "--email=bo@example.com", "--role=analyst", "--account", "2")
    refused = _run(config, "do", "domains.add", "name=example.org", "--as", "bo@example.com", "--account", "2")
    assert refused.exit_code == 1
    assert "domains.add" in refused.stderr
    stranger = _run(config, "do", "domains.add", "name=example.org", "--as", "bo@example.com")
    assert "does not belong to account 1" in stranger.stderr


def test_actions_are_listed_and_explain_themselves(config: str) -> None:
    listed = json.loads(_run(config, "do", "--json").stdout)
    assert {"name": "domains.add", "title": "Add a domain", "permission": "domains.add"} in listed["actions"]
    assert "domains.add" in _run(config, "do").stdout
    answer = _run(config, "do", "domains.add", "help").stdout
    assert answer.splitlines()[0] == "domains.add: Add a domain (needs domains.add)"
    assert "name=string  domain name" in answer


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["a=1", "b="], {"a": "1", "b": ""}),
        (["--a", "1", "--b=2"], {"a": "1", "b": "2"}),
        (["first-name=x=y"], {"first_name": "x=y"}),
        (["a=1", "a=2", "a=3"], {"a": ["1", "2", "3"]}),
    ],
)
def test_words_become_arguments(words: list[str], given: dict[str, Any]) -> None:
    assert _arguments(ACTIONS[0], words) == given


def test_a_file_is_given_with_an_at_sign(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("")
    assert _arguments(ACTIONS[0], [f"file=@{tmp_path}/list.csv"]) == {"file": tmp_path / "list.csv"}
    with pytest.raises(Invalid, match="There is no file"):
        _arguments(ACTIONS[0], [f"file=@{tmp_path}"])
    with pytest.raises(click.UsageError):
        _arguments(ACTIONS[0], ["--alone"])


def test_results_are_readable() -> None:
    told = readable({"a": 1, "b": None, "c": [{"d": "x"}, {"d": "y"}]})
    assert told.startswith("a: 1\nc:")
    assert "d: x" in told

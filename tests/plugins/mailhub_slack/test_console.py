"""`mailhub slack manifest` prints JSON, or one sentence that says what is missing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailhub.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("MAILHUB_CONFIG", "")
    path = tmp_path / "config.toml"

    def invoke(*words: str, text: str = "") -> Result:
        path.write_text(text)
        return CliRunner().invoke(main, ["--config", str(path), "slack", "manifest", *words])

    return invoke


def test_it_prints_json_for_this_server(run) -> None:  # type: ignore[no-untyped-def]
    answer = run(text='[server]\npublic_url = "https://mail.example.com"\n')
    assert answer.exit_code == 0, answer.stderr
    made = json.loads(answer.stdout)
    assert made["settings"]["interactivity"]["request_url"] == "https://mail.example.com/slack/events"


def test_another_address_or_a_socket(run) -> None:  # type: ignore[no-untyped-def]
    assert "https://other.example/slack/events" in run("--url", "https://other.example").stdout
    assert json.loads(run("--socket").stdout)["settings"]["socket_mode_enabled"] is True


def test_without_https_it_says_what_to_do(run) -> None:  # type: ignore[no-untyped-def]
    answer = run()
    assert answer.exit_code == 1
    assert answer.stderr.startswith("mailhub: Slack reaches a server by HTTPS only, and http://localhost:8000 is not")


def test_where_the_plugin_is_off_there_is_no_such_command(run) -> None:  # type: ignore[no-untyped-def]
    answer = run("--socket", text='[plugins]\ndisabled = ["slack"]\n')
    assert answer.exit_code != 0
    assert "socket_mode" not in answer.stdout

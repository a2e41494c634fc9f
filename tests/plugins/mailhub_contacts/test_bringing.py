"""A file brought in from a shell, and what happens when that is interrupted."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailhub.cli import main
from mailhub.config import load
from mailhub.errors import NotFound, UserError
from mailhub_contacts import bringing


@pytest.fixture
def configuration(tmp_path: Path, alone: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\ndata = "data"\n[plugins]\ndisabled = {alone["disabled"]!r}\n')
    monkeypatch.setenv("MAILHUB_CONFIG", str(path))
    assert CliRunner().invoke(main, ["account", "create", "--name", "Acme"]).exit_code == 0
    (tmp_path / "base.csv").write_text("Courriel\na@example.com\n")
    return path


def bring(configuration: Path, account: int = 1) -> tuple[dict[str, object], int]:
    return bringing.bring(
        load(configuration), configuration.parent / "base.csv", None,
        lists=("Spring",), groups=(), mapping="", language="", account=account, email=None,
    )  # fmt: skip


def test_a_file_comes_in_and_its_report_out(configuration: Path) -> None:
    told, written = bring(configuration)
    assert (told["state"], told["number"], written) == ("done", 1, 0)


def test_an_account_that_is_not_there(configuration: Path) -> None:
    with pytest.raises(NotFound):
        bring(configuration, account=7)


def test_who_interrupts_cancels(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bringing, "work_off", interrupted)
    with pytest.raises(UserError, match="The import was cancelled: what came in before stays."):
        bring(configuration)
    monkeypatch.undo()
    monkeypatch.setenv("MAILHUB_CONFIG", str(configuration))
    told = CliRunner().invoke(main, ["imports", "show", "number=1"])
    assert "state: cancelled" in told.stdout

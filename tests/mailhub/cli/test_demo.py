"""The demo's own parts: its contacts, its fresh folder; the whole of it runs in the flows."""

from pathlib import Path

import pytest

from mailhub.address import check
from mailhub.cli import demo
from mailhub.people import find_user
from mailhub.testing import make_config


def test_a_thousand_contacts_are_all_different_and_in_two_languages() -> None:
    rows = [demo._contact(number) for number in range(demo.CONTACTS)]
    assert len({row[0] for row in rows}) == 1000
    assert {row[1] for row in rows} == {"FR", "EN"}
    assert [row[0] for row in rows if check(row[0])] == []


def test_the_folder_is_fresh_and_gone_at_the_end(
    tmp_path: Path,
    no_plugins: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("MAILHUB_SERVER__DATA", "MAILHUB_SERVER__KEY_FILE"):
        monkeypatch.setenv(name, "")  # the demo writes them for its children
    with demo._fresh_folder(make_config(tmp_path, plugins=no_plugins)) as fresh:
        assert fresh.data != tmp_path
        assert fresh.key_path.parent == fresh.data
        assert find_user(demo.EMAIL).name == "Demo Owner"
    assert not fresh.data.exists()
    assert "Sign in as demo@example.com with the password " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []

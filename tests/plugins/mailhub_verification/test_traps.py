"""Lists of spam traps that the operator loads."""

from pathlib import Path

import pytest

from mailhub.errors import UserError
from mailhub.testing import make_config
from mailhub_verification import traps


def test_addresses_and_domains_of_several_lists(tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("# known traps\nOld@Example.org\n\ntraps.example  # all of it\n", "utf-8")
    other.write_bytes(b"@more.example\n\xff\xfe not utf-8\n")
    listed = traps.load(make_config(tmp_path, verification={"traps": [str(one), str(other)]}))
    assert listed.hold("old@example.org", "example.org")
    assert listed.hold("who@traps.example", "traps.example")
    assert listed.hold("who@more.example", "more.example")
    assert not listed.hold("new@example.org", "example.org")


def test_a_list_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "traps.txt"
    config = make_config(tmp_path, verification={"traps": [str(path)]})
    path.write_text("a@example.org\n")
    assert not traps.load(config).hold("b@example.org", "example.org")
    path.write_text("a@example.org\nb@example.org\n")
    assert traps.load(config).hold("b@example.org", "example.org")


def test_no_list_holds_nothing(tmp_path: Path) -> None:
    assert not traps.load(make_config(tmp_path)).hold("a@example.org", "example.org")


def test_a_list_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(UserError, match="correct verification.traps"):
            traps.load(make_config(tmp_path, verification={"traps": [str(path)]}))

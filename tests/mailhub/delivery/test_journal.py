"""The journal survives a kill: what was answered is read back, a line that was cut off is not."""

import os
from pathlib import Path

import pytest

from mailhub.delivery import journal
from mailhub.delivery.journal import Journal
from mailhub.messages import Outcome

ONE = Outcome(382748501324333058, 1, "delivered", 5, 250, "2.0.0", "taken ’\n", route="host:25", tls="TLSv1.3")
TWO = Outcome(2, 3, "deferred", 6, 451, due_at=99)


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    open_journal = Journal(tmp_path / "j")
    open_journal.add(ONE)
    open_journal.add(TWO)
    assert open_journal.pending == journal.read(tmp_path / "j") == [ONE, TWO]
    open_journal.close()


def test_what_is_settled_is_forgotten_and_the_next_is_not(tmp_path: Path) -> None:
    open_journal = Journal(tmp_path / "j")
    open_journal.add(ONE)
    assert open_journal.take() == [ONE]
    open_journal.settled()
    assert (open_journal.pending, (tmp_path / "j").read_bytes()) == ([], b"")
    open_journal.add(TWO)
    open_journal.close()
    assert journal.read(tmp_path / "j") == [TWO]


def test_what_comes_while_settling_stays_in_the_file(tmp_path: Path) -> None:
    open_journal = Journal(tmp_path / "j")
    open_journal.add(ONE)
    open_journal.take()
    open_journal.add(TWO)
    open_journal.settled()
    assert open_journal.pending == [TWO]
    assert TWO in journal.read(tmp_path / "j")
    assert open_journal.take() == [TWO]
    open_journal.settled()
    assert (tmp_path / "j").read_bytes() == b""
    open_journal.close()


def test_what_could_not_be_settled_is_pending_again_in_its_order(tmp_path: Path) -> None:
    open_journal = Journal(tmp_path / "j")
    open_journal.add(ONE)
    open_journal.take()
    open_journal.add(TWO)
    open_journal.put_back()
    assert open_journal.pending == journal.read(tmp_path / "j") == [ONE, TWO]
    open_journal.close()


def test_an_empty_journal_has_no_outcomes(tmp_path: Path) -> None:
    Journal(tmp_path / "j").close()
    assert journal.read(tmp_path / "j") == []


def test_whatever_the_kill_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j"
    open_journal = Journal(path)
    open_journal.add(ONE)
    first = path.stat().st_size
    open_journal.add(TWO)
    open_journal.close()
    whole = path.read_bytes()
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert journal.read(path) == [ONE], f"cut at {end}"


@pytest.mark.parametrize("line", [b"[1, 2]\n", b"\x00\x00\x00\n", b"{}\n", b"[\n", b"7\n", b"\xff\n"])
def test_a_line_that_is_no_outcome_is_left_out(tmp_path: Path, line: bytes) -> None:
    open_journal = Journal(tmp_path / "j")
    open_journal.add(ONE)
    with (tmp_path / "j").open("ab") as file:
        file.write(line)
    open_journal.add(TWO)
    open_journal.close()
    assert journal.read(tmp_path / "j") == [ONE, TWO]


def test_under_an_unbroken_load_the_file_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LONGEST", 2000)
    open_journal = Journal(tmp_path / "j")
    for number in range(500):
        open_journal.add(ONE._replace(id=number))
        if number % 10 == 5:
            taken = open_journal.take()
            open_journal.add(TWO._replace(id=number))
            open_journal.settled()
            assert {each.id for each in open_journal.pending} <= {each.id for each in journal.read(tmp_path / "j")}
            assert (tmp_path / "j").stat().st_size < 4000
            assert TWO._replace(id=number) not in taken
    open_journal.close()


def test_a_full_disk_costs_lines_and_no_outcomes(tmp_path: Path) -> None:
    open_journal = Journal(tmp_path / "j")
    file = open_journal._file
    open_journal._file = os.open("/dev/full", os.O_WRONLY)
    open_journal.add(ONE)
    open_journal._file = file
    open_journal.add(TWO)
    assert open_journal.take() == [ONE, TWO]
    open_journal.put_back()
    open_journal.close()
    assert journal.read(tmp_path / "j") == [TWO]

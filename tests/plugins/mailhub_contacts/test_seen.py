"""Which row named an address first."""

from pathlib import Path

from mailhub_contacts.mapping import Row
from mailhub_contacts.seen import Seen, row_of


def row(number: int, key: int) -> Row:
    return Row(number, f"{key}@example.com", key, "", "", {})


def test_the_first_row_counts_and_later_ones_know_it(tmp_path: Path) -> None:
    first, second = [row(2, -7), row(3, 8), row(4, -7)], [row(5, 8), row(6, 9)]
    with Seen(tmp_path / "seen") as seen:
        assert seen.sort(first, "40:5") == ([first[0], first[1]], [(first[2], 2)])
    with Seen(tmp_path / "seen") as seen:
        assert (seen.token, seen.row) == ("40:5", 5)
        assert seen.sort(second, "60:7") == ([second[1]], [(second[0], 3)])
        assert seen.sort(first, "40:5") == ([first[0], first[1]], [(first[2], 2)])  # a batch that comes again
        assert seen.token == "60:7"
    assert row_of("") == 0


def test_a_spoilt_file_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "seen").write_bytes(b"not a database" * 100)
    with Seen(tmp_path / "seen") as seen:
        assert seen.sort([row(2, 1)], "9:3") == ([row(2, 1)], [])


def test_without_a_path_nothing_is_left() -> None:
    with Seen() as seen:
        assert seen.sort([row(2, 1), row(3, 1)], "9:4") == ([row(2, 1)], [(row(3, 1), 2)])
        assert seen.sort([], "") == ([], [])

"""Records read one batch after another, with the place of the next row always true."""

from pathlib import Path

import pytest

from mailhub_contacts.sheet_text import Records, detect_separator, first_lines, is_spaced


def records(path: Path, content: bytes, encoding: str = "utf-8") -> Records:
    path.write_bytes(content)
    return Records(path, encoding, ";", False, 0, 1)


def test_places(tmp_path: Path) -> None:
    with records(tmp_path / "a", 'é;1\r\n"x\n";2\n\nb;3'.encode()) as reader:
        assert reader.take(1) == [["é", "1"]]
        assert (reader.offset, reader.row) == (6, 2)
        assert reader.take(2) == [["x\n", "2"], []]
        assert (reader.offset, reader.row) == (14, 4)
        assert reader.take(9) == [["b", "3"]]
        assert reader.take(9) == []


def test_places_stay_true_after_broken_quotes(tmp_path: Path) -> None:
    with records(tmp_path / "a", b'a;"1\nb;2\nc;"3" 4\nd;5\n') as reader:
        assert reader.take(2) == [["a", '"1'], ["b", "2"]]
        assert (reader.offset, reader.row) == (9, 3)
        assert reader.take(2) == [["c", "3 4"], ["d", "5"]]
        assert (reader.offset, reader.row) == (21, 5)


def test_places_in_utf_16_count_bytes_of_rare_characters(tmp_path: Path) -> None:
    with records(tmp_path / "a", "😀;1\nb;2\n".encode("utf-16-le"), "utf-16-le") as reader:
        reader.take(1)
        assert reader.offset == 10
        assert reader.take(1) == [["b", "2"]]


def test_a_line_end_across_two_chunks_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailhub_contacts.sheet_text._CHUNK", 4)
    with records(tmp_path / "a", b"a;1\r\nb;2\r\n") as reader:
        assert reader.take(9) == [["a", "1"], ["b", "2"]]


def test_separator_and_blanks() -> None:
    assert detect_separator(["a@b.ca, x\n", "c@d.ca, y\n"]) == ","
    assert detect_separator(["a\n"]) == detect_separator([]) == ";"
    assert is_spaced(['"a", "b"\n'], ",")
    assert not is_spaced(['"a, ""b"""\n'], ";")


def test_first_lines_skip_the_mark(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\rb\r")
    assert first_lines(tmp_path / "a", "utf-8", 3) == ["a\r", "b\r"]

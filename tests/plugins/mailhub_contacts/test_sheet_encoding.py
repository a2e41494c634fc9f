"""Encodings by their bytes, where whole files are too coarse a test."""

from pathlib import Path

import pytest

from mailhub_contacts.sheet_encoding import STRAY, detect


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Créée à l’été\n", "cp1252"),
        ("10 € « déjà »\n", "cp1252"),
        ("Zoé\n", "mac_roman"),
        ("Zoé\n", "cp850"),
        ("Иванов Сергей, Смирнов Дмитрий\n", "cp1251"),
        ("plain\n", "utf-8"),
    ],
)
def test_few_letters_are_enough(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert detect(path) == (encoding, 0)


def test_a_character_cut_at_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"Zo\xc3\xa9 " * 10 + b"\xc3")
    assert detect(path) == ("utf-8", 0)


def test_a_character_across_two_chunks_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (2**20 - 1) + "é".encode())
    assert detect(path) == ("utf-8", 0)


def test_stray_bytes() -> None:
    assert b"\xc3\xa9\xe9;\x81\x92".decode("utf-8", STRAY) == "éé;\x81’"
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", STRAY)

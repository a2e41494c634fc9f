# ruff: noqa: RUF001
"""Encodings of one byte a letter are told apart by what people write."""

import pytest

from mailhub_contacts.sheet_alphabets import ALPHABETS, likeness

RUSSIAN = "Иван Петров, Москва; Анна Смирнова, Санкт-Петербург"


def test_each_encoding_reads_its_own_best() -> None:
    for encoding in ("cp1251", "koi8_r", "cp866", "iso8859_5"):
        written = RUSSIAN.encode(encoding)
        fits = {name: likeness(written.decode(name, "replace"), letters) for name, letters in ALPHABETS.items()}
        assert max(fits, key=fits.__getitem__) == encoding


@pytest.mark.parametrize(("good", "worse"), [("Société", "SociÈtÈ"), ("Jiří", "Ji°í"), ("Мария", "Mария")])
def test_capitals_signs_and_other_scripts_within_a_word_speak_against_it(good: str, worse: str) -> None:
    everything = frozenset().union(*ALPHABETS.values()) - {"°"}
    assert likeness(good, everything) > likeness(worse, everything)

"""The table of header words: no word has two meanings, and folding makes the ways to write one word equal."""

import pytest

from mailhub_contacts.column_words import FIELD_OF, MAYBE_ADDRESS, WORDS, ascii_fold, fold


def test_no_word_means_two_fields() -> None:
    meanings: dict[str, set[str]] = {}
    for field, words in WORDS.items():
        for word in words:
            meanings.setdefault(fold(word), set()).add(field)
    assert {word: fields for word, fields in meanings.items() if len(fields) > 1} == {}
    assert not MAYBE_ADDRESS & set(FIELD_OF)


@pytest.mark.parametrize(
    ("header", "folded"),
    [("E-mail 1 - Value", "email1value"), (" PRÉNOM ", "prenom"), ("Nom d’affichage", "nomdaffichage"), ("手机", "")],
)
def test_fold(header: str, folded: str) -> None:
    assert fold(header) == folded


def test_ascii_fold_keeps_what_stands_between_letters() -> None:
    assert ascii_fold("Cœur d'Élan n°2") == "coeur d'elan n2"

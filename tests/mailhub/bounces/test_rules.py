"""The table holds together: every reason has a class, every phrase a reason, and none is there in vain."""

import re

import pytest

from mailhub.bounces.phrases import Phrase, plain
from mailhub.bounces.rules import SAME, SHIPPED, Wordings, cut, rules


def test_every_reason_that_is_named_has_a_class() -> None:
    table = rules()
    assert {*table.statuses.values(), *table.codes.values(), *table.counted} <= set(table.classes)
    assert set(re.findall(r'^reason = "(\w+)"', SHIPPED.read_text("utf-8"), re.M)) <= {*table.classes, SAME}
    assert all(table.classes[reason] == "soft" for reason in table.counted)


def test_statuses_are_those_of_the_registry() -> None:
    assert all(re.fullmatch(r"[1-7](\.\d{1,3})?", status) for status in rules().statuses)
    assert rules().statuses["1.1"] == "no_such_user"
    assert rules().statuses["7.26"] == "unauthenticated"


def test_the_first_phrase_of_the_table_counts_wherever_it_stands_in_a_text() -> None:
    wordings = Wordings([("one", ["first thing"]), ("two", ["second", "ab"])])
    assert wordings.reason_in(plain("a second and then the first thing")) == "one"
    assert wordings.reason_in(plain("xaby")) == "two"
    assert wordings.reason_in(plain("neither")) == ""


def test_cells_are_cut_at_bars_and_lines() -> None:
    assert cut("\na | b c\n| d\n") == ["a", "b c", "d"]


@pytest.mark.parametrize("wordings", [rules().strong, rules().weak, rules().doubts], ids=["strong", "weak", "doubts"])
def test_every_phrase_is_found_in_itself(wordings: Wordings) -> None:
    for phrases in wordings._by_start.values():
        for _, phrase in phrases:
            text = " ".join((phrase.first, *phrase.rest))
            assert wordings.reason_in(plain(text)) or phrase.first.strip() != phrase.first, text


def test_no_phrase_holds_what_no_text_does() -> None:
    """Texts have no capitals, no address and no double blanks when they are looked through."""
    held = SHIPPED.read_text("utf-8")
    for text in (text for cell in re.findall(r'phrases = """(.*?)"""', held, re.S) for text in cut(cell)):
        phrase = Phrase(text)
        for piece in (phrase.first, *phrase.rest):
            assert not re.search(r"\w@|@\w|  |[A-Z]", piece), text

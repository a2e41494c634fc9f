"""A behaviour is read from one line of text, or refused with an example of a right one."""

import pytest

from mailhub.sink.rules import BEHAVIOURS, Rule


def test_a_line_is_a_word_a_stage_and_an_answer() -> None:
    assert Rule.parse("Odd=data:451 4.3.0 later") == Rule("odd", "data", "451 4.3.0 later")
    assert Rule.parse("x=dot:wait 2.5").answer == "wait 2.5"


@pytest.mark.parametrize(
    "line", ["", "odd", "odd=dot", "odd=never:drop", "=rcpt:drop", "odd=rcpt:no answer", "odd=dot:wait"]
)
def test_what_is_none_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(ValueError, match="write it like hard=rcpt"):
        Rule.parse(line)


def test_the_defaults_can_be_read() -> None:
    assert {Rule.parse(each).word for each in BEHAVIOURS} == {"hard", "soft", "drop", "slow"}

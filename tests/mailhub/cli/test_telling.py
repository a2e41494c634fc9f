"""A shell is told what it can read, and what to type when something is missing."""

import re

import pytest
from marshmallow import fields

from mailhub.actions import Action, Arguments, argument
from mailhub.cli.telling import explained, help_of, readable
from mailhub.errors import Conflict, Invalid, UserError


class Given(Arguments):
    name = argument(fields.String, "what it is called", required=True)
    size = argument(fields.Integer, "how large", load_default=1)


ACTION = Action("things.make", "Make a thing", "things.edit", lambda hub, actor: None, Given)


def test_an_answer_is_lines_with_moments_and_without_what_is_empty() -> None:
    told = readable(
        {"number": 1, "started_at": 1_800_000_000_000, "error": "", "lists": [], "counts": {"new": 3, "bad": 0}}
    )
    assert re.fullmatch(r"number: 1\nstarted_at: 2027-01-1\d \d\d:\d\d:\d\d \S+\ncounts:\n  new: 3\n  bad: 0", told)


def test_several_are_set_apart() -> None:
    assert readable([{"name": "a"}, {"name": "b"}]) == "name: a\n--\nname: b"


def test_help_says_what_an_action_takes() -> None:
    assert help_of(ACTION).splitlines() == [
        "things.make: Make a thing (needs things.edit)",
        "  name=string  what it is called",
        "  size=integer (optional)  how large",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "name is missing: add name=…"),
        ({"name": "x", "sise": 1}, "things.make has no argument sise: did you mean size?"),
        ({"name": "x", "zzz": 1}, "things.make has no argument zzz: it takes name, size."),
        ({"name": "x", "size": 10**30}, "size: Number too large."),
    ],
)
def test_a_mistake_is_told_in_words_to_type(given: dict[str, object], said: str) -> None:
    with pytest.raises(Invalid) as caught:
        ACTION.load(given)
    assert str(explained(ACTION, caught.value)) == said


def test_any_other_mistake_stays_as_it_is() -> None:
    error: UserError = Conflict("It is over.")
    assert explained(ACTION, error) is error

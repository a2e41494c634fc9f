"""Arguments as shells, forms and JSON write them."""

from pathlib import Path
from typing import Any

import marshmallow
import pytest

from mailhub_contacts.texts import File, Pairs, Texts


@pytest.mark.parametrize(
    ("given", "told"),
    [("Spring, 3", ["Spring", "3"]), (["a", " b ", ""], ["a", "b"]), ("a\nb", ["a", "b"]), (7, ["7"]), ("", [])],
)
def test_texts(given: Any, told: list[str]) -> None:
    assert Texts().deserialize(given) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Courriel=address, 3=custom:size", {"Courriel": "address", "3": "custom:size"}),
        ('{"a=b": "address"}', {"a=b": "address"}),
        ({"1": "address"}, {"1": "address"}),
        ("a=b=address", {"a=b": "address"}),
    ],
)
def test_pairs(given: Any, told: dict[str, str]) -> None:
    assert Pairs().deserialize(given) == told


@pytest.mark.parametrize("given", ["address", "{", ["a"], "a=b,c"])
def test_pairs_that_are_none(given: Any) -> None:
    with pytest.raises(marshmallow.ValidationError, match="name=value"):
        Pairs().deserialize(given)


def test_a_file_is_a_path_and_no_text() -> None:
    assert File().deserialize(Path("base.csv")) == Path("base.csv")
    with pytest.raises(marshmallow.ValidationError, match="write @ and its path"):
        File().deserialize("/etc/passwd")

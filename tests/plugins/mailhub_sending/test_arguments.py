"""Arguments as each door gives them."""

import pytest

from mailhub import Invalid
from mailhub_sending.actions import ACTIONS

BY_NAME = {each.name: each for each in ACTIONS}


def load(name: str, /, **given):
    return BY_NAME[f"campaigns.{name}"].load(given)


def test_names_from_a_list_or_a_line() -> None:
    for given in ("a, b ,,c", ["a", "b,c"]):
        assert load("test", to=given)["to"] == ["a", "b", "c"]


def test_a_number_may_be_a_number() -> None:
    assert load("pause", which=12)["which"] == "12"
    assert load("pause", which=" 12 ")["which"] == "12"
    assert load("pause")["which"] == ""


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("pause", {"which": True}),
        ("pause", {"what": "12"}),
        ("test", {"to": [1]}),
        ("create", {}),
        ("create", {"name": "x", "subject": 5}),
        ("create", {"name": "x", "rate": "many"}),
        ("schedule", {}),
        ("list", {"limit": 0}),
        ("ledger", {"limit": 2001}),
    ],
)
def test_refusals(name: str, given) -> None:
    with pytest.raises(Invalid):
        load(name, **given)

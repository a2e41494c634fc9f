"""Whoever keeps the devices keeps the whole agreement: every question, with the arguments the API gives."""

import inspect

import pytest

from mailhub_mobile import models
from mailhub_mobile.entering import Entrance
from mobile_api.access import KINDS, READ, WRITE, Access


@pytest.mark.parametrize("name", [name for name in vars(Access) if not name.startswith("_")])
def test_the_plugin_answers_as_agreed(name: str) -> None:
    agreed, answered = getattr(Access, name), getattr(Entrance, name)
    assert inspect.signature(answered).parameters.keys() == inspect.signature(agreed).parameters.keys()


def test_both_sides_use_the_same_words() -> None:
    assert models.KINDS == KINDS
    assert models.PRIVILEGES == (READ, WRITE)

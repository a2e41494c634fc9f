"""What is taken from a phone, and what is refused before anything looks at it."""

from pathlib import Path
from typing import Any

import marshmallow
import pytest
from babel.messages.pofile import read_po

from mailhub.errors import Sentence
from mailhub_sending.states import STATES
from mobile_api import schemas


@pytest.mark.parametrize(
    ("schema", "given", "field"),
    [
        (schemas.SignIn, {"email": "a@example.com", "password": "x" * 1001}, "password"),
        (schemas.SignIn, {"email": "a@example.com", "password": "x", "account": 0}, "account"),
        (schemas.Pair, {"code": "x" * 65}, "code"),
        (schemas.Pair, {"code": "x", "keep": "somewhere"}, "keep"),
        (schemas.Pair, {"code": "x", "admin": True}, "admin"),
        (schemas.Page, {"limit": 101}, "limit"),
        (schemas.Page, {"before": 2**31}, "before"),
        (schemas.When, {"at": ""}, "at"),
    ],
)
def test_what_is_refused(schema: type[Any], given: dict[str, Any], field: str) -> None:
    with pytest.raises(marshmallow.ValidationError) as caught:
        schema().load(given)
    assert set(caught.value.normalized_messages()) == {field}


def test_the_states_are_those_of_campaigns() -> None:
    assert schemas.STATES == STATES
    assert schemas.Page().load({}) == {"state": "", "before": None, "limit": 20}


def test_every_bound_has_a_sentence_in_french() -> None:
    catalogue = Path(schemas.__file__).with_name("translations") / "fr" / "LC_MESSAGES" / "messages.po"
    written = read_po(catalogue.open("rb"))
    said = [
        getattr(validator, "error", None)
        for schema in (
            schemas.Keep,
            schemas.SignIn,
            schemas.Pair,
            schemas.Refresh,
            schemas.When,
            schemas.Once,
            schemas.Page,
        )
        for field in schema().fields.values()
        for validator in field.validators
    ]
    assert len(said) >= 12
    for each in said:
        assert isinstance(each, Sentence)
        found = written.get(each.template)
        assert found is not None
        assert found.string, each

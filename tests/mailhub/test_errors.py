"""Sentences keep their template and values, so that pages can translate them."""

from mailhub.errors import Invalid, NotFound, Sentence, UserError


def test_a_sentence_is_filled_in_and_remembers_how() -> None:
    sentence = Sentence("There is no list {name}.", name="{Spring}")
    assert sentence == "There is no list {Spring}."
    assert (sentence.template, sentence.values) == ("There is no list {name}.", {"name": "{Spring}"})


def test_without_values_braces_are_braces() -> None:
    assert str(UserError("Write {{ name }} in full: {}.")) == "Write {{ name }} in full: {}."


def test_an_error_can_be_given_a_sentence() -> None:
    error = NotFound(Sentence("There is no {what}.", what="list"))
    assert (str(error), error.sentence.template) == ("There is no list.", "There is no {what}.")
    assert isinstance(error, UserError)


def test_invalid_input_names_each_field() -> None:
    error = Invalid(fields={"name": Sentence("Write a name."), "email": Sentence("Write an address.")})
    assert str(error) == "Write a name. Write an address."
    assert list(error.fields) == ["name", "email"]


def test_invalid_input_as_a_whole_has_its_own_sentence() -> None:
    error = Invalid("The file {name} is empty.", name="a.csv")
    assert (str(error), error.fields) == ("The file a.csv is empty.", {})

"""A sentence that is kept comes back with its template and values; a text stays what it is, whatever it looks like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import Event, Source
from mailhub.moments import Moment
from mailhub.sentences import Count, dumps, keep, loads, recall
from mailhub.testing import make_owner, make_source


def _same(one: Sentence, other: Sentence) -> bool:
    return (str(one), one.template, one.values) == (str(other), other.template, other.values)


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence("It took no event for {days} days; last: {answer}", days=3, answer='500 {"say":"no"}'),
        Sentence("Held: {reason}", reason=Sentence("The plugin {plugin} failed to answer.", plugin="billing")),
        Sentence("Ends on {time}.", time=Moment(1_800_000_000_000, "Europe/Paris", named=True)),
        Sentence("{share} of it, {known}", share=0.5, known=True),
        Sentence("{rate} a minute", rate=Count(12431)),
        Sentence("No values, {braces} all the same"),
    ],
)
def test_kept_and_recalled(sentence: Sentence) -> None:
    again = recall(keep(sentence))
    assert _same(again, sentence)
    assert {name: type(each) for name, each in again.values.items()} == {
        name: type(each) for name, each in sentence.values.items()
    }


def test_a_plain_text_is_kept_as_it_is_for_people_who_read_tables() -> None:
    assert keep("The credit is used up.") == "The credit is used up."
    assert keep(Sentence("The credit is used up.")) == "The credit is used up."


@given(st.text())
def test_any_text_comes_back_as_itself(text: str) -> None:
    assert str(recall(keep(text))) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"say":',
        '{"say":"x"}',
        '{"say":"{a}","with":{}} and more',
        '{"say":"{a}","with":{"b":1}}',
        '{"say":1,"with":{}}',
    ],
)
def test_what_only_looks_like_one_stays_a_text(text: str) -> None:
    assert str(recall(text)) == text


def test_what_is_no_sentence_is_left_alone() -> None:
    value = {"count": 3, "at": {"moment": 1, "zone": "UTC", "named": False}, "more": {"count": 4}}
    again = loads(dumps(value))
    assert again == value
    assert type(again["more"]) is dict


def test_sentences_within_json() -> None:
    value = {"who": "Ada", "reason": Sentence("Wait {days} days.", days=3), "list": [Sentence("{a}", a="b"), None, 1.5]}
    text = dumps(value)
    again = loads(text)
    assert again == {"who": "Ada", "reason": "Wait 3 days.", "list": ["b", None, 1.5]}
    assert _same(again["reason"], value["reason"])  # type: ignore[arg-type]
    assert json.dumps(again) == json.dumps(value), "outside it is English"
    assert dumps(again) == text


def test_a_held_source_and_its_event_know_why_in_every_language(hub: Hub) -> None:
    from mailhub import outbox

    account, _, _ = make_owner(hub)
    source = make_source(hub, account, ["a@b.example"])
    reason = Sentence("The plugin {plugin} failed to answer.", plugin="billing")
    outbox.hold(hub, source, reason, hub.ms() + 1000)
    assert _same(Source.get_by_id(source.id).held_reason, reason)
    event = Event.get(Event.kind == "source.held")
    assert _same(event.values["reason"], reason)
    assert not outbox.open_again(source.id, "The plugin slack failed to answer.")
    assert outbox.open_again(source.id, reason)
    assert Source.get_by_id(source.id).held_reason == ""

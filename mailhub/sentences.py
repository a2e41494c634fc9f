"""Sentences that are kept: what was said in English once can be read in another language later, its values too.

A plain text stays as it is, here and in the tables; a sentence with values becomes `{"say": template, "with": values}`.
"""

import json
from collections.abc import Mapping
from typing import Any

import peewee

from mailhub.errors import Sentence
from mailhub.moments import Moment

_SAY, _WITH, _MOMENT, _COUNT = "say", "with", "moment", "count"


class Count(int):
    """A number for a sentence: with thousands separated; whoever says it writes it as their language does."""

    def __str__(self) -> str:
        return f"{int(self):,}"

    def __format__(self, spec: str) -> str:
        return format(int(self), spec or ",")


def keep(text: str) -> str:
    """A sentence as a table keeps it; `recall` gives it back."""
    return dumps(text) if isinstance(text, Sentence) and text.values else str(text)


def recall(text: str) -> Sentence:
    """A kept sentence; any other text is a sentence without values."""
    if isinstance(text, Sentence):
        return text
    if text.startswith(f'{{"{_SAY}":'):
        try:
            found = loads(text)
        except ValueError:
            found = None
        if isinstance(found, Sentence):
            return found
    return Sentence(text)


def dumps(value: Any) -> str:
    """JSON in which the sentences within `value` keep their template and values."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """What `dumps` wrote. Raises `ValueError` for what is no JSON."""
    return json.loads(text, object_hook=_restored)


def _plain(value: Any) -> Any:
    if isinstance(value, Sentence):
        values = {name: _value(each) for name, each in value.values.items()}
        return {_SAY: value.template, _WITH: values} if values else str(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _value(value: Any) -> Any:
    """A value within a sentence: numbers, texts, sentences and moments; of anything else, what it shows."""
    if isinstance(value, Moment):
        return {_MOMENT: int(value), "zone": value.zone, "named": value.named}
    if isinstance(value, Count):
        return {_COUNT: int(value)}
    return _plain(value) if value is None or isinstance(value, (str, int, float)) else str(value)


def _restored(found: dict[str, Any]) -> Any:
    if found.keys() != {_SAY, _WITH} or not isinstance(found[_SAY], str) or not isinstance(found[_WITH], dict):
        return found
    try:
        return Sentence(found[_SAY], **{name: _back(each) for name, each in found[_WITH].items()})
    except (LookupError, ValueError, TypeError):
        return found  # a template of somebody else's


def _back(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {_MOMENT, "zone", "named"}:
        return Moment(value[_MOMENT], value["zone"], named=value["named"])
    return Count(value[_COUNT]) if isinstance(value, dict) and value.keys() == {_COUNT} else value


class SentenceField(peewee.TextField):
    """A text column that gives back a `Sentence`: English as it stands, and ready to be translated."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else keep(value)

    def python_value(self, value: str | None) -> Sentence | None:
        return None if value is None else recall(value)

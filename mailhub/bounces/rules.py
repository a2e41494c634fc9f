"""The table of what servers' answers mean, `rules.toml`, read once and made ready to be asked."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from mailhub.bounces.phrases import Phrase
from mailhub.bounces.reading import Class

SHIPPED = Path(__file__).with_name("rules.toml")
UNDETERMINED = "undetermined"
_START = 4
"""Letters of a phrase's start by which it is found: few phrases are left to be looked for in a text."""


class Wordings:
    """Phrases and the reasons they stand for, the first of the table first."""

    def __init__(self, groups: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._by_start: dict[str, list[tuple[int, Phrase, str]]] = {}
        self._short: list[tuple[int, Phrase, str]] = []
        place = 0
        for reason, texts in groups:
            for text in texts:
                phrase, place = Phrase(text), place + 1
                found = (
                    self._by_start.setdefault(phrase.first[:_START], []) if len(phrase.first) >= _START else self._short
                )
                found.append((place, phrase, reason))

    def reason_in(self, text: str) -> str:
        """The reason of the first phrase of the table that a text (made plain) has; "" where it has none."""
        starts = {text[at : at + _START] for at in range(len(text) - _START + 1)}
        found = list(self._short)
        for start in starts & self._by_start.keys():
            found += self._by_start[start]
        return next((reason for _, phrase, reason in sorted(found, key=_place) if phrase.within(text)), "")


def _place(found: tuple[int, Phrase, str]) -> int:
    return found[0]


class Rules:
    """The whole table. classes: reason → class. counted: soft reasons whose days suppress an address."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.classes: dict[str, Class] = dict(table["reasons"])
        self.counted = frozenset(table["counted"]["reasons"])
        self.statuses: dict[str, str] = dict(table["statuses"])
        self.codes: dict[str, str] = dict(table["codes"])
        groups = [(each["reason"], cut(each["phrases"]), each.get("weak", False)) for each in table["wordings"]]
        self.strong = Wordings((reason, texts) for reason, texts, weak in groups if not weak)
        self.weak = Wordings((reason, texts) for reason, texts, weak in groups if weak)


def cut(texts: str) -> list[str]:
    """The phrases of a table's cell: between bars and line ends."""
    return [text for line in texts.splitlines() for each in line.split("|") if (text := each.strip())]


@cache
def rules() -> Rules:
    """The shipped table."""
    return Rules(tomllib.loads(SHIPPED.read_text("utf-8")))

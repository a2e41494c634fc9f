"""The table of what servers' answers mean, `rules.toml`, read once and made ready to be asked."""

import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from mailhub.bounces.phrases import Phrase
from mailhub.bounces.reading import Class

SHIPPED = Path(__file__).with_name("rules.toml")
UNDETERMINED = "undetermined"
SAME = "same"
"""What a doubt says that lets a reason stand."""
_START = 5
"""Letters of a phrase's start by which it is found: few phrases are left to be looked for in a text."""


class Wordings:
    """Phrases and the reasons they stand for, the first of the table first."""

    def __init__(self, groups: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._by_start: dict[str, list[tuple[int, Phrase]]] = {}
        self._reasons: list[str] = []
        for reason, texts in groups:
            for text in texts:
                phrase = Phrase(text)
                self._by_start.setdefault(phrase.first[:_START], []).append((len(self._reasons), phrase))
                self._reasons.append(reason)
        self._short = [start for start in self._by_start if len(start) < _START]

    def reason_in(self, text: str) -> str:
        """The reason of the first phrase of the table that a text (made plain) has; "" where it has none."""
        starts = _starts(text) & self._by_start.keys()
        starts.update(start for start in self._short if start in text)
        first = len(self._reasons)
        for start in starts:
            for place, phrase in self._by_start[start]:
                if place >= first:
                    break
                if phrase.within(text):
                    first = place
                    break
        return self._reasons[first] if first < len(self._reasons) else ""


@lru_cache(maxsize=4)
def _starts(text: str) -> set[str]:
    """Every run of letters a phrase may start with; several tables are asked about one text in turn."""
    return {text[at : at + _START] for at in range(len(text) - _START + 1)}


class Rules:
    """The whole table.

    classes: reason → class. counted: soft reasons whose days suppress an address. doubts: what is asked of hard answers.
    """

    def __init__(self, table: dict[str, Any]) -> None:
        self.classes: dict[str, Class] = dict(table["reasons"])
        self.counted = frozenset(table["counted"]["reasons"])
        self.statuses: dict[str, str] = dict(table["statuses"])
        self.codes: dict[str, str] = dict(table["codes"])
        groups = [(each["reason"], cut(each["phrases"]), each.get("weak", False)) for each in table["wordings"]]
        self.strong = Wordings((reason, texts) for reason, texts, weak in groups if not weak)
        self.weak = Wordings((reason, texts) for reason, texts, weak in groups if weak)
        self.doubts = Wordings((each["reason"], cut(each["phrases"])) for each in table["doubts"])


def cut(texts: str) -> list[str]:
    """The phrases of a table's cell: between bars and line ends."""
    return [text for line in texts.splitlines() for each in line.split("|") if (text := each.strip())]


@cache
def rules() -> Rules:
    """The shipped table."""
    return Rules(tomllib.loads(SHIPPED.read_text("utf-8")))

"""Phrases looked for in servers' words: plain lower-case text, `…` standing for up to eighty other characters.

They are found in one pass without backtracking, so that no text takes long.
"""

import re
from collections.abc import Iterable

LONGEST = 4000
"""Characters of a text that are looked at."""
GAP = 80
_ADDRESS = re.compile(r"(?<![\w.+=!#$%&*/?^`{|}~@-])<?[\w.+=!#$%&*/?^`{|}~'-]{1,100}@[\w.-]{1,200}>?")
_QUOTED_ADDRESS = re.compile(r'<"[^"<>\n]{1,100}"@[\w.-]{1,200}>')
_SIGNS = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "\u00b4": "'", "\u00a0": " ", "\u202f": " ", "“": '"', "”": '"', "_": " "}
)


def plain(text: str) -> str:
    """A text as phrases see it: lower case, single spaces around and inside, `<address>` for every address."""
    text = text[:LONGEST]
    if "@" in text:
        text = _ADDRESS.sub("<address>", _QUOTED_ADDRESS.sub("<address>", text))
    return f" {' '.join(text.lower().translate(_SIGNS).split())} "


class Phrase:
    """One phrase, ready to be looked for. `rest` are its pieces after the first gap."""

    __slots__ = ("first", "rest")

    def __init__(self, text: str) -> None:
        pieces = text.lower().translate(_SIGNS).split("…")
        self.first, self.rest = pieces[0], pieces[1:]

    def within(self, text: str) -> bool:
        """Whether a text (made plain) has the phrase."""
        at = text.find(self.first)
        if at < 0 or not self.rest:
            return at >= 0
        while at >= 0:
            if self._goes_on(text, at + len(self.first)):
                return True
            at = text.find(self.first, at + 1)
        return False

    def _goes_on(self, text: str, at: int) -> bool:
        for piece in self.rest:
            found = text.find(piece, at, at + GAP + len(piece))
            if found < 0:
                return False
            at = found + len(piece)
        return True


def phrases(texts: Iterable[str]) -> tuple[Phrase, ...]:
    """Phrases from a table."""
    return tuple(Phrase(text) for text in texts)


def said_in(text: str, wanted: tuple[Phrase, ...]) -> bool:
    """Whether a text (made plain) has any of the phrases."""
    return any(phrase.within(text) for phrase in wanted)

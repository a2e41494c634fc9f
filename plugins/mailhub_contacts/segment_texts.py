"""Comparing texts in SQL without regard to case, the same on both databases and for every alphabet.

Neither database lowers letters beyond ASCII by itself in the same way; only those of the sought text need it.
"""

from collections.abc import Callable
from typing import Any

from mailhub.db import is_postgres

Condition = tuple[str, list[Any]]


def fold(letter: str) -> str:
    """A letter in lower case, where that is one letter."""
    return low if len(low := letter.lower()) == 1 else letter


def capitals(text: str) -> dict[str, str]:
    """The letters beyond ASCII of a folded text: how each is written as a capital → itself."""
    pairs = {up: low for low in text if len(up := low.upper()) == 1 and up != low}
    return {up: low for up, low in pairs.items() if not up.isascii() and not low.isascii()}


def compare(how: str, column: str, parameters: list[Any], text: str) -> Condition:
    """`column` (an SQL text with its parameters, never null) compared with a text: is, contains, begins or ends."""
    sought = "".join(map(fold, text))
    pairs = capitals(sought)
    if pairs and not is_postgres():
        return f"lower({column}) GLOB ?", [*parameters, _GLOBS[how](_glob(sought, pairs))]
    lowered, said = f"lower({column})", list(parameters)
    if is_postgres():
        lowered = f'lower({column} COLLATE "C")'
    if pairs:
        lowered, said = f"translate({lowered}, ?, ?)", [*said, "".join(pairs), "".join(pairs.values())]
    return _PLAIN[how](lowered, said, sought)


def _contains(column: str, said: list[Any], text: str) -> Condition:
    return (f"strpos({column}, ?) > 0" if is_postgres() else f"instr({column}, ?) > 0"), [*said, text]


def _begins(column: str, said: list[Any], text: str) -> Condition:
    return f"substr({column}, 1, {len(text)}) = ?", [*said, text]


def _ends(column: str, said: list[Any], text: str) -> Condition:
    tail = f"right({column}, {len(text)})" if is_postgres() else f"substr({column}, -{len(text)})"
    return f"{tail} = ?", [*said, text]


_PLAIN: dict[str, Callable[[str, list[Any], str], Condition]] = {
    "is": lambda column, said, text: (f"{column} = ?", [*said, text]),
    "contains": _contains,
    "begins": _begins,
    "ends": _ends,
}
_GLOBS: dict[str, Callable[[str], str]] = {
    "is": lambda text: text,
    "contains": lambda text: f"*{text}*",
    "begins": lambda text: f"{text}*",
    "ends": lambda text: f"*{text}",
}


def _glob(text: str, pairs: dict[str, str]) -> str:
    both = {low: f"[{low}{up}]" for up, low in pairs.items()}
    return "".join(both.get(letter) or (f"[{letter}]" if letter in "*?[" else letter) for letter in text)


def dated(column: str, parameters: list[Any], first: str, last: str) -> Condition:
    """A text that begins with a date (ISO 8601) from `first` to `last`; any other text is none."""
    if is_postgres():
        inside = f'{column} ~ ? AND left({column}, 10) COLLATE "C" BETWEEN ? AND ?'
        return f"({inside})", [*parameters, "^[0-9]{4}-[0-9]{2}-[0-9]{2}", *parameters, first, last]
    digits = "-".join("[0-9]" * count for count in (4, 2, 2))
    inside = f"{column} GLOB ? AND substr({column}, 1, 10) BETWEEN ? AND ?"
    return f"({inside})", [*parameters, f"{digits}*", *parameters, first, last]

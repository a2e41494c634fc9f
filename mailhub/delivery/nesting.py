"""How deep HTML goes, and its tables laid out as blocks: what the libraries behind `layout` cannot be given as it is.

They go down into elements by calling themselves: a page that is deep enough takes their stack, and the process with it.
"""

import re
from collections import Counter

from mailhub.delivery.masking import Masked

DEPTH = 200
"""Elements inside each other; a newsletter of nested tables has about forty."""

_TAG = re.compile(r"<!--(?:[^-]|-(?!->))*+(?:-->|$)|<(/?)([A-Za-z][^\s<>/]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
# A parser closes these by itself where the next one begins: between two of them stands something that is counted.
_CLOSED = frozenset(
    ["p", "li", "dt", "dd", "option", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "caption", "html",
     "head", "body"]
)  # fmt: skip
_PARTS = frozenset(["table", "tbody", "thead", "tfoot", "tr", "td", "th"])
_LAYOUT = re.compile(r"\brole\s*=\s*[\"']?(?:presentation|none)\b", re.I)


def find_depth(html: str) -> int | None:
    """Return where `html` goes deeper than `DEPTH`, or None. Never counts less than a parser goes down."""
    opened: Counter[str] = Counter()
    depth = 0
    for found in _TAG.finditer(html):
        name = (found[2] or "").lower()
        if not name or name in _VOID or name in _CLOSED:
            continue
        if not found[1]:
            opened[name] += 1
            depth += 1
            if depth > DEPTH:
                return found.start()
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return None


def spread_tables(masked: Masked) -> str:
    """Return the text of `masked` with blocks in place of the tables that only lay out, or have conditions in them.

    A grid of words has each line of a row across all its cells: what a condition in one of them leaves out would take
    lines of its neighbours along, and conditions between rows would stand before the whole table.
    """
    opened: list[int] = []
    tables: dict[int, set[int]] = {}
    layout: set[int] = set()
    end, text = 0, masked.text
    marks = [found for found in _TAG.finditer(text) if (found[2] or "").lower() in _PARTS]
    for number, found in enumerate(marks):
        if opened and masked.blocks(text[end : found.start()]):
            layout.update(opened)
        end = found.end()
        if found[2].lower() == "table" and not found[1]:
            opened.append(number)
            if _LAYOUT.search(found[3]):
                layout.add(number)
        if opened:
            tables.setdefault(opened[-1], set()).add(number)
        if found[2].lower() == "table" and found[1] and opened:
            opened.pop()
    spread = set().union(*(tables[number] for number in layout))
    return _replace(text, marks, spread)


def _replace(text: str, marks: list[re.Match[str]], spread: set[int]) -> str:
    parts, end = [], 0
    for number in sorted(spread):
        found = marks[number]
        parts += [text[end : found.start()], f"<{found[1]}div>"]
        end = found.end()
    return "".join([*parts, text[end:]])

"""The words of a mail itself, without the mail it returns: from plain text, or HTML where there is nothing else."""

import html
import re

from mailhub.bounces.forms import forms
from mailhub.parts import Part

LONGEST = 64_000
"""Characters of a mail's own words that are read."""
LONGEST_HTML = 300_000
LONGEST_LINE = 2000
_BREAKS = frozenset(
    ("br", "p", "div", "tr", "li", "td", "th", "h1", "h2", "h3", "h4", "table", "ul", "ol", "pre", "hr", "title")
)
_HIDDEN = frozenset(("style", "script"))
_TAG = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")
_RULE = " -_=*#|>+.~\t"
_FOLLOWS = (
    ":",
    "follows",
    "follows.",
    "below",
    "below.",
    "following.",
    "headers.",
    "included.",
    "attached.",
    "--",
    "==",
    "\uff1a",
    "。",
)
_FIELD = re.compile(
    r"(?:received|return-path|message-id|delivered-to|x-[a-z-]{3,40}|dkim-signature|mime-version|content-type)\s?:",
    re.I,
)
_ANY_FIELD = re.compile(r"[A-Za-z][A-Za-z-]{1,40}:(?:\s|$)")


def own_words(parts: list[Part]) -> str:
    """What a mail says in its own words and all that follows in its text; line feeds, at most 64,000 characters."""
    texts = [part.text[:LONGEST] for part in parts if part.within == 0 and part.kind in ("text/plain", "text/enriched")]
    if parts[0].kind.startswith("multipart/") and len(parts) == 1:
        texts.append(parts[0].text[:LONGEST])
    text = "\n".join(texts)
    if len(text.strip()) < 40:
        pages = [part.text for part in parts if part.within == 0 and part.kind == "text/html"]
        text = "\n".join((text, *map(without_tags, pages)))
    return _bounded(text)


def without_tags(page: str) -> str:
    """The text of an HTML page, block by block on lines of their own."""
    pieces: list[str] = []
    hidden = ""
    first, *others = page[:LONGEST_HTML].split("<")
    pieces.append(first)
    for other in others:
        tag, closed, text = other.partition(">")
        found = _TAG.match(tag)
        name = found[1].lower() if found else ""
        if hidden:
            if name == hidden and tag[:1] == "/":
                hidden = ""
                pieces.append(text)
            continue
        if not closed or (not found and tag[:1] not in "!?/") or "@" in tag.split(" ")[0]:
            pieces.append("<" + other)
            continue
        if name in _HIDDEN and tag[-1:] != "/":
            hidden = name
            continue
        pieces.append(("\n" if name in _BREAKS else "") + text)
    return html.unescape("".join(pieces))


def cut_returned(text: str) -> tuple[str, str]:
    """A mail's own words, and what of the returned mail follows them in the same text ("" where nothing does)."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if number and (_is_mark(line) or _begins_header(lines, number)):
            return "\n".join(lines[:number]), "\n".join(lines[number:])
    return text, ""


def one_line(text: str, longest: int = 500) -> str:
    """A text on one line, without signs that do not print."""
    line = " ".join(text[: longest * 4].split())
    if not line.isprintable():
        line = "".join(sign for sign in line if sign.isprintable())
    return line[:longest]


def _is_mark(line: str) -> bool:
    """Whether a line stands before a returned mail: drawn as a rule, or a short one that says that something follows."""
    line = line[:120].strip()
    if len(line) < 6:
        return False
    low = line.lower()
    bare = low.lstrip(_RULE)
    if not forms().marks.begin(bare):
        return False
    return low != bare or (len(line) < 100 and low.endswith(_FOLLOWS))


def _begins_header(lines: list[str], number: int) -> bool:
    """Whether a line is a mail's first field: a field that mails carry, and fields or their continuations alone after it."""
    line = lines[number]
    first = line[:5].lower() in ("from:", "date:") and not lines[number - 1].strip()
    if not first and not _FIELD.match(line):
        return False
    after = []
    for following in lines[number + 1 : number + 12]:
        if not following.strip():
            break
        if following[:1] not in (" ", "\t"):
            after.append(following)
    fields = sum(1 for each in after[:6] if _ANY_FIELD.match(each))
    return fields == len(after[:6]) and fields >= (3 if first else 1)


def _bounded(text: str) -> str:
    text = text[:LONGEST]
    if len(text) > LONGEST_LINE:
        text = "\n".join(line[:LONGEST_LINE] for line in text.split("\n"))
    return text

"""What a template may say, so that no template can take the memory or the stack of a process.

Fuel bounds how long a rendering runs, not what one step takes: so nothing that grows by more than what is written in
its tag is let through. Whether a template is well formed is left to minijinja, which reads only what passed here.
"""

import re
from typing import NamedTuple

FILTERS = frozenset(
    [
        "abs",
        "bool",
        "capitalize",
        "count",
        "d",
        "default",
        "e",
        "escape",
        "first",
        "float",
        "int",
        "join",
        "last",
        "length",
        "lower",
        "pluralize",
        "replace",
        "round",
        "safe",
        "split",
        "string",
        "title",
        "trim",
        "truncate",
        "upper",
        "urlencode",
    ]
)
TESTS = frozenset(
    [
        "defined",
        "undefined",
        "none",
        "string",
        "number",
        "integer",
        "float",
        "true",
        "false",
        "odd",
        "even",
        "divisibleby",
        "eq",
        "equalto",
        "ne",
        "gt",
        "greaterthan",
        "ge",
        "lt",
        "lessthan",
        "le",
        "startingwith",
        "endingwith",
        "in",
        "lower",
        "upper",
    ]
)
FUNCTIONS = frozenset(["range"])
WORDS = frozenset(["if", "elif", "else", "endif", "for", "endfor", "set"])
GROWING = frozenset(["e", "escape", "join", "replace", "truncate", "urlencode"])
"""Filters whose result may be longer than what they are given."""

TAG_LENGTH = 16_384
TAG_PARTS = 200
"""Names, texts, numbers and signs in one tag: minijinja goes as deep as a tag is long."""
TAG_GROWING = 4
DEPTH = 50
"""Blocks inside blocks; an `elif` is one more."""
LOOP_TEXT = 8192
"""Characters between two tags of a loop: one step of a rendering writes them."""

_OPENING = re.compile(r"\{[{%#]")
_PART = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+')|(?P<number>\d+(?:\.\d+)?(?![\w.]))|(?P<name>[^\W\d]\w*)"""
    r"|(?P<sign>//|[=!<>]=|[-+*/%~|.,:=<>()\[\]{}])",
    re.S,
)
_SPACE = re.compile(r"[ \t\r\n]+")
_END = {"{{": re.compile(r"[-+]?\}\}"), "{%": re.compile(r"[-+]?%\}")}
_PAIRS = {")": "(", "]": "[", "}": "{"}
_BEFORE_GROUP = frozenset(["if", "elif", "else", "in", "not", "and", "or", "is", "for", "set"])


class RefusedError(Exception):
    """Something at `position` that a template may not say; `reason` completes "line 1, column 2: "."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


class Part(NamedTuple):
    """One word of a tag: a text, number, name or sign, and where it stands in the template."""

    kind: str
    text: str
    position: int


def check_grammar(source: str) -> None:
    """Raise RefusedError at the first thing in `source` that a template may not say."""
    position, run = 0, 0
    blocks: list[tuple[str, int]] = []
    while opening := _OPENING.search(source, position):
        run += opening.start() - position
        _check_run(blocks, run, position)
        if opening[0] == "{#":
            position = _skip_comment(source, opening.start())
            continue
        parts, position = _read_tag(source, opening.start())
        word = parts[0].text if opening[0] == "{%" and parts else ""
        if word:
            _check_word(parts[0], blocks)
        _Tag(word, parts).check()
        run = 0
    _check_run(blocks, run + len(source) - position, position)


def _skip_comment(source: str, start: int) -> int:
    end = source.find("#}", start + 2)
    if end < 0:
        raise RefusedError(start, "this comment is not closed")
    return end + 2


def _read_tag(source: str, start: int) -> tuple[list[Part], int]:
    """The parts of the tag that opens at `start`, and where it ends."""
    end_of, position = _END[source[start : start + 2]], start + 2
    if source[position : position + 1] in ("-", "+"):
        position += 1
    parts: list[Part] = []
    brackets: list[str] = []
    while True:
        space = _SPACE.match(source, position)
        position = space.end() if space else position
        if position - start > TAG_LENGTH or len(parts) > TAG_PARTS:
            raise RefusedError(start, "this tag is too long: say it in several")
        end = None if brackets else end_of.match(source, position)
        if end:
            return parts, end.end()
        part = _read_part(source, position, start)
        _follow_brackets(part, brackets)
        parts.append(part)
        position += len(part.text)


def _read_part(source: str, position: int, start: int) -> Part:
    found = _PART.match(source, position)
    if found is None:
        if position == len(source) or source[position] in "\"'":
            raise RefusedError(start, "this tag is not closed")
        raise RefusedError(position, f'unexpected "{source[position]}"')
    return Part(found.lastgroup or "", found[0], position)


def _follow_brackets(part: Part, brackets: list[str]) -> None:
    if part.kind != "sign":
        return
    if part.text in "([{":
        brackets.append(part.text)
    elif part.text in _PAIRS and (not brackets or brackets.pop() != _PAIRS[part.text]):
        raise RefusedError(part.position, f'unexpected "{part.text}"')


def _check_word(word: Part, blocks: list[tuple[str, int]]) -> None:
    """Refuse what opens no block of a mail, and blocks too deep inside each other."""
    if word.text not in WORDS:
        raise RefusedError(word.position, f'"{word.text}" cannot be used in a mail')
    if word.text in ("if", "for"):
        blocks.append((word.text, 1))
    elif word.text == "elif" and blocks:
        blocks.append((blocks[-1][0], blocks.pop()[1] + 1))
    elif word.text in ("endif", "endfor") and blocks:
        blocks.pop()
    if sum(deep for _kind, deep in blocks) > DEPTH:
        raise RefusedError(word.position, f"more than {DEPTH} conditions and loops inside each other")


def _check_run(blocks: list[tuple[str, int]], run: int, position: int) -> None:
    if run > LOOP_TEXT and any(kind == "for" for kind, _deep in blocks):
        raise RefusedError(position, f"more than {LOOP_TEXT} characters in a row inside a loop")


class _Tag:
    """One tag, gone through part by part. A `set` or a `for` binds a name: what it binds may not grow at all."""

    def __init__(self, word: str, parts: list[Part]) -> None:
        self.word = word
        self.parts = parts
        self.binds = word in ("set", "for")
        self.roles: list[str] = []  # what each open bracket is: call, group, index, list
        self.growing = 0
        self.bound = False  # past the `=` of a set, the `in` of a for

    def check(self) -> None:
        """Raise RefusedError at the first part that may not stand where it does."""
        for number, part in enumerate(self.parts):
            before = self.parts[number - 1] if number else Part("", "", 0)
            if part.kind == "name":
                self._check_name(number, part, before)
            elif part.kind == "sign":
                self._check_sign(part, before)

    def _check_name(self, number: int, part: Part, before: Part) -> None:
        after = self.parts[number + 1].text if number + 1 < len(self.parts) else ""
        kind, known = self._kind(number, part, before, after)
        if part.text not in known:
            raise RefusedError(part.position, f'unknown {kind} "{part.text}"')
        self.bound = self.bound or (self.word == "for" and part.text == "in")
        if kind == "filter" and part.text in GROWING:
            self.growing += 1
            if self.binds:
                raise RefusedError(part.position, f'"{part.text}" cannot be used in "{self.word}"')
            if self.growing > TAG_GROWING:
                raise RefusedError(part.position, f'more than {TAG_GROWING} of "{part.text}" and its like in one tag')

    def _kind(self, number: int, part: Part, before: Part, after: str) -> tuple[str, frozenset[str]]:
        """What `part` names, and which names of that kind there are: just itself when it may be any."""
        previous = self.parts[number - 2].text if number > 1 else ""
        if before.text == "|":
            return "filter", FILTERS
        if (before.text == "is" and part.text != "not") or (before.text == "not" and previous == "is"):
            return "test", TESTS
        if after == "(" and (before.text == "." or part.text not in _BEFORE_GROUP):
            return "function", frozenset() if before.text == "." else FUNCTIONS
        return "name", frozenset([part.text])

    def _check_sign(self, part: Part, before: Part) -> None:
        inside = self.roles[-1] if self.roles else ""
        sign = part.text
        self.bound = self.bound or (self.word == "set" and sign == "=")
        if sign in _PAIRS:
            self.roles.pop()
        elif sign in "([{":
            self._open(part, before, inside)
        elif sign == "*" or (sign in "~+" and self.binds):
            place = f'"{self.word}"' if self.binds else "a mail"
            raise RefusedError(part.position, f'"{sign}" cannot be used in {place}')
        elif inside == "list" and sign not in ",:.-":
            raise RefusedError(part.position, "a list holds names, texts and numbers only")
        elif sign == "," and (inside == "group" or (self.bound and not inside)):
            raise RefusedError(part.position, 'unexpected ",": a list is written [a, b]')

    def _open(self, part: Part, before: Part, inside: str) -> None:
        role = _role(part, before)
        if inside == "list" and role != "list":
            raise RefusedError(part.position, "a list holds names, texts and numbers only")
        if role == "list" and self.binds and (self.word == "set" or part.text == "{" or self.roles):
            raise RefusedError(part.position, f'this list cannot be used in "{self.word}"')
        self.roles.append(role)


def _role(part: Part, before: Part) -> str:
    ends_value = before.kind in ("text", "number") or before.text in _PAIRS
    names = before.kind == "name" and before.text not in _BEFORE_GROUP
    if part.text == "(":
        if ends_value:
            raise RefusedError(part.position, 'unexpected "("')
        return "call" if names else "group"
    return "index" if part.text == "[" and (ends_value or names) else "list"

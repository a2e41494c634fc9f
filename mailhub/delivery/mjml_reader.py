"""Reading MJML strictly: every element known and in its place, template tags put aside, sizes bounded, lines told.

The parser behind it is lenient and recursive: it drops what it does not know without a word, and a deep nesting takes
its stack. So it is given only what was read here.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from mailhub.delivery import mjml_errors as errors
from mailhub.delivery.masking import Masked
from mailhub.delivery.mjml_elements import (
    BLOCKS,
    CAROUSEL,
    CHILDREN,
    DEFAULTS_LENGTH,
    ELEMENTS,
    SOURCE_LENGTH,
    VALUE_LENGTH,
    WORDS,
)
from mailhub.delivery.mjml_errors import MjmlError
from mailhub.delivery.template import TAG
from mailhub.errors import Sentence

_TOKEN = re.compile(
    r"<!--(?:[^-]|-(?!->))*+-->|<\?xml[^<>]*\?>|</(?P<end>[\w:-]+)\s*>"
    r"|<(?P<name>[A-Za-z][\w:-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>"
)
_ATTRIBUTE = re.compile(r"\s+([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_OPENING = re.compile(r"\{%[-+]?\s*(if|for)\b")
_CLOSING = re.compile(r"\{%[-+]?\s*end(if|for)\b")


class Used(NamedTuple):
    """A word that stands for a template tag in an attribute, and where."""

    word: str
    line: int
    element: str
    attribute: str


@dataclass
class Read:
    """MJML whose template tags and words are put aside; `inlined` are the sheets of <mj-style inline="inline">."""

    mjml: str = ""
    inlined: list[str] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)


class _Open(NamedTuple):
    """An element that is not closed yet, and the conditions that are open between its children."""

    name: str
    start: int
    blocks: list[str]


def read_mjml(source: str, masked: Masked, language: str) -> Read:
    """Read `source`, whose tags `masked` puts aside. Raises MjmlError at the first thing that is wrong."""
    if len(source) > SOURCE_LENGTH:
        raise MjmlError(1, Sentence("it has more than {most} characters: shorten it.", most=SOURCE_LENGTH))
    return _Reader(source, masked, language).read()


class _Reader:
    """Goes through the source once. `plain` has the same length, with every template tag blanked out."""

    def __init__(self, source: str, masked: Masked, language: str) -> None:
        self.source, self.masked, self.language = source, masked, language
        self.plain = TAG.sub(lambda found: re.sub(r"[^\n]", "\0", found[0]), source)
        self.found = Read()
        self.out: list[str] = []
        self.open = [_Open("", 0, [])]
        self.elements = self.images = self.defaults = 0

    def read(self) -> Read:
        position = 0
        while token := _TOKEN.search(self.plain, position):
            self._read_between(position, token.start())
            position = token.end()
            if token["name"]:
                position = self._read_element(token)
            elif token["end"]:
                self._close(token)
        self._read_between(position, len(self.plain))
        if len(self.open) > 1:
            raise self._error(self.open[-1].start, errors.unclosed(self.open[-1].name))
        if "<mj-body" not in self.out:
            raise self._error(0, Sentence("there is no <mj-body>: everything that is shown stands in it."))
        self.found.mjml = "".join(self.out)
        return self.found

    def _error(self, position: int, reason: Sentence) -> MjmlError:
        return MjmlError(self.source.count("\n", 0, position) + 1, reason)

    def _read_between(self, start: int, end: int) -> None:
        """What stands between two elements: space, and tags that say `if`, `for` or `set`."""
        between, name = self.plain[start:end], self.open[-1].name
        if words := re.search(r"[^\s\0]", between):
            raise self._error(start + words.start(), errors.misplaced_words(words[0], name))
        for tag in TAG.finditer(self.source, start, end) if "\0" in between else ():
            if tag[0].startswith("{#"):
                continue
            if name not in BLOCKS or tag[0].startswith("{{"):
                raise self._error(tag.start(), errors.misplaced_tag(tag[0], name))
            self._follow(tag[0], tag.start())
            self.out.append(self.masked.as_comment(self.masked.hide(tag[0])))

    def _follow(self, tag: str, position: int) -> None:
        blocks = self.open[-1].blocks
        if _OPENING.match(tag):
            blocks.append(tag)
        elif _CLOSING.match(tag):
            if not blocks:
                raise self._error(position, errors.unbalanced(tag, self.open[-1].name))
            blocks.pop()

    def _close(self, token: re.Match[str]) -> None:
        name, start, blocks = self.open[-1]
        if token["end"] != name:
            known = any(token["end"] == each.name for each in self.open)
            stray = Sentence("</{element}> closes nothing: take it out, or write what it closes.", element=token["end"])
            raise self._error(start if known else token.start(), errors.unclosed(name) if known else stray)
        if blocks:
            raise self._error(start, errors.unbalanced(blocks[-1], name))
        self.open.pop()
        self.out.append(f"</{name}>")

    def _read_element(self, token: re.Match[str]) -> int:
        """Read an element's beginning, and all of one that holds words; return where to go on."""
        name = token["name"]
        self._check_place(name, token.start())
        self._count(name, token)
        attributes = token["attributes"]
        ended = attributes.endswith("/")
        given = self._read_attributes(name, token.start("attributes"), attributes.removesuffix("/"))
        if name == "mjml" and self.language and not any(each.startswith(" lang=") for each in given):
            given.append(f' lang="{self.language}"')
        if name in WORDS and not ended and self.open[-1].name != "mj-attributes":
            return self._read_words(name, "".join(given), token)
        self.out += [f"<{name}", "".join(given), "/>" if ended else ">"]
        if not ended:
            self.open.append(_Open(name, token.start(), []))
        return token.end()

    def _check_place(self, name: str, position: int) -> None:
        parent = self.open[-1].name
        if name not in CHILDREN.get(parent, ()):
            raise self._error(position, errors.misplaced(name, parent))
        if parent == "mjml" and f"<{name}" in self.out:
            raise self._error(position, Sentence("there is a second <{element}>: keep one.", element=name))

    def _count(self, name: str, token: re.Match[str]) -> None:
        """Bound what grows faster than the source: defaults written into every element, and carousels."""
        self.elements += 1
        self.images = self.images + 1 if name == "mj-carousel-image" else self.images if name != "mj-carousel" else 0
        if self.open[-1].name == "mj-attributes":
            self.defaults += len(token[0])
        if self.elements > ELEMENTS or self.elements * self.defaults > DEFAULTS_LENGTH:
            raise self._error(token.start(), Sentence("it is too large from here on: use fewer elements."))
        if self.images > CAROUSEL:
            raise self._error(
                token.start(), Sentence("a carousel has {most} images at most: use fewer.", most=CAROUSEL)
            )

    def _read_attributes(self, name: str, start: int, text: str) -> list[str]:
        given, end, counts = [], 0, self.open[-1].name != "mj-attributes"
        while found := _ATTRIBUTE.match(text, end):
            end = found.end()
            group = 2 if found[2] is not None else 3
            value = self.source[start + found.start(group) : start + found.end(group)]
            if len(value) > VALUE_LENGTH:
                raise self._error(start + found.start(), errors.too_long(found[1], name))
            self._check_balance(value, start + found.start(group), name)
            hidden = self.masked.hide(value)
            if counts:
                line = self.source.count("\n", 0, start + found.start(group)) + 1
                self.found.used += [Used(word, line, name, found[1]) for word in self.masked.words(hidden)]
            given.append(f' {found[1]}="{_as_value(hidden)}"')
        if rest := text[end:].strip():
            raise self._error(start + end, errors.broken_attributes(name, "\0" in rest))
        return given

    def _read_words(self, name: str, given: str, token: re.Match[str]) -> int:
        end = re.compile(rf"</{name}\s*>").search(self.plain, token.end())
        if end is None:
            raise self._error(token.start(), errors.unclosed(name))
        if within := re.compile(r"<(/?mj-[\w-]+)").search(self.plain, token.end(), end.start()):
            raise self._error(within.start(), errors.within_words(within[1], name))
        words = self.source[token.end() : end.start()]
        if name == "mj-style":
            self._read_style(given, words, token.end())
            return end.end()
        self._check_balance(words, token.end(), name)
        hidden = self.masked.set_aside(words) if words.strip() else ""
        if name == "mj-title":  # which MJML repeats in an attribute
            hidden = _as_value(self.masked.hide(words))
        self.out.append(f"<{name}{given}>{hidden}</{name}>")
        return end.end()

    def _read_style(self, given: str, words: str, position: int) -> None:
        if "</style" in words.lower():
            raise self._error(position, Sentence("a style sheet holds no </style>: take it out."))
        self._check_balance(words, position, "mj-style")
        if 'inline="inline"' in given:
            self.found.inlined.append(self.masked.set_aside(words))
        else:
            self.out.append(f"<mj-style>{self.masked.set_aside(words)}</mj-style>")

    def _check_balance(self, text: str, position: int, name: str) -> None:
        """Raise MjmlError when a condition or loop in `text` does not begin and end there."""
        depth: list[re.Match[str]] = []
        for tag in TAG.finditer(text):
            if _OPENING.match(tag[0]):
                depth.append(tag)
            elif _CLOSING.match(tag[0]):
                if not depth:
                    raise self._error(position + tag.start(), errors.unbalanced(tag[0], name))
                depth.pop()
        if depth:
            raise self._error(position + depth[-1].start(), errors.unbalanced(depth[-1][0], name))


def _as_value(text: str) -> str:
    return text.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")

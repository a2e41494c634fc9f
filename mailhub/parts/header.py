"""The header of a mail or part, read field by field however it is written. What a field means is left to its readers."""

import re
from typing import NamedTuple

from mailhub.parts.decoding import percent_decoded, said, words

MOST_FIELDS = 1000
"""Fields of a header that are read; the rest is left unread."""
LONGEST_HEADER = 1 << 18
LONGEST_FIELD = 1 << 15
"""Octets of a header, and characters of a field, that are read."""
_BLANK = re.compile(rb"\n\r?(?:\n|\Z)")
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_KIND = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_PARAMETER = re.compile(r';\s*([^=;\s"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_SLASHED = re.compile(r"\\(.)")


class Field(NamedTuple):
    """One field: its name as written, and its value on one line, not yet decoded (RFC 2047)."""

    name: str
    value: str


class Header:
    """The fields of a mail or a part, in their order. Names are asked for in any case. Nothing is read before it is asked."""

    __slots__ = ("_by_name", "_fields", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._fields: list[Field] | None = None
        self._by_name: dict[str, list[str]] | None = None

    @property
    def fields(self) -> list[Field]:
        """The first thousand fields, in their order."""
        if self._fields is None:
            self._fields = _fields(self.raw[:LONGEST_HEADER])
        return self._fields

    def all(self, name: str) -> list[str]:
        """Every value of a field, as it came but on one line."""
        if self._by_name is None:
            self._by_name = {}
            for field, value in self.fields:
                self._by_name.setdefault(field.lower(), []).append(value)
        return self._by_name.get(name.lower(), [])

    def get(self, name: str) -> str:
        """The first value of a field, as it came but on one line; "" where there is none."""
        values = self.all(name)
        return values[0] if values else ""

    def words(self, name: str) -> str:
        """The first value of a field with its encoded words decoded (RFC 2047); "" where there is none."""
        return words(self.get(name))

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def kind(self, usual: str = "text/plain") -> tuple[str, dict[str, str]]:
        """The Content-Type in lower case, `usual` where it says none, and its parameters (RFC 2045 section 5.1)."""
        value = self.get("content-type")
        if not value:
            return usual, {}
        kind, _, rest = value.partition(";")
        found = _KIND.search(kind[:200].lower())
        return found[0] if found else _bare(kind, usual), parameters(rest) if rest else {}

    def file_name(self) -> str:
        """The file's name by Content-Disposition (RFC 2183), else by Content-Type; "" where neither has one."""
        for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
            if name := parameters(self.get(field).partition(";")[2]).get(parameter):
                return name
        return ""


def header_end(content: bytes) -> tuple[int, int]:
    """Where the header of a mail or a part ends, and where its body begins."""
    if content[:1] == b"\n" or content[:2] == b"\r\n":
        return 0, content.index(b"\n") + 1
    found = _BLANK.search(content)
    end, start = found.span() if found else (len(content), len(content))
    if content.find(b":", 0, end) < 0 or not _NAME.match(content):
        return _late_header_end(content, end, start)
    return end, start


def _late_header_end(content: bytes, end: int, start: int) -> tuple[int, int]:
    """A first line that is no field: the header goes on where one follows at once; else all is body."""
    second = content.find(b"\n") + 1
    if 0 < second < end and _NAME.match(content, second):
        return end, start
    return 0, 0


def parameters(rest: str) -> dict[str, str]:
    """Parameters by their name in lower case, continued and decoded (RFC 2231, RFC 2047); the first of a name counts."""
    found: dict[str, str] = {}
    continued: dict[str, list[str]] = {}
    for name, quoted, bare in _PARAMETER.findall(";" + rest[:LONGEST_FIELD]):
        value = _SLASHED.sub(r"\1", quoted) if quoted else bare.strip().strip('"')
        base, star, _ = name.lower().partition("*")
        if star:
            continued.setdefault(base, []).append(value)
        else:
            found.setdefault(base, words(value))
    for base, values in continued.items():
        found.setdefault(base, percent_decoded("".join(values)))
    return found


def _bare(kind: str, usual: str) -> str:
    """Old mails say `text` where they mean text/plain (RFC 1049)."""
    return "text/html" if kind.strip().lower() == "html" else usual


def _fields(raw: bytes) -> list[Field]:
    found: list[Field] = []
    name, lines, size = "", [], 0
    for line in raw.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if size < LONGEST_FIELD:
                lines.append(line)
                size += len(line)
            continue
        match = _NAME.match(line)
        if match is None:
            continue  # a line that is neither a field nor the rest of one: mbox's From, a gateway's slip
        if name:
            found.append(Field(name, _value(lines)))
            if len(found) >= MOST_FIELDS:
                return found
        name, lines, size = match[1].decode("ascii"), [line[match.end() :]], len(line)
    if name:
        found.append(Field(name, _value(lines)))
    return found


def _value(lines: list[bytes]) -> str:
    if len(lines) == 1:
        return said(lines[0].strip()[:LONGEST_FIELD])
    return said(b" ".join(line.strip() for line in lines)[:LONGEST_FIELD].strip())

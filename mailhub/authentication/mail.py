"""A received mail cut into the fields of its header and its body, as DKIM looks at them: octets, with CRLF line ends.

It takes anything, in time that grows with the octets alone. What parts a body has is no concern here.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

LONGEST_HEADER = 1 << 20
"""Octets of a header that are looked at."""
MOST_FIELDS = 5000

_MANY = b"\r\n" * 4096

_bare_lf = re.compile(rb"(?<!\r)\n")
_name = re.compile(rb"([!-9;-~]+)[ \t]*:").match
_spaces = re.compile(rb"[ \t]+")


class Field(NamedTuple):
    """One field: its `name` as it stands, with blanks before the colon if there are, and the `value` after the colon,
    folded, with its last CRLF."""

    name: bytes
    value: bytes

    @property
    def key(self) -> bytes:
        """The name to compare."""
        return self.name.rstrip().lower()


class Mail:
    """`fields` from top to bottom, `body` with CRLF line ends. `cut`: the header was too long, and its end is missing."""

    def __init__(self, content: bytes) -> None:
        """Take a mail with CRLF or LF line ends; a mailbox's "From " line before it is left out."""
        if content.count(b"\n") != content.count(b"\r\n"):
            content = _bare_lf.sub(b"\r\n", content)
        head, self.body = _halves(content)
        self.fields, self.cut = _fields(head)
        self._bodies: dict[bool, bytes] = {}
        self._hashed: dict[tuple[bool, int | None], bytes] = {}

    def named(self, *keys: bytes) -> list[Field]:
        """The fields with one of these lower-case names, topmost first."""
        return [field for field in self.fields if field.key in keys]

    def body_hash(self, relaxed: bool, length: int | None) -> bytes | None:
        """SHA-256 of the body in relaxed or simple form, of its first `length` octets; None when it has not so many."""
        key = relaxed, length
        if key not in self._hashed:
            body = self._canonical(relaxed)
            if length is not None and length > len(body):
                return None
            self._hashed[key] = sha256(memoryview(body)[:length]).digest()
        return self._hashed[key]

    def _canonical(self, relaxed: bool) -> bytes:
        if relaxed not in self._bodies:
            self._bodies[relaxed] = _relaxed_body(self.body) if relaxed else _simple_body(self.body)
        return self._bodies[relaxed]


def _halves(content: bytes) -> tuple[bytes, bytes]:
    """The header, each of its lines with its CRLF, and the body."""
    if content.startswith(b"\r\n"):
        return b"", content[2:]
    head, blank, body = content.partition(b"\r\n\r\n")
    return (head + b"\r\n" if blank else head), body


def _fields(head: bytes) -> tuple[list[Field], bool]:
    """The fields; lines that are none are passed over, with the lines that continue them."""
    cut = len(head) > LONGEST_HEADER
    lines = head[:LONGEST_HEADER].split(b"\r\n")
    if not lines[-1] or cut:
        lines.pop()
    fields = list[Field]()
    name, parts = b"", list[bytes]()
    for line in [*lines, b":"]:
        if line[:1] in (b" ", b"\t"):
            parts.append(line)
            continue
        if name:
            fields.append(Field(name, b"\r\n".join([*parts, b""])))
        found = _name(line)
        name, parts = (found[0][:-1], [line[found.end() :]]) if found else (b"", [])
    return fields[:MOST_FIELDS], cut or len(fields) > MOST_FIELDS


def relaxed(field: Field) -> bytes:
    """A field in relaxed form with its CRLF (RFC 6376 section 3.4.2)."""
    value = _spaces.sub(b" ", field.value.replace(b"\r\n", b""))
    return field.key + b":" + value.strip(b" ") + b"\r\n"


def simple(field: Field) -> bytes:
    """A field as it stands, with its CRLF (RFC 6376 section 3.4.1)."""
    return field.name + b":" + field.value


def select(fields: Sequence[Field], names: Sequence[bytes]) -> list[Field]:
    """The fields a signature's h= names, each name taking the lowest one not taken yet (RFC 6376 section 5.4.2)."""
    waiting: dict[bytes, list[Field]] = {}
    for field in fields:
        waiting.setdefault(field.key, []).append(field)
    return [waiting[name].pop() for name in names if waiting.get(name)]


def _simple_body(body: bytes) -> bytes:
    """A body without the empty lines at its end; an empty one is one line end (RFC 6376 section 3.4.3)."""
    end = _end(body)
    return body[:end] + b"\r\n"


def _relaxed_body(body: bytes) -> bytes:
    """A body with one blank where there are several, and none at the ends of lines (RFC 6376 section 3.4.4)."""
    body = _spaces.sub(b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    end = _end(body)
    return body[:end] + b"\r\n" if end else b""


def _end(body: bytes) -> int:
    """Where the line ends at the end of a body begin."""
    end = len(body)
    for some in (_MANY, b"\r\n"):
        while body.endswith(some, 0, end):
            end -= len(some)
    return end

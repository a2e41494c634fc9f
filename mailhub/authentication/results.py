"""Authentication-Results fields that a mail brings along (RFC 8601 section 5): those in our name are not ours."""

import re

from mailhub.authentication.verdicts import Verdicts

_field = re.compile(rb"(?im)^Authentication-Results[ \t]*+:(?:[^\n]*+\n?)(?:[ \t][^\n]*+\n?)*+")
_blank = re.compile(rb"\r?\n\r?\n|\A\r?\n")
LONGEST_START = 4096
"""Octets of a field in which its authserv-id must stand."""
MOST_FIELDS = 100
"""Fields that are looked at, topmost first: with `LONGEST_START` it bounds the octets of one mail. No honest way is so
long, so that those below go, whoever's they are."""

_part = re.compile(rb"[^\\()]++|\\.|[\\()]", re.DOTALL)
_word = re.compile(rb'\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\x00-\x20;()"]++))(?=[\s;(]|\Z)', re.DOTALL)
_token = re.compile(rb'[^\x00-\x20\x7f()<>@,;:\\"/\[\]?=]*+')


def stamp(content: bytes, verdicts: Verdicts, hostname: str) -> bytes:
    """A mail with our field on top, and without those that claim to be ours already."""
    return verdicts.field(hostname) + strip(content, hostname)


def strip(content: bytes, hostname: str) -> bytes:
    """A mail without the Authentication-Results fields that carry `hostname` as authserv-id, in any spelling, or none at
    all that can be read, and without those beyond `MOST_FIELDS`. Time grows with the octets alone."""
    found = _blank.search(content)
    end = found.start() + 2 if found else len(content)
    gone = (_plain(hostname.encode("utf-8")), b"")
    kept, at = list[bytes](), 0
    for number, field in enumerate(_field.finditer(content, 0, end)):
        if number >= MOST_FIELDS:
            rest = _field.sub(b"", content[field.start() : end])
            return b"".join([*kept, content[at : field.start()], rest, content[end:]])
        if server_of(field[0]) in gone:
            kept.append(content[at : field.start()])
            at = field.end()
    return b"".join([*kept, content[at:]])


def server_of(field: bytes) -> bytes:
    """The authserv-id of a field in lower case, without the comments before it, a version or a full stop behind it; ""
    when there is none that can be read."""
    begin = field.find(b":") + 1
    value = field[begin : begin + LONGEST_START]
    cut = begin + LONGEST_START < len(field)
    found = _word.match(value, _after_comments(value))
    if not found or (cut and found.end() == len(value)):
        return b""
    return _plain(found[2] if found[1] is None else re.sub(rb"(?s)\\(.)", rb"\1", found[1]))


def _after_comments(value: bytes) -> int:
    """Where the comments and blanks at the beginning end."""
    depth = 0
    for found in _part.finditer(value):
        part = found[0]
        if part == b"(":
            depth += 1
        elif not depth and not part.isspace():
            return found.start()
        elif part == b")":
            depth -= 1
    return len(value)


def _plain(name: bytes) -> bytes:
    """A name as it is compared: readers take what follows it for a version, and one with a last full stop for the same."""
    found = _token.match(name.strip())
    return found[0].rstrip(b".").lower() if found else b""

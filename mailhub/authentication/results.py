"""Authentication-Results fields that a mail brings along (RFC 8601 section 5): those in our name are not ours."""

import re

from mailhub.authentication.verdicts import Verdicts

_field = re.compile(rb"(?im)^Authentication-Results[ \t]*:(?:[^\n]*+\n?)(?:[ \t][^\n]*+\n?)*+")
_blank = re.compile(rb"\r?\n\r?\n|\A\r?\n")
LONGEST_START = 4096
"""Octets of a field in which its authserv-id must stand."""

_first = re.compile(rb'\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;()"]++))')


def stamp(content: bytes, verdicts: Verdicts, hostname: str) -> bytes:
    """A mail with our field on top, and without those that claim to be ours already."""
    return verdicts.field(hostname) + strip(content, hostname)


def strip(content: bytes, hostname: str) -> bytes:
    """A mail without the Authentication-Results fields that carry `hostname` as authserv-id, in any case, or none at all
    that can be read."""
    found = _blank.search(content)
    end = found.start() + 2 if found else len(content)
    name = hostname.lower().encode("utf-8")
    kept = _field.sub(lambda field: b"" if server_of(field[0]) in (name, b"") else field[0], content[:end])
    return kept + content[end:]


def server_of(field: bytes) -> bytes:
    """The authserv-id of a field in lower case, without comments before it; "" when there is none that can be read."""
    value = field.partition(b":")[2][:LONGEST_START]
    while value.lstrip().startswith(b"("):
        value = _after_comment(value.lstrip())
    found = _first.match(value)
    if not found:
        return b""
    quoted = found[1] is not None
    return (re.sub(rb"\\(.)", rb"\1", found[1]) if quoted else found[2]).lower()


def _after_comment(value: bytes) -> bytes:
    depth = 0
    for found in re.finditer(rb"\\.|[()]", value, re.DOTALL):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return value[found.end() :]
    return b""

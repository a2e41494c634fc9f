"""A report in any wrapping: a document, an archive, a mail that holds either; its records come as they are read."""

import re
from collections.abc import Iterator
from itertools import chain

from mailhub.parts import Part, parts_of
from mailhub.reports.aggregate import read_aggregate
from mailhub.reports.failures import read_failure
from mailhub.reports.records import Record, Unreadable
from mailhub.reports.tls import read_tls
from mailhub.reports.unpacking import MIB, Budget, Member, gunzipped, kind_of, member, members, sliced

UNPACKED = 64 * MIB
"""Octets that one report may unpack to, unless the asker says otherwise: some hundred thousand records."""
_INNER = 32 * MIB
"""Octets of a mail or a zip within an archive: those are read at once."""
_DEEPEST = 3
_LOOKED_AT = 4096
_FEEDBACK = re.compile(rb"<(?:[\w.-]{1,40}:)?feedback[\s>]", re.IGNORECASE)
_TLS = re.compile(rb'"(?:organization[-_]name|policies|date[-_]range|report[-_]id|contact[-_]info)"', re.IGNORECASE)


def read(content: bytes, limit: int = UNPACKED) -> Iterator[Record]:
    """The records of a report: XML or JSON, in gzip or zip or bare, or a mail with such parts or a failure report.

    `limit` is how many octets archives may unpack to in all. Raises `Unreadable` where something is no report or breaks
    off; what came before has been given by then. A report may hold no record.
    """
    yield from _read(Member(content[:_LOOKED_AT], sliced(content)), Budget(limit), 0, content)


def _read(given: Member, budget: Budget, depth: int, whole: bytes | None = None) -> Iterator[Record]:
    kind = kind_of(given.head)
    if kind == "xml":
        yield from read_aggregate(given.chunks)
    elif kind == "json":
        yield from read_tls(given.chunks)
    elif depth > _DEEPEST:
        raise Unreadable("It is an archive in an archive in an archive: unpack it first.")
    elif kind == "gzip":
        yield from _read(member(gunzipped(given.chunks, budget)), budget, depth + 1)
    elif kind == "zip":
        for each in members(_gathered(given, whole), budget):
            yield from _read(each, budget, depth + 1)
    elif kind == "mail":
        yield from _read_mail(_gathered(given, whole), budget, depth)
    else:
        raise Unreadable("It is no report: expected XML, JSON, gzip, zip, or a mail with one of them.")


def _gathered(given: Member, whole: bytes | None) -> bytes:
    if whole is not None:
        return whole
    made = bytearray()
    for chunk in given.chunks:
        made += chunk
        if len(made) > _INNER:
            raise Unreadable("It is an archive in an archive in an archive: unpack it first.")
    return bytes(made)


def _read_mail(content: bytes, budget: Budget, depth: int) -> Iterator[Record]:
    parts = parts_of(content)
    holding = [each for each in parts if _may_hold(each)]
    failure = read_failure(parts) if not holding else None
    if failure is not None:
        yield failure
    elif not holding:
        raise Unreadable("The mail holds no report: expected one as XML, JSON, gzip or zip in it.")
    yield from chain.from_iterable(
        _read(Member(each.body[:_LOOKED_AT], sliced(each.body)), budget, depth + 1, each.body) for each in holding
    )


def _may_hold(part: Part) -> bool:
    """Whether a part is a report by what it begins with: types and names are often wrong. Web pages are none."""
    if part.kind.startswith("multipart/") or part.kind == "message/rfc822":
        return False
    head = part.body[:_LOOKED_AT]
    kind = kind_of(head)
    if kind == "xml":
        return part.kind.endswith("xml") or _FEEDBACK.search(head.replace(b"\0", b"")) is not None
    if kind == "json":
        return part.kind.endswith("json") or _TLS.search(head) is not None
    return kind in ("gzip", "zip")

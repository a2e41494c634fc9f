"""A submitted mail made fit to leave (RFC 6409 section 8): Date and Message-ID added, Bcc and Return-Path gone.

Works on bytes and touches no table, so it is done before the database is asked for anything.
"""

import secrets
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from mailhub.address import check, domain_of, normalise
from mailhub.errors import Invalid
from mailhub.inbound.fields import Field, addresses, split, words

_REMOVED = frozenset({"bcc", "resent-bcc", "return-path"})
SUBJECT_LENGTH = 500
"""Characters of the subject kept beside the mail, for lists."""


class Repaired(NamedTuple):
    """The mail that leaves, its subject as text, and the addresses of its From header, normalised."""

    content: bytes
    subject: str
    authors: list[str]


def repair(content: bytes, received: bytes, at: datetime) -> Repaired:
    """Make a mail fit to leave; `received` is our Received field. Raises `Invalid`: a header beyond mending."""
    fields, body = split(content)
    authors = _authors(fields)
    kept = [each.raw for each in fields if each.name not in _REMOVED]
    added = _missing({each.name for each in fields}, domain_of(authors[0]), at)
    subject = next((words(each) for each in fields if each.name == "subject"), "")
    return Repaired(b"".join([received, *kept, *added, b"\r\n", body]), subject[:SUBJECT_LENGTH], authors)


def _authors(fields: list[Field]) -> list[str]:
    lines = [each for each in fields if each.name == "from"]
    if len(lines) != 1:
        raise Invalid("The mail has {count} From headers: send exactly one (RFC 5322 section 3.6).", count=len(lines))
    authors = [normalise(each) for each in addresses(lines[0])]
    if not authors or any(check(each) is not None for each in authors):
        raise Invalid(
            "The mail's From header ({value}) holds no address that can be written to: correct it.",
            value=lines[0].value[:200],
        )
    return authors


def _missing(names: set[str], domain: str, at: datetime) -> list[bytes]:
    added = []
    if "date" not in names:
        added.append(f"Date: {format_datetime(at)}\r\n".encode("ascii"))
    if "message-id" not in names:
        added.append(f"Message-ID: <{secrets.token_hex(16)}@{domain}>\r\n".encode("ascii"))
    return added

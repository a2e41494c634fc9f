"""A submitted mail made fit to leave (RFC 6409 section 8): what is missing added, what must not leave taken out.

Works on bytes and touches no table, so it is done before the database is asked for anything.
"""

import secrets
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from mailhub.address import check, domain_of, normalise
from mailhub.authentication.results import server_of
from mailhub.errors import Invalid
from mailhub.inbound import own_fields
from mailhub.inbound.fields import Field, addresses, encoded, is_closed, split, words
from mailhub.inbound.own_fields import PREFIX, Own

_REMOVED = frozenset({"bcc", "resent-bcc", "return-path"})
_SINGLE = frozenset(
    {"date", "message-id", "mime-version", "reply-to", "sender", "subject", "in-reply-to", "references",
     "content-type", "content-transfer-encoding"}
)  # fmt: skip
"""What a mail has once at most (RFC 5322 section 3.6): receivers refuse a second one, so the first stays alone."""
VOUCHING = frozenset({"sender", "resent-from", "resent-sender"})
"""Who else is named as having sent a mail: nobody but the account's own."""
ENCODED_LENGTH = 20_000
"""Octets beyond ASCII that are encoded at most, all fields together: it takes time."""
SUBJECT_LENGTH = 500
"""Characters of the subject kept beside the mail, for lists."""


class Repaired(NamedTuple):
    """The mail that leaves, its subject as text, the addresses of its From header, normalised, and what it asks of us.

    `vouchers` are the domains of those whom `VOUCHING` fields name, "" for what is no address.
    """

    content: bytes
    subject: str
    authors: list[str]
    own: Own = Own()
    vouchers: frozenset[str] = frozenset()


def repair(content: bytes, received: bytes, at: datetime, hostname: str = "", *, utf8: bool = False) -> Repaired:
    """Make a mail fit to leave; `received` is our Received field, `hostname` this server's, `utf8` whether SMTPUTF8 was
    announced. Results of authentication in our name leave only when we found them (RFC 8601 section 5).

    Raises `Invalid`: a header beyond mending.
    """
    fields, body = split(content)
    authors = _authors(fields)
    kept = _kept(fields, hostname)
    added = _missing({each.name for each in fields}, authors, at)
    subject = next((words(each) for each in fields if each.name == "subject"), "")
    content = b"".join([received, *_raw(kept, utf8), *added, b"\r\n", body])
    vouchers = frozenset(domain for each in kept if each.name in VOUCHING for domain in domains_named(each))
    return Repaired(content, subject[:SUBJECT_LENGTH], authors, own_fields.read(fields), vouchers)


def domains_named(field: Field) -> set[str]:
    """The domains of a field's addresses; "" stands for what is no address or cannot be read in one way only."""
    if not is_closed(field.value):
        return {""}
    found = [normalise(each) for each in addresses(field)]
    return {domain_of(each) if check(each) is None else "" for each in found} or {""}


def _raw(fields: list[Field], utf8: bool) -> list[bytes]:
    beyond = sum(len(each.raw) for each in fields if not each.raw.isascii())
    if beyond > ENCODED_LENGTH:
        raise Invalid("The mail's header has too much text beyond ASCII: encode it as RFC 2047 says.")
    return [each.raw if each.raw.isascii() else encoded(each, utf8) for each in fields]


def _kept(fields: list[Field], hostname: str) -> list[Field]:
    seen: set[str] = set()
    kept = []
    for each in fields:
        is_ours = each.name in _REMOVED or each.name.startswith(PREFIX) or _is_in_our_name(each, hostname)
        if not is_ours and not (each.name in _SINGLE and each.name in seen):
            kept.append(each)
            seen.add(each.name)
    return kept


def _is_in_our_name(field: Field, hostname: str) -> bool:
    return field.name == "authentication-results" and server_of(field.raw) in (b"", hostname.lower().encode("utf-8"))


def _authors(fields: list[Field]) -> list[str]:
    lines = [each for each in fields if each.name == "from"]
    if len(lines) != 1:
        raise Invalid("The mail has {count} From headers: send exactly one (RFC 5322 section 3.6).", count=len(lines))
    if not is_closed(lines[0].value):
        raise Invalid(
            "The mail's From header ({value}) opens a comment, a quotation or an address that never ends: close it.",
            value=lines[0].value[:200],
        )
    authors = [normalise(each) for each in addresses(lines[0])]
    if not authors or any(check(each) is not None for each in authors):
        raise Invalid(
            "The mail's From header ({value}) holds no address that can be written to: correct it.",
            value=lines[0].value[:200],
        )
    return authors


def _missing(names: set[str], authors: list[str], at: datetime) -> list[bytes]:
    added = []
    if "date" not in names:
        added.append(f"Date: {format_datetime(at)}\r\n".encode("ascii"))
    if "message-id" not in names:
        added.append(f"Message-ID: <{secrets.token_hex(16)}@{domain_of(authors[0])}>\r\n".encode("ascii"))
    if len(authors) > 1 and "sender" not in names:  # RFC 5322 section 3.6.2
        added.append(f"Sender: <{authors[0]}>\r\n".encode())
    return added

"""The DKIM signatures of a mail (RFC 6376, 8301, 8463), each with its result. Whose they must be is left to `dmarc`."""

import time
from collections.abc import Mapping

from mailhub.authentication.keys import Problem
from mailhub.authentication.mail import Field, Mail
from mailhub.authentication.signature import (
    DKIM_TAGS,
    Texts,
    canonical_forms,
    check_body,
    check_header,
    check_tags,
    find_key,
    name_of,
    read_tags,
    signed_names,
)
from mailhub.authentication.verdicts import Dkim

MOST_SIGNATURES = 12
"""Signatures of a mail that are checked; the others are neutral."""
MOST_TOLD = 100


def check_dkim(mail: Mail, texts: Texts, now: float | None = None) -> tuple[Dkim, ...]:
    """A verdict for each DKIM-Signature field, topmost first; none for a mail without. `now` is in Unix seconds.

    Never raises, whatever the mail and the keys.
    """
    when = time.time() if now is None else now
    fields = mail.named(b"dkim-signature")[:MOST_TOLD]
    return tuple(_check(mail, field, texts, when, number < MOST_SIGNATURES) for number, field in enumerate(fields))


def _check(mail: Mail, field: Field, texts: Texts, now: float, wanted: bool) -> Dkim:
    tags: Mapping[bytes, bytes] = {}
    problem = Problem("pass", "")
    try:
        tags = read_tags(field)
        if not wanted:
            raise Problem("neutral", "too many signatures")
        if mail.cut:
            raise Problem("neutral", "the header is too long")
        _check_one(mail, field, tags, texts, now)
    except Problem as found:
        problem = found
    domain, selector, algorithm = (tags.get(tag, b"").decode("utf-8", "replace") for tag in (b"d", b"s", b"a"))
    if problem.result == "pass":
        domain = name_of(tags[b"d"])
    start = b"".join(tags.get(b"b", b"").split())[:8].decode("ascii", "replace")
    return Dkim(problem.result, domain.lower(), selector, algorithm, start, problem.reason)


def _check_one(mail: Mail, field: Field, tags: Mapping[bytes, bytes], texts: Texts, now: float) -> None:
    if tags.get(b"v") != b"1":
        raise Problem("permerror", "the signature is of no known version")
    check_tags(tags, DKIM_TAGS, now)
    if b"from" not in signed_names(tags) or not mail.named(b"from"):
        raise Problem("permerror", "there is no signed From field")
    header, body = canonical_forms(tags)
    same = _check_identity(tags)
    key = find_key(tags, texts)
    if key.strict and not same:
        raise Problem("permerror", "i= is of another domain than d=, which the key forbids")
    check_body(mail, tags, body)
    check_header(mail, field, tags, header, key)


def _check_identity(tags: Mapping[bytes, bytes]) -> bool:
    """Whether i= is of exactly the d= domain; it must be of that or one below. Raises `Problem`."""
    if b"i" not in tags:
        return True
    domain, at, name = name_of(tags[b"d"]), *tags[b"i"].rpartition(b"@")[1:]
    identity = name_of(name) if at else ""
    if identity != domain and not identity.endswith("." + domain):
        raise Problem("permerror", "i= is not of the domain that signed")
    return identity == domain

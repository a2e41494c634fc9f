"""The DKIM signatures of a mail (RFC 6376, 8301, 8463), each with its result. Whose they must be is left to `dmarc`."""

import time
from collections.abc import Callable, Mapping, Sequence

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
from mailhub.dns.asking import Unanswered

MOST_SIGNATURES = 12
"""Signatures of a mail that are checked; the others are neutral."""
MOST_TOLD = 100
MOST_SILENCES = 2
"""Times DNS may say nothing about signatures that do not matter; the keys of those left are not asked for."""


def check_dkim(mail: Mail, texts: Texts, now: float | None = None) -> tuple[Dkim, ...]:
    """A verdict for each DKIM-Signature field, topmost first; none for a mail without. `now` is in Unix seconds.

    Never raises, whatever the mail and the keys.
    """
    signatures = Signatures(mail, texts, now)
    signatures.check_first()
    return signatures.check_others()


class Signatures:
    """The signatures of a mail, those that matter checked before others: anybody may put a dozen on top whose keys are
    at servers that say nothing.

    `matters` tells whether a signature of a domain (lower case, A-labels; "" when it is no name) proves anything that is
    asked for.
    """

    def __init__(
        self,
        mail: Mail,
        texts: Texts,
        now: float | None = None,
        matters: Callable[[str], bool] = lambda domain: True,
    ) -> None:
        self._mail, self._texts = mail, texts
        self._now = time.time() if now is None else now
        self._fields = mail.named(b"dkim-signature")[:MOST_TOLD]
        mattering = [matters(_signer(field)) for field in self._fields]
        order = sorted(range(len(self._fields)), key=lambda number: not mattering[number])[:MOST_SIGNATURES]
        self._first = [number for number in order if mattering[number]]
        self._others = [number for number in order if not mattering[number]]
        self._found: dict[int, Dkim] = {}
        self._silences = 0

    def check_first(self) -> None:
        """Check those that matter."""
        for number in self._first:
            self._found[number] = self._check(number, self._texts)

    def check_others(self) -> tuple[Dkim, ...]:
        """Check the others, of which nobody is asked after `MOST_SILENCES`; the verdicts on all, topmost first."""
        for number in self._others:
            self._found[number] = self._check(number, self._patiently)
        return tuple(self._found.get(number) or self._check(number, None) for number in range(len(self._fields)))

    def _patiently(self, name: str) -> Sequence[bytes]:
        if self._silences >= MOST_SILENCES:
            raise Unanswered(name)
        try:
            return self._texts(name)
        except Unanswered:
            self._silences += 1
            raise

    def _check(self, number: int, texts: Texts | None) -> Dkim:
        """The verdict on one; without `texts` it is one too many."""
        field, tags, problem = self._fields[number], dict[bytes, bytes](), Problem("pass", "")
        try:
            tags = read_tags(field)
            if texts is None:
                raise Problem("neutral", "too many signatures")
            if self._mail.cut:
                raise Problem("neutral", "the header is too long")
            _check_one(self._mail, field, tags, texts, self._now)
        except Problem as found:
            problem = found
        return _told(tags, problem)


def _signer(field: Field) -> str:
    try:
        return name_of(read_tags(field).get(b"d", b""))
    except Problem:
        return ""


def _told(tags: Mapping[bytes, bytes], problem: Problem) -> Dkim:
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

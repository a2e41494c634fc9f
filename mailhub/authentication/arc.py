"""The ARC chain of a mail: who handled it on its way, and what they found (RFC 8617 section 5.2).

Whether those who sealed it are believed is left to who reads the result.
"""

import re
import time
from collections.abc import Mapping, Sequence

from mailhub.authentication.keys import Problem
from mailhub.authentication.mail import Field, Mail, relaxed
from mailhub.authentication.signature import (
    Texts,
    canonical_forms,
    check_body,
    check_header,
    check_tags,
    decoded,
    find_key,
    read_tags,
    signed_names,
    without_signature,
)
from mailhub.authentication.verdicts import Arc

MOST_SETS = 50
"""RFC 8617 section 4.2.1."""
RESULTS, MESSAGE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
_MESSAGE_TAGS = (b"i", b"a", b"b", b"bh", b"d", b"h", b"s")
_SEAL_TAGS = (b"i", b"a", b"b", b"cv", b"d", b"s")

_instance = re.compile(rb"[0-9]{1,3}").fullmatch
_of_results = re.compile(rb"\s*+i\s*+=\s*+([0-9]{1,3})\s*+;").match

Set = Mapping[bytes, Field]


def check_arc(mail: Mail, texts: Texts, now: float | None = None) -> Arc:
    """The chain's state: none, pass or fail. `now` is in Unix seconds. Never raises, whatever the mail and the keys."""
    fields = mail.named(RESULTS, MESSAGE, SEAL)
    if not fields:
        return Arc("none")
    domain, sets = "", list[Set]()
    try:
        if mail.cut:
            raise Problem("fail", "the header is too long")
        sets = _sets(fields)
        seals = [read_tags(each[SEAL]) for each in sets]
        domain = seals[-1].get(b"d", b"").decode("utf-8", "replace").lower()
        _check_states(seals)
        when = time.time() if now is None else now
        _check_message(mail, sets[-1][MESSAGE], texts, when)
        for number in range(len(sets), 0, -1):
            _check_seal(sets[:number], seals[number - 1], texts, when)
    except Problem as problem:
        return Arc("fail", domain, len(sets), problem.reason)
    return Arc("pass", domain, len(sets))


def _sets(fields: Sequence[Field]) -> list[Set]:
    """The sets from the first to the last. Raises `Problem` unless each is complete and none is missing."""
    sets: dict[int, dict[bytes, Field]] = {}
    for field in fields:
        made = sets.setdefault(_number(field), {})
        if field.key in made:
            raise Problem("fail", "a set has two of a field")
        made[field.key] = field
    if len(sets) > MOST_SETS:
        raise Problem("fail", "there are too many sets")
    if sorted(sets) != list(range(1, len(sets) + 1)) or any(len(each) != 3 for each in sets.values()):
        raise Problem("fail", "a set is not complete")
    return [sets[number] for number in sorted(sets)]


def _number(field: Field) -> int:
    if field.key == RESULTS:
        found = _of_results(field.value)
        text = found[1] if found else b""
    else:
        text = read_tags(field).get(b"i", b"")
    if not _instance(text):
        raise Problem("fail", "a field has no instance")
    return int(text)


def _check_states(seals: Sequence[Mapping[bytes, bytes]]) -> None:
    """What each sealer found of the chain before it: nothing for the first, a good chain for the others."""
    if seals[-1].get(b"cv") == b"fail":
        raise Problem("fail", "it had failed before")
    for number, tags in enumerate(seals):
        if tags.get(b"cv") != (b"pass" if number else b"none"):
            raise Problem("fail", "cv= of a seal makes no sense")


def _check_message(mail: Mail, field: Field, texts: Texts, now: float) -> None:
    """The newest message signature; older ones do not fit any more when a list wrote into the mail."""
    tags = read_tags(field)
    check_tags(tags, _MESSAGE_TAGS, now)
    if SEAL in signed_names(tags):
        raise Problem("fail", "the message signature covers a seal")
    header, body = canonical_forms(tags)
    key = find_key(tags, texts)
    check_body(mail, tags, body)
    check_header(mail, field, tags, header, key)


def _check_seal(sets: Sequence[Set], tags: Mapping[bytes, bytes], texts: Texts, now: float) -> None:
    check_tags(tags, _SEAL_TAGS, now)
    if b"h" in tags:
        raise Problem("fail", "a seal has h=")
    *before, seal = [each[name] for each in sets for name in (RESULTS, MESSAGE, SEAL)]
    signed = b"".join(map(relaxed, before)) + relaxed(without_signature(seal)).removesuffix(b"\r\n")
    if not find_key(tags, texts).fits(decoded(tags[b"b"]), signed):
        raise Problem("fail", "a seal does not fit")

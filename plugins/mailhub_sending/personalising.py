"""Personalisation held against those who receive it: names that nobody has, and names that some lack."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mailhub import Hub, Recipient
from mailhub.delivery.template import TAG, environment
from mailhub.errors import Sentence
from mailhub_sending.checking import AT_START, WITHIN, sources, worded
from mailhub_sending.models import Campaign, CampaignText

LOOKED_AT = 1_000
"""Recipients that are looked at: the first of the audience."""
MOST = 8
"""Warnings at most: who mends these sees the rest the next time."""
OWN = frozenset(["address", "language", "unsubscribe_url"])
"""Names that every mail has a value for."""

_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_STRING = re.compile(r""""(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'""", re.S)
_FALLBACK = re.compile(r"\|\s*(?:default|d)\b|\bor\b|\bif\b")


class Used(NamedTuple):
    """The names a template uses: `bare` ones are put in as they are, `tested` ones are asked about first."""

    bare: set[str]
    tested: set[str]


def find_gaps(hub: Hub, campaign: Campaign, texts: Mapping[str, CampaignText]) -> list[Sentence]:
    """Warnings about a campaign whose templates are sound; two queries, and 1,000 recipients at most."""
    people = _first(hub, campaign)
    known = hub.fields_of(campaign.account_id, [each.key for each in people]) if people else {}
    own = texts.get(campaign.language) or next(iter(texts.values()))
    found: list[Sentence] = []
    for language, text in texts.items():
        readers = [known.get(each.key, {}) for each in people if _reads(each, texts, own) == language]
        for part, source in sources(text).items():
            found += _gaps(source, part, language, list(known.values()), readers, len(people))
    return found[:MOST]


def names_used(source: str, *, html: bool = False) -> Used:
    """The names that a sound template uses and does not make itself (loops, `set`)."""
    free = environment(html=html).undeclared_variables_in_str(source)
    bare: set[str] = set()
    tested: set[str] = set()
    for tag in TAG.findall(source):
        words = set(_WORD.findall(_STRING.sub("", tag))) & free
        if tag.startswith("{%"):
            tested |= words
        elif tag.startswith("{{") and not _FALLBACK.search(_STRING.sub("''", tag)):
            bare |= words
    return Used(bare, tested)


def _first(hub: Hub, campaign: Campaign) -> Sequence[Recipient]:
    page: list[Recipient] | None = hub.hook.audience_recipients(
        hub=hub,
        account=campaign.account_id,
        include=campaign.include,
        exclude=campaign.exclude,
        after=0,
        limit=LOOKED_AT,
    )
    return page or []


def _reads(reader: Recipient, texts: Mapping[str, CampaignText], own: CampaignText) -> str:
    """The language someone gets: theirs when it is written, else the campaign's own."""
    return reader.language if reader.language in texts else own.language


def _gaps(
    source: str,
    part: str,
    language: str,
    known: Sequence[Mapping[str, str]],
    readers: Sequence[Mapping[str, str]],
    looked: int,
) -> Iterator[Sentence]:
    used = names_used(source, html=part == "body")
    there = OWN.union(*known)
    for each in sorted((used.bare | used.tested) - there):
        yield _unknown(each[:40], part, language, looked)
    for each in sorted((used.bare & there) - used.tested - OWN):
        if count := sum(not fields.get(each) for fields in readers):
            yield _missing(each[:40], part, language, looked, count)


def _unknown(field: str, part: str, language: str, looked: int) -> Sentence:
    where = worded(AT_START, part, language)
    if looked < LOOKED_AT:
        return Sentence(
            "{where} uses {name}, which no contact has: correct the name, or give it a fallback.",
            where=where, name=field,
        )  # fmt: skip
    return Sentence(
        "{where} uses {name}, which none of the first {looked} recipients has: correct the name, "
        "or give it a fallback.",
        where=where, name=field, looked=f"{looked:,}",
    )  # fmt: skip


def _missing(field: str, part: str, language: str, looked: int, count: int) -> Sentence:
    values = {"looked": f"{looked:,}", "name": field, "where": worded(WITHIN, part, language)}
    if count == 1:
        return Sentence("1 of the first {looked} recipients has no {name}, and {where} gives it no fallback.", **values)
    return Sentence(
        "{count} of the first {looked} recipients have no {name}, and {where} gives it no fallback.",
        count=f"{count:,}",
        **values,
    )

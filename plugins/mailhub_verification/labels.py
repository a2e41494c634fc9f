"""What pages call verdicts and reasons, in the reader's language, and how verdicts look."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext

from mailhub.web.language import translate
from mailhub_verification.marks import DELIVERABLE, MARKS, RISKY, UNDELIVERABLE, UNKNOWN


class Look(NamedTuple):
    """A verdict's word, one of Tabler's colours, an icon, and what it means."""

    word: Any
    colour: str
    icon: str
    meaning: Any


VERDICTS: dict[str, Look] = {
    DELIVERABLE: Look(lazy_gettext("deliverable"), "green", "check", lazy_gettext("nothing speaks against it")),
    RISKY: Look(lazy_gettext("risky"), "orange", "alert-triangle", lazy_gettext("may bounce, or annoy")),
    UNDELIVERABLE: Look(lazy_gettext("undeliverable"), "red", "ban", lazy_gettext("would bounce")),
    UNKNOWN: Look(lazy_gettext("unknown"), "secondary", "help", lazy_gettext("DNS gave no answer")),
}
TITLES = (lazy_gettext("Verification"),)
"""The menu's title once more, where the translations' extraction sees it."""


def sentence(slug: str) -> str:
    """A reason in the reader's language; a slug that is no longer known stands for itself."""
    return translate(MARKS[slug].sentence) if slug in MARKS else slug


def scores(counted: list[int]) -> list[tuple[str, int]]:
    """Addresses by score, best first, as (words, count); those with 100 are counted with the best."""
    if not counted:
        return []
    tens = [*counted[:9], counted[9] + counted[10]]
    words = [f"{ten * 10}–{ten * 10 + 9 if ten < 9 else 100}" for ten in range(10)]
    return list(reversed(list(zip(words, tens, strict=True))))

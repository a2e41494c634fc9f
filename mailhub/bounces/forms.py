"""The table of how mails that come back are written, `forms.toml`, read once and made ready to be asked."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from mailhub.bounces.phrases import Phrase, phrases, plain, said_in
from mailhub.bounces.rules import cut

SHIPPED = Path(__file__).with_name("forms.toml")
LONGEST_SUBJECT = 300
_OPENING = "[(<*【\uff3b\uff08「 "
_AFTER = (":", "\uff1a", "]", ")", ">", "*", "】", "\uff3d", "\uff09", "」")
LONGEST_MARK = 20


class Said:
    """Phrases found in texts, few letters deciding whether a text is worth looking at."""

    def __init__(self, cell: str) -> None:
        self.all: tuple[Phrase, ...] = phrases(cut(cell))
        self.starts = tuple(each.first for each in self.all)

    def within(self, text: str) -> bool:
        """Whether a text (made plain) has one of the phrases."""
        return said_in(text, self.all)

    def begin(self, text: str) -> bool:
        """Whether a text (made plain, without the blank before it) begins with one of them."""
        return text.startswith(self.starts)


class Forms:
    """The whole table."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.daemon_locals = frozenset(cut(table["daemons"]["locals"]))
        self.daemon_names = Said(table["daemons"]["names"])
        self.bounce_subjects = Said(table["bounces"]["subjects"])
        self.openings = Said(table["bounces"]["openings"])
        self.delay_subjects = Said(table["delays"]["subjects"])
        self.delays = Said(table["delays"]["words"])
        self.final = Said(table["delays"]["never"])
        self.delivered_subjects = Said(table["delivered"]["subjects"])
        self.delivered = Said(table["delivered"]["words"])
        self.marks = Said(table["returned"]["marks"])
        self.sure_autoreplies = Said(table["autoreplies"]["sure"])
        self.autoreply_subjects = Said(table["autoreplies"]["sure"] + "|" + table["autoreplies"]["subjects"])
        self.receipts = Said(table["autoreplies"]["receipts"])
        self.autoreply_elsewhere = Said(table["autoreplies"]["elsewhere"])
        self.autoreplies = Said(table["autoreplies"]["words"])
        self.challenges = Said(table["autoreplies"]["challenges"])


def is_surely_autoreply(subject: str) -> bool:
    """Whether a subject (made plain) begins as no person's does: “automatic reply: …”, not “out of office chairs”.

    A gateway's mark before it, such as [external], is passed over.
    """
    mark, closed, rest = subject.partition("] ")
    marked = closed and mark.startswith("[") and len(mark) <= LONGEST_MARK
    return _begins_surely(subject) or bool(marked and _begins_surely(rest))


def _begins_surely(subject: str) -> bool:
    text = subject.lstrip(_OPENING)
    rests = (text[len(each) :].lstrip() for each in forms().sure_autoreplies.starts if text.startswith(each))
    return any(not rest or rest.startswith(_AFTER) for rest in rests)


@cache
def forms() -> Forms:
    """The shipped table."""
    return Forms(tomllib.loads(SHIPPED.read_text("utf-8")))


def plain_subject(subject: str) -> str:
    """A subject as its phrases see it, without a list's mark before it."""
    text = plain(subject[:LONGEST_SUBJECT]).strip()
    if text.startswith("***spam***"):
        text = text[10:].strip()
    return text

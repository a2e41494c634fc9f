"""What staff record: top-ups in money or mails, and the entries that take back what was wrong."""

from typing import NamedTuple

from mailhub import Conflict, Hub, Invalid, NotFound
from mailhub.db import sql
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_billing import ledger, low, terms
from mailhub_billing.ledger import Move, Posting
from mailhub_billing.models import AVAILABLE, GIVEN, GRANT, MAILS, PAID, REVERSAL, TOP_UP, Entry, Line
from mailhub_billing.terms import MOST_MAILS

LONGEST_NOTE = 500
LONGEST_KEY = 100


class TopUp(NamedTuple):
    """A top-up as staff record it: `amount` of `unit` (millionths, or mails), paid for or `free`."""

    unit: str
    amount: int
    free: bool
    note: str
    key: str


def top_up(hub: Hub, actor: Actor, account_id: int, given: TopUp) -> tuple[int, bool]:
    """Record a top-up, in the caller's transaction. Returns the entry's number and whether it is new.

    The same key of the same account books once: again with the same amount, the first entry is told; with another one
    `Conflict` is raised. Raises `Invalid` for an amount of nothing or too much, and for a missing note.
    """
    _check(given)
    terms.lock(hub, account_id)
    known = Entry.of(account_id).where(Entry.key == given.key).first() if given.key else None
    if known is not None:
        return _again(known, given), False
    kind, origin = (GRANT, GIVEN) if given.free else (TOP_UP, PAID)
    mails = given.amount if given.unit == MAILS else 0
    about = Posting(kind, mails=mails, note=given.note, made_by=actor.name, key=given.key or None)
    entry_id = ledger.post(account_id, hub.ms(), about, [Move(origin, AVAILABLE, given.unit, given.amount)])
    sql("UPDATE billing_terms SET topped_up_at = ? WHERE account_id = ?", (hub.ms(), account_id))
    low.rearm(hub, account_id)
    return entry_id, True


def _check(given: TopUp) -> None:
    wrong: dict[str, str] = {}
    if given.amount <= 0:
        wrong["amount"] = Sentence("A top-up is more than nothing: write an amount.")
    elif given.unit == MAILS and given.amount > MOST_MAILS:
        wrong["amount"] = Sentence("That is too many mails: write {most} at most.", most=MOST_MAILS)
    if not given.note:
        wrong["note"] = Sentence("Say where it comes from: a transfer, an invoice, a gift.")
    elif len(given.note) > LONGEST_NOTE:
        wrong["note"] = Sentence("The note is too long: write {most} letters at most.", most=LONGEST_NOTE)
    if len(given.key) > LONGEST_KEY:
        wrong["key"] = Sentence("The key is too long: write {most} letters at most.", most=LONGEST_KEY)
    if wrong:
        raise Invalid(fields=wrong)


def _again(known: Entry, given: TopUp) -> int:
    booked = Line.get((Line.entry == known.id) & (Line.book == AVAILABLE))
    if (booked.unit, booked.amount, known.kind == GRANT) != (given.unit, given.amount, given.free):
        raise Conflict(
            "The key {key} was used for entry {number}, which is another top-up: take a new key.",
            key=given.key, number=known.id,
        )  # fmt: skip
    return int(known.id)


def reverse(hub: Hub, actor: Actor, number: int, note: str) -> Entry:
    """Take an entry of staff's back by an entry of the opposite, in the caller's transaction. Returns the new one.

    What was spent of it already leaves the account below zero: nothing more leaves until it is made good. Raises
    `NotFound`, and `Conflict` for an entry that was reversed already or that follows the events.
    """
    entry = Entry.get_or_none(Entry.id == number)
    if entry is None:
        raise NotFound("There is no entry {number}: look at the account's history.", number=number)
    if entry.kind not in (TOP_UP, GRANT):
        raise Conflict("Entry {number} is no top-up: only top-ups and gifts can be taken back.", number=number)
    if not note:
        raise Invalid(fields={"note": Sentence("Say why it is taken back.")})
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            fields={"note": Sentence("The note is too long: write {most} letters at most.", most=LONGEST_NOTE)}
        )
    terms.lock(hub, entry.account_id)
    if Entry.select().where(Entry.reverses == number).exists():
        raise Conflict("Entry {number} was taken back already: nothing was changed.", number=number)
    lines = list(Line.select().where(Line.entry == number))
    origin = next(line.book for line in lines if line.amount < 0)
    moves = [Move(line.book, origin, line.unit, line.amount) for line in lines if line.amount > 0]
    about = Posting(REVERSAL, mails=entry.count, note=note, made_by=actor.name, reverses=number)
    before = terms.look(hub, entry.account_id)
    made = ledger.post(entry.account_id, hub.ms(), about, moves)
    low.passed(hub, entry.account_id, before, terms.look(hub, entry.account_id).reach)
    return Entry.get_by_id(made)

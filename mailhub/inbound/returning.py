"""What a batch of bounces and complaints changes: ledger and events, set by set; counting and suppression follow the events.

A message bounces and is complained of once, whatever comes: its event has a number of its own (see `messages`). Only that
nobody is there is taken in after another bounce: into the ledger, and it suppresses. The address is that of our message,
whoever the report names: the token in it is the authority.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailhub import addresses, events
from mailhub.address import normalise
from mailhub.bounces.reading import Reading, Recipient
from mailhub.db import in_list, sql, sql_many
from mailhub.events import NewEvent
from mailhub.hub import Hub
from mailhub.inbound.arrivals import Claimed
from mailhub.messages import AFTERWARDS, BOUNCED, COMPLAINED, COMPLAINT, DELIVERED
from mailhub.suppressing import SCOPE, origin, system_sources
from mailhub.unsubscribing import find_reader

TEXT = 500
"""Characters of a server's words that are kept."""
HARD = "hard"
_UNTOLD = Recipient("", "unknown", "", None, None, "")


class Return(NamedTuple):
    """Something that came back. `message_id` is what its token said; `complaint`, else it bounced."""

    claimed: Claimed
    message_id: int
    reading: Reading
    complaint: bool


class _Message(NamedTuple):
    account_id: int
    source_id: int
    address: str
    outcome: str
    settled_at: int
    complained_at: int | None


def take(hub: Hub, returns: Sequence[Return]) -> list[Claimed]:
    """Write down what came back, in the caller's transaction. Returns those whose message has no outcome yet: they
    come too early, before its delivery was written, and are to be looked at again."""
    found = _messages({each.message_id for each in returns})
    queued = _queued([each.message_id for each in returns if each.message_id not in found])
    bounces = _gravest(found, returns)
    complaints = {each.message_id: each for each in returns if each.complaint and each.message_id in found}
    written = _bounce(hub, found, {id_: each for id_, each in bounces.items() if found[id_].outcome == DELIVERED})
    _harden(hub, found, {id_: each for id_, each in bounces.items() if each.class_ == HARD})
    written += _complain(hub, found, [each for each in complaints.values() if not found[each.message_id].complained_at])
    events.write(written)
    for each in returns:
        if each.message_id not in found and each.message_id not in queued:
            _take_past(hub, each)
    return [each.claimed for each in returns if each.message_id in queued]


def _messages(ids: Iterable[int]) -> dict[int, _Message]:
    wanted = sorted(ids)
    if not wanted:
        return {}
    condition, parameters = in_list("id", wanted)
    rows = sql(
        f"SELECT id, account_id, source_id, address, outcome, settled_at, complained_at FROM messages WHERE {condition}",
        parameters,
    ).fetchall()
    return {row[0]: _Message(*row[1:]) for row in rows}


def _queued(ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    condition, parameters = in_list("id", ids)
    return {row[0] for row in sql(f"SELECT id FROM queue WHERE {condition}", parameters).fetchall()}


def said(hub_address: str, reading: Reading) -> Recipient | None:
    """What became of our message by a report: a bounce, with class `unknown` where no address is named; None when it is none.

    Where the address we wrote to is named, what is said of it alone counts. Else those that are named got it from there,
    forwarded: it bounced unless one of them did otherwise, and is hard only when it is for all.
    """
    ours = normalise(hub_address).casefold()
    for each in reading.recipients:
        if normalise(each.address).casefold() == ours:
            return each if each.class_ else None
    if any(each.class_ is None for each in reading.recipients):
        return None
    milder = (each for each in reading.recipients if each.class_ != HARD)
    return next(milder, reading.recipients[0] if reading.recipients else _UNTOLD)


def _gravest(found: dict[int, _Message], returns: Sequence[Return]) -> dict[int, Recipient]:
    """What each message's bounces say: the first that is hard, or else the first."""
    told: dict[int, Recipient] = {}
    for each in returns:
        if each.complaint or each.message_id not in found:
            continue
        outcome = said(found[each.message_id].address, each.reading)
        if outcome and (each.message_id not in told or told[each.message_id].class_ != HARD == outcome.class_):
            told[each.message_id] = outcome
    return told


def _words(outcome: Recipient) -> str:
    """The line that was read, without the code and status that stand beside it."""
    line = outcome.line
    for known in (str(outcome.code or ""), outcome.status or ""):
        if known and line.startswith(known):
            line = line[len(known) :].lstrip(" -")
    return line[:TEXT]


def _told(outcome: Recipient) -> tuple[int, str, str, str, str]:
    """What the ledger keeps of it: code, status, words, reason and class."""
    return outcome.code or 0, outcome.status or "", _words(outcome), outcome.reason, outcome.class_ or "unknown"


def _bounce(hub: Hub, found: dict[int, _Message], bounces: dict[int, Recipient]) -> list[NewEvent]:
    now, written, rows = hub.ms(), list[NewEvent](), []
    for id_, outcome in bounces.items():
        message, (code, status, text, reason, class_) = found[id_], _told(outcome)
        rows.append((BOUNCED, code, status, text, reason, class_, now, id_, DELIVERED))
        values = {"class": class_, "reason": reason, "delivered_at": message.settled_at}
        written.append(
            NewEvent(BOUNCED, message.account_id, now, message.source_id, id_, AFTERWARDS, code, status, text, values)
        )
    sql_many(
        "UPDATE messages SET outcome = ?, code = ?, enhanced = ?, text = ?, reason = ?, bounce = ?, settled_at = ? "
        "WHERE id = ? AND outcome = ?",
        rows,
    )
    return written


def _harden(hub: Hub, found: dict[int, _Message], hard: dict[int, Recipient]) -> None:
    """Act on hard bounces of messages that had bounced otherwise, just now in another slot or long ago: the ledger says
    the graver, and the address is suppressed. It is neither told nor counted a second time."""
    if not hard:
        return
    condition, parameters = in_list("id", sorted(hard))
    rows = sql(
        f"SELECT id FROM messages WHERE {condition} AND outcome = ? AND bounce IN ('soft', 'block', 'unknown')",
        (*parameters, BOUNCED),
    ).fetchall()
    some = sorted(row[0] for row in rows)
    sql_many(
        "UPDATE messages SET code = ?, enhanced = ?, text = ?, reason = ?, bounce = ? WHERE id = ?",
        [(*_told(hard[id_]), id_) for id_ in some],
    )
    own = system_sources({found[id_].source_id for id_ in some})
    addresses.suppress_each(
        (message.account_id, message.address, addresses.ALL, BOUNCED, origin(id_, hard[id_].reason), hub.ms())
        for id_ in some
        for message in (found[id_],)
        if message.source_id not in own
    )


def _complain(hub: Hub, found: dict[int, _Message], complaints: Sequence[Return]) -> list[NewEvent]:
    now = hub.ms()
    sql_many(
        "UPDATE messages SET complained_at = ? WHERE id = ? AND complained_at IS NULL",
        [(now, each.message_id) for each in complaints],
    )
    return [
        NewEvent(
            COMPLAINED, message.account_id, now, message.source_id, each.message_id, COMPLAINT,
            values={"provider": each.claimed.sender.rpartition("@")[2][:255]},
        )
        for each in complaints
        for message in (found[each.message_id],)
    ]  # fmt: skip


def _take_past(hub: Hub, each: Return) -> None:
    """A message that was purged by age: only its address is left, and it is suppressed as it would have been."""
    reader = find_reader(each.message_id)
    outcome = said(reader.address, each.reading) if reader else None
    if reader is None or not (each.complaint or (outcome and outcome.class_ == HARD)):
        return
    if not each.complaint and system_sources([reader.source_id]):
        return
    scope = str(hub.setting(reader.account_id, SCOPE)) if each.complaint else addresses.ALL
    reason = COMPLAINED if each.complaint else BOUNCED
    where = origin(each.message_id, "" if each.complaint or not outcome else outcome.reason)
    addresses.suppress_each([(reader.account_id, reader.address, scope, reason, where, hub.ms())])

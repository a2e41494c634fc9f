"""How a source stands, in one sentence: how fast it sends and when it is done, or why it is slow or stopped.

All is read from tables, a few rows by index: the present rate from the newest events, what waits from the queue's ends.
What a plugin knows better (who paused, when it was written) its own page says.
"""

from typing import NamedTuple

from mailhub.accounts import Account
from mailhub.address import without_addresses
from mailhub.db import sql
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import CANCELLED, DEFERRED, DELIVERED, FINISHED, HELD, NEVER, OPEN, PAUSED, Source
from mailhub.moments import Moment
from mailhub.outbox.lanes import BLOCKED, FRESH
from mailhub.outbox.sources import WANTS
from mailhub.sentences import Count

WINDOW = 10_000
"""Milliseconds over which the present rate is taken."""
NEWEST = 5_000
"""Events looked at for it, at most."""
LATELY = 600_000
"""Milliseconds for which a failure to reach the next server is told: it is tried again at least every five minutes."""
UNREACHED = "4.4.1"
"""The enhanced status (RFC 3463 section 3.5) of an attempt for which nobody answered."""

SENDING, STARTING, FILLING, LIMITED, SHARING = "sending", "starting", "filling", "limited", "sharing"
PUT_OFF, UNREACHABLE, NO_ROUTE, WAITING, STILL = "put_off", "unreachable", "no_route", "waiting", "still"
COUNTING, IDLE = "counting", "idle"
SLOW = (PUT_OFF, UNREACHABLE, NO_ROUTE, STILL)
"""The states in which somebody may want to look."""

STARTS = Sentence("Starting: the first messages are about to leave.")
_KNOWN_HERE = {
    "address_spent": (
        WAITING,
        Sentence(
            "The sending addresses have sent what they may today: it goes on at {time}, or when they may send more."
        ),
    ),
    "no_route": (
        NO_ROUTE,
        Sentence(
            "No route of the rule that fits its mail is switched on: it waits until the server’s operator changes that."
        ),
    ),
}
"""Why what is due first waits, where no server was asked."""


class Pace(NamedTuple):
    """What became of a source's attempts in the last seconds: ended, put off, and ended in a minute at that rate."""

    ended: int
    put_off: int
    rate: int


class Standing(NamedTuple):
    """`state` is a source's or one of this module's words; `rate` messages a minute now; `left` those to come.

    `finish_at` is when the last leaves at this rate (ms), None while nothing leaves.
    """

    state: str
    sentence: Sentence
    rate: int
    left: int
    finish_at: int | None


def standing(hub: Hub, source: Source) -> Standing:
    """How a source stands now; moments in its account's time zone."""
    now, waiting = hub.ms(), count_waiting(source.id)
    left = 0 if source.state in (FINISHED, CANCELLED) else to_come(source, waiting)
    zone = Account.get_by_id(source.account_id).time_zone
    if source.state != OPEN:
        return Standing(source.state, _stopped(source, now, zone), 0, left, None)
    pace = pace_of(source, now)
    if pace.rate and pace.ended >= pace.put_off:
        finish_at = now + left * 60_000 // pace.rate
        state, sentence = _moving(source, pace.rate, Moment(finish_at, zone, now=now), now)
        return Standing(state, sentence, pace.rate, left, finish_at)
    state, sentence = _slow(source, pace, waiting, now, zone)
    return Standing(state, sentence, pace.rate, left, None)


def count_waiting(source_id: int) -> int:
    """How many messages of a source are still to be settled and submitted already."""
    return int(sql("SELECT count(*) FROM queue WHERE source_id = ?", (source_id,)).fetchone()[0])


def to_come(source: Source, waiting: int) -> int:
    """How many are still to be settled, also those of its audience that are not submitted yet."""
    return max(waiting, source.planned - source.submitted + waiting) if source.filling else waiting


def pace_of(source: Source, now: int) -> Pace:
    """A source's present pace, from the newest events; while others fill them up, from its newest messages."""
    oldest, count, ended, put_off = sql(
        "SELECT min(at), count(*), sum(CASE WHEN source_id = ? AND message_id <> 0 AND attempt > 0 AND kind <> ? "
        "THEN 1 ELSE 0 END), sum(CASE WHEN source_id = ? AND kind = ? THEN 1 ELSE 0 END) "
        "FROM (SELECT at, source_id, message_id, attempt, kind FROM events ORDER BY id DESC LIMIT ?) AS newest "
        "WHERE at > ?",
        (source.id, DEFERRED, source.id, DEFERRED, NEWEST, now - WINDOW),
    ).fetchone()
    since = now - WINDOW
    if count == NEWEST:
        since, ended = _newest_messages(source, now) or (oldest, ended)
    seconds = max(1000, now - max(since, source.started_at or 0)) / 1000
    rate = round((ended or 0) * 60 / seconds)
    return Pace(ended or 0, put_off or 0, min(rate, source.rate) if source.rate else rate)  # the first seconds round up


def _newest_messages(source: Source, now: int) -> tuple[int, int] | None:
    """Since when (ms) and how many of a source's newest messages ended within the window; None when none did."""
    oldest, count = sql(
        "SELECT min(settled_at), count(*) FROM (SELECT settled_at FROM messages WHERE source_id = ? "
        "ORDER BY id DESC LIMIT ?) AS newest WHERE settled_at > ?",
        (source.id, NEWEST, now - WINDOW),
    ).fetchone()
    return None if not count else (int(oldest) if count == NEWEST else now - WINDOW, int(count))


def _moving(source: Source, rate: int, done: Moment, now: int) -> tuple[str, Sentence]:
    if source.rate and rate >= source.rate * 0.9:
        return LIMITED, Sentence(
            "Sending {rate} a minute, as its limit allows, done at about {time}.", rate=Count(rate), time=done
        )
    others = _others(source, now)
    if others == 1:
        return SHARING, Sentence(
            "Sending {rate} a minute, its share beside another one, done at about {time}.", rate=Count(rate), time=done
        )
    if others:
        return SHARING, Sentence(
            "Sending {rate} a minute, its share beside {count} others, done at about {time}.",
            rate=Count(rate),
            count=Count(others),
            time=done,
        )
    return SENDING, Sentence("Sending {rate} a minute, done at about {time}.", rate=Count(rate), time=done)


def _others(source: Source, now: int) -> int:
    """How many other sources want to send at this moment and are as urgent."""
    found = sql(
        f"SELECT count(*) FROM sources s WHERE {WANTS} AND s.id <> ? AND s.priority >= ?",
        (OPEN, now, now, source.id, source.priority),
    )
    return int(found.fetchone()[0])


def _stopped(source: Source, now: int, zone: str) -> Sentence:
    if source.state == HELD:
        until = Moment(source.held_until or now, zone, now=now)
        return Sentence("Held until {time}: {reason}", time=until, reason=source.held_reason)
    if source.state == PAUSED:
        return Sentence("Paused: it goes on when somebody resumes it.")
    ended = Moment(source.finished_at or now, zone)
    if source.state == FINISHED:
        return Sentence("Finished on {time}.", time=ended)
    return Sentence("Cancelled on {time}: what had not left never will.", time=ended)


def _slow(source: Source, pace: Pace, waiting: int, now: int, zone: str) -> tuple[str, Sentence]:
    """Why little or nothing leaves."""
    first = sql(
        "SELECT due_at, attempts, holder, reason FROM queue WHERE source_id = ? ORDER BY due_at LIMIT 1", (source.id,)
    ).fetchone()
    if first is None:
        return _empty(source, now)
    due_at, attempts, holder, reason = first
    if due_at >= NEVER:
        return WAITING, Sentence(
            "Only messages that were held by hand are left ({count}): they leave when they are released.",
            count=Count(waiting),
        )
    if due_at > now and holder is None and reason in _KNOWN_HERE:
        state, sentence = _KNOWN_HERE[reason]
        return state, Sentence(sentence, time=Moment(due_at, zone, now=now))
    words = _unreached(now)
    if words is not None:
        return UNREACHABLE, Sentence(
            "The next server cannot be reached: all waits, and it is tried again within five minutes. The last attempt: {words}",
            words=words,
        )
    if pace.put_off:
        return PUT_OFF, _put_off(source, pace, now)
    if attempts and due_at > now and holder is None and not source.filling:
        return WAITING, Sentence(
            "Only further attempts are left ({count}), the next at {time}.",
            count=Count(waiting),
            time=Moment(due_at, zone, now=now),
        )
    return _not_yet(source, now)


def _empty(source: Source, now: int) -> tuple[str, Sentence]:
    """Nothing waits, and yet the source is open."""
    if source.kind == "smtp":
        return IDLE, Sentence("Nothing waits: what is submitted leaves at once.")
    if source.filling and now - (source.started_at or source.created_at) < WINDOW:
        return STARTING, STARTS
    if source.filling:
        return FILLING, Sentence(
            "Its recipients are being read: {count} of {planned} so far.",
            count=Count(source.submitted),
            planned=Count(source.planned),
        )
    return COUNTING, Sentence("The last outcomes are being counted.")


def _not_yet(source: Source, now: int) -> tuple[str, Sentence]:
    """Something waits, nobody said no, and nothing left within the window."""
    if now - (source.started_at or source.created_at) < WINDOW:
        return STARTING, STARTS
    if source.rate:
        return LIMITED, Sentence("Sending {rate} a minute at most, as its limit says.", rate=Count(source.rate))
    others = _others(source, now)
    if others == 1:
        return SHARING, Sentence("Waiting for its turn: another one wants to send at this moment.")
    if others:
        return SHARING, Sentence(
            "Waiting for its turn: {count} others want to send at this moment.", count=Count(others)
        )
    return STILL, Sentence("Nothing has left for ten seconds: check that a worker is running (`mailhub worker`).")


def _unreached(now: int) -> str | None:
    """The words of the last attempt for which nobody answered, when nothing was delivered after it.

    None while some lane is open: then it is one destination among many, and others can be reached.
    """
    if sql("SELECT 1 FROM lanes WHERE at > ? AND state <> ? LIMIT 1", (now - FRESH, BLOCKED)).fetchone():
        return None
    found = sql(
        "SELECT kind, text FROM (SELECT id, kind, enhanced, text, at FROM events ORDER BY id DESC LIMIT ?) AS newest "
        "WHERE at > ? AND (kind = ? OR (kind = ? AND enhanced = ?)) ORDER BY id DESC LIMIT 1",
        (NEWEST, now - LATELY, DELIVERED, DEFERRED, UNREACHED),
    ).fetchone()
    return without_addresses(str(found[1])) if found and found[0] == DEFERRED else None


def _put_off(source: Source, pace: Pace, now: int) -> Sentence:
    """The receiving servers say "not now" more often than yes; the last of them is quoted."""
    words = sql(
        "SELECT text FROM (SELECT id, source_id, kind, text, at FROM events ORDER BY id DESC LIMIT ?) AS newest "
        "WHERE source_id = ? AND kind = ? AND at > ? ORDER BY id DESC LIMIT 1",
        (NEWEST, source.id, DEFERRED, now - WINDOW),
    ).fetchone()[0]
    share = round(100 * pace.put_off / (pace.put_off + pace.ended))
    return Sentence(
        "Receiving servers put off {share} of 100 attempts, which are made again later. The last one said: {words}",
        share=share,
        words=words,
    )

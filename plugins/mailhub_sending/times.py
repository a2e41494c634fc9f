"""Moments as people write them, in an account's zone, become milliseconds since 1970; and back."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mailhub import Invalid
from mailhub.errors import Sentence
from mailhub.moments import Moment

_CLOCK = r"(?:\s*(?:,|at|à)?\s*)(\d{1,2})(?::|h|\s*h\s*)(\d{2})?"
_DAY = re.compile(rf"(today|tomorrow|aujourd['’]hui|demain){_CLOCK}\Z", re.I)
_IN = re.compile(r"(?:in|dans)\s+(\d{1,4})\s*(minutes?|min|hours?|heures?|h|days?|jours?)\Z", re.I)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "j": "days"}


FAR = 10 * 366 * 86_400_000
"""Milliseconds to either side of now beyond which nobody means what they wrote."""


def parse(text: str, zone: str, now: int) -> int:
    """A future moment in ms since 1970.

    `text` is `2026-12-24 09:00` or `tomorrow 9:00` in `zone`, `in 2 hours`, or ISO 8601 with an offset; `now` is in
    ms. A time that comes twice when clocks go back is the first of the two. Raises `Invalid` (field `at`) for what
    cannot be read, is over or more than ten years away, or does not exist because clocks go forward.
    """
    try:
        moment = _read(text.strip(), ZoneInfo(zone), datetime.fromtimestamp(now / 1000, UTC))
        at = int(moment.timestamp() * 1000)
    except OverflowError:  # the first and the last days that a calendar has, in another zone
        raise _far(text) from None
    if abs(at - now) > FAR:
        raise _far(text)
    if at <= now:
        raise _invalid(
            "{time} is over already: choose a later time, or start the campaign now.", time=Moment(at, zone, named=True)
        )
    return at


def _read(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    if found := _IN.match(text):
        return now + timedelta(**{_UNITS[found[2][0].lower()]: int(found[1])})
    if found := _DAY.match(text):
        days = 1 if found[1].lower() in ("tomorrow", "demain") else 0
        day = now.astimezone(zone) + timedelta(days=days)
        return _local(text, f"{day:%Y-%m-%d} {int(found[2]):02}:{found[3] or '00'}", zone)
    return _local(text, text, zone)


def _local(asked: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _unreadable(asked) from None
    if moment.tzinfo is not None:
        return moment
    if len(text) <= len("2026-12-24"):
        raise _unreadable(asked)  # a day alone would mean midnight, which nobody means
    local = moment.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise _invalid(
            "There is no {time} in {zone}, because clocks go forward then: choose a time an hour later.",
            time=f"{moment:%Y-%m-%d %H:%M}",
            zone=zone.key,
        )
    return local


def _far(text: str) -> Invalid:
    return _invalid("{text} is more than ten years from now: choose a time that is nearer.", text=_shown(text))


def _unreadable(text: str) -> Invalid:
    return _invalid(
        "{text} is no time MailHub can read: write it as 2026-12-24 09:00, tomorrow 9:00 or in 2 hours.",
        text=_shown(text),
    )


def _shown(text: str) -> str:
    """What was written, fit to be said: of a sensible length, and without halves of signs, which no door can send."""
    return text.strip()[:60].encode("utf-8", "replace").decode()


def _invalid(template: str, **values: object) -> Invalid:
    return Invalid(fields={"at": Sentence(template, **values)})


def show(at: int, zone: str) -> str:
    """A moment as `2026-12-24 09:00` in a zone; `at` is in ms."""
    return f"{datetime.fromtimestamp(at / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"

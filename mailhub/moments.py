"""Moments inside sentences: a shell says them in English, a page in its own language and zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_FIRST = int(datetime(1, 1, 3, tzinfo=UTC).timestamp()) * 1000
_LAST = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp()) * 1000
"""A day of either end is left out, for the zones."""


class Moment(int):
    """Milliseconds since 1970 that read `22 November 2026, 04:58` in `zone` inside a `Sentence`.

    With `now` (in ms) the hour stands alone on the same day; `named` ones keep their zone, and say it, on pages too.
    """

    zone: str
    now: int | None
    named: bool

    def __new__(cls, ms: int, zone: str, *, now: int | None = None, named: bool = False) -> "Moment":
        moment = super().__new__(cls, ms)
        moment.zone, moment.now, moment.named = zone, now, named
        return moment

    def local(self, zone: str) -> datetime:
        """The moment on the clocks of a zone; what lies beyond all calendars (an end that was guessed) is their last day."""
        return datetime.fromtimestamp(min(max(int(self), _FIRST), _LAST) / 1000, ZoneInfo(zone))

    def is_today(self, zone: str) -> bool:
        """Whether the hour alone says it, because `now` is on the same day in that zone."""
        return self.now is not None and Moment(self.now, zone).local(zone).date() == self.local(zone).date()

    def __str__(self) -> str:
        when = self.local(self.zone)
        told = f"{when:%H:%M}" if self.is_today(self.zone) else f"{when.day} {_MONTHS[when.month - 1]} {when:%Y, %H:%M}"
        return f"{told} ({self.zone})" if self.named else told

    def __format__(self, spec: str) -> str:
        return format(int(self), spec) if spec else str(self)


# Not strftime's, which follow the locale of the process.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

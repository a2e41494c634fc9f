"""Numbers, shares, sizes and times as people read them, in the page's language and zone: filters of the templates."""

from datetime import timedelta

import babel.dates
import flask_babel
from flask import Flask
from flask_babel import get_locale, gettext
from markupsafe import Markup

from mailhub.db import from_ms
from mailhub.hub import Hub
from mailhub.moments import Moment
from mailhub.web.auth import current_hub

DAY = 86_400_000
DASH = "\u2013"


def register(app: Flask, hub: Hub) -> None:
    """Add the filters `number`, `percent`, `size`, `duration`, `time`, `moment` and `day`."""
    app.jinja_env.globals["zone"] = lambda: str(flask_babel.get_timezone())
    for filter_ in (number, percent, size, duration, time, moment, day):
        app.jinja_env.filters[filter_.__name__] = filter_


def number(value: float | None) -> str:
    """12431 → 12,431 (12 431 in French); None is a dash."""
    return DASH if value is None else str(flask_babel.format_decimal(value))


def percent(part: float | None, whole: float = 1) -> str:
    """`part|percent(whole)`: the share with one decimal at most; a dash when there is nothing to take it of."""
    if part is None or not whole:
        return DASH
    pattern = get_locale().percent_formats[None].pattern.replace("#,##0", "#,##0.#")
    return str(flask_babel.format_percent(part / whole, pattern))


def size(octets: float) -> str:
    """1536 → 1.5 KB."""
    units = [gettext("bytes"), gettext("KB"), gettext("MB"), gettext("GB")]
    while octets >= 1024 and len(units) > 1:
        octets /= 1024
        units.pop(0)
    return f"{flask_babel.format_decimal(round(octets, 1 if octets < 10 else 0))}\u00a0{units[0]}"


def duration(seconds: float) -> str:
    """150 → 3 minutes: one unit, rounded."""
    return str(flask_babel.format_timedelta(timedelta(seconds=max(1, round(seconds))), threshold=1.2))


def time(ms: int | None) -> Markup | str:
    """A moment as people say it ("3 minutes ago"), with the exact one on hover; older than a week: the day."""
    if ms is None:
        return DASH
    away = ms - current_hub().ms()
    near = abs(away) < 7 * DAY
    text = _away(away) if near else day(ms)
    exact = from_ms(ms).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, moment(ms), text)


def _away(ms: int) -> str:
    if abs(ms) < 1000:
        return str(gettext("now"))
    return str(flask_babel.format_timedelta(timedelta(milliseconds=ms), add_direction=True, threshold=1.2))


def moment(ms: int) -> str:
    """A moment to the second, with its zone."""
    when = from_ms(ms)
    return f"{flask_babel.format_datetime(when, 'd MMM yyyy, HH:mm:ss')} {flask_babel.format_datetime(when, 'z')}"


def day(ms: int) -> str:
    """The day of a moment."""
    return str(flask_babel.format_datetime(from_ms(ms), "d MMM yyyy"))


def when(moment: Moment) -> str:
    """A moment inside a sentence, to the minute, in the page's zone; one that names its zone stays in that."""
    zone = moment.zone if moment.named else str(flask_babel.get_timezone())
    told = _local(moment, zone, "HH:mm")
    if not moment.is_today(zone):
        told = gettext("%(day)s, %(time)s", day=_local(moment, zone, "d MMMM yyyy"), time=told)
    return f"{told} ({zone})" if moment.named else told


def _local(moment: Moment, zone: str, pattern: str) -> str:
    return str(babel.dates.format_datetime(moment.local(zone), pattern, locale=get_locale()))

"""The time zones a form offers."""

import zoneinfo
from functools import lru_cache

_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=1)
def zones() -> list[tuple[str, str]]:
    """(IANA name, words) of the zones people live in, by name; UTC first."""
    known = sorted(name for name in zoneinfo.available_timezones() if name.startswith(_AREAS) and "/" in name)
    return [("UTC", "UTC"), *((name, name.replace("_", " ").replace("/", " / ")) for name in known)]

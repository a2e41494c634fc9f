"""The zones on offer are zones, and the usual ones are there."""

from mailhub.people import known_zone
from mailhub.web.zones import zones


def test_zones() -> None:
    names = [name for name, _ in zones()]
    assert names[0] == "UTC"
    assert {"Europe/Paris", "America/New_York", "Pacific/Auckland"} < set(names)
    assert all(known_zone(name) for name in names)
    assert len(names) == len(set(names))
    assert ("America/Argentina/Buenos_Aires", "America / Argentina / Buenos Aires") in zones()

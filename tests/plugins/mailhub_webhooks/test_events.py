"""An endpoint can ask for every kind of event but those about endpoints."""

from mailhub.hub import Hub
from mailhub_webhooks.events import EVENTS, choices


def test_choices(sqlite_hub: Hub) -> None:
    names = {each.name for each in choices(sqlite_hub)}
    assert names == set(sqlite_hub.event_kinds) - {each.name for each in EVENTS}
    assert {"delivered", "bounced", "clicked", "source.finished"} <= names

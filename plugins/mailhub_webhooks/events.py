"""What this plugin tells, and what an endpoint can be told."""

from mailhub import EventKind, Hub

EVENTS = (
    EventKind("webhook.test", "An endpoint was tried", {"number": "the endpoint's"}),
    EventKind("webhook.disabled", "An endpoint was switched off", {"number": "the endpoint's", "reason": "why"}),
)


def choices(hub: Hub) -> list[EventKind]:
    """The kinds an endpoint can ask for: all but those about endpoints themselves."""
    own = {each.name for each in EVENTS}
    return [each for each in hub.event_kinds.values() if each.name not in own]

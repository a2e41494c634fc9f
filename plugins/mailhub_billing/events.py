"""What this plugin tells."""

from mailhub import EventKind
from mailhub_billing.low import LOW

EVENTS: list[EventKind] = [
    EventKind(
        LOW,
        "Credit reaches for fewer mails than the account's threshold",
        {
            "mails": "how many it reaches for",
            "threshold": "the account's threshold, in mails",
            "money": "what is left in money, in millionths",
            "currency": "of the money",
        },
    ),
]

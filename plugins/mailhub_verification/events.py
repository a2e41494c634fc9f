"""What this plugin tells."""

from mailhub import EventKind

VERIFIED = "verification.finished"

EVENTS = (
    EventKind(
        VERIFIED,
        "A list was verified",
        {
            "number": "the verification",
            "name": "the list",
            "addresses": "addresses verified",
            "count_deliverable": "deliverable ones, if any",
            "count_risky": "risky ones, if any",
            "count_undeliverable": "undeliverable ones, if any",
            "count_unknown": "ones of which DNS said nothing, if any",
        },
    ),
)

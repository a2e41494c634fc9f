"""What this plugin tells."""

from mailhub import EventKind

IMPORTED = "contacts.imported"

EVENTS = (
    EventKind(
        IMPORTED,
        "A file of contacts was imported",
        {
            "number": "the import",
            "name": "the file",
            "rows": "rows read",
            "new": "contacts added",
            "changed": "contacts changed",
            "unchanged": "contacts that said the same",
            "duplicate": "rows whose address came before in the file",
            "bad": "rows without a good address",
            "suppressed": "contacts that are suppressed",
            "empty_display": "contacts without a display",
            "no_language": "contacts without a language",
        },
    ),
)

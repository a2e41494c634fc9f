"""Reports of receivers: DMARC aggregates and failures, and TLS reports, in whatever wrapping they come → records.

Who they are for, and what to do about them, is left to the plugin that keeps them.
"""

from mailhub.reports.flat import flat
from mailhub.reports.reading import UNPACKED, read
from mailhub.reports.records import (
    Aggregate,
    DkimResult,
    Failure,
    Policy,
    Reason,
    Record,
    Report,
    SpfResult,
    Tls,
    TlsFailure,
    TooLarge,
    Unreadable,
)

__all__ = [
    "UNPACKED", "Aggregate", "DkimResult", "Failure", "Policy", "Reason", "Record", "Report", "SpfResult", "Tls",
    "TlsFailure", "TooLarge", "Unreadable", "flat", "read",
]  # fmt: skip

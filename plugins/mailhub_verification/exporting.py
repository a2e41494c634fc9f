"""A verification's findings as a csv file: with `;`, in UTF-8 with its mark, for spreadsheet programs."""

import csv
from collections.abc import Iterator, Sequence

from mailhub.db import from_ms
from mailhub_verification.models import Verification
from mailhub_verification.verifications import found

HEADER = ("address", "verdict", "score", "reasons", "suggestion", "last_activity")
_MARK = "\ufeff"
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
_PAGE = 1000


class _Line:
    """What `csv.writer` writes to: it gives the text back."""

    def write(self, text: str) -> str:
        return text


def lines(record: Verification, verdict: str = "") -> Iterator[str]:
    """The file's text, piece by piece; of one verdict, or of all. Columns and slugs are the same in every language."""
    writer = csv.writer(_Line(), delimiter=";")
    yield _MARK + writer.writerow(HEADER)
    after = 0
    while rows := found(record, verdict, after, _PAGE):
        after = rows[-1].key
        for row in rows:
            active = from_ms(row.active_at).date().isoformat() if row.active_at else ""
            cells = (row.address, row.verdict, str(row.score), row.reasons, row.suggestion, active)
            yield writer.writerow(_safe(cells))


def _safe(cells: Sequence[str]) -> list[str]:
    """No cell that a spreadsheet program takes for a formula (CWE-1236)."""
    return [f"'{cell}" if cell.startswith(_ACTIVE) else cell for cell in cells]

"""A report as a csv file."""

import csv
import io

from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub_verification import exporting
from mailhub_verification.models import Verification, Verified


def test_rows_of_one_verdict_or_all_and_no_formulas(sqlite_hub: Hub) -> None:
    account = make_owner(sqlite_hub)[0]
    record = Verification.create(account=account, audience="list:1", name="Spring", created_at=1)
    for key, address, verdict in ((1, "=cmd@x.example", "risky"), (2, "b@x.example", "deliverable")):
        Verified.create(
            verification=record, key=key, address=address, verdict=verdict, score=60, reasons="role free",
            active_at=86_400_000 if key == 2 else None,
        )  # fmt: skip
    text = "".join(exporting.lines(record))
    assert text.startswith("\ufeffaddress;verdict;score;")
    assert list(csv.reader(io.StringIO(text), delimiter=";"))[1:] == [
        ["'=cmd@x.example", "risky", "60", "role free", "", ""],
        ["b@x.example", "deliverable", "60", "role free", "", "1970-01-02"],
    ]
    assert len("".join(exporting.lines(record, "deliverable")).splitlines()) == 2

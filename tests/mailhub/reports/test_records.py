"""A record passes when one of both does."""

import pytest

from mailhub.reports.records import Aggregate, Policy, Report, TooLarge, Unreadable


@pytest.mark.parametrize(
    ("dkim", "spf", "passes"),
    [("pass", "fail", True), ("fail", "pass", True), ("fail", "fail", False), ("", "", False)],
)
def test_one_of_both_is_enough(dkim: str, spf: str, passes: bool) -> None:
    record = Aggregate(Report(), Policy(), "", 1, "none", dkim, spf, (), "", "", "", (), ())
    assert record.passes is passes


def test_who_catches_the_unreadable_catches_the_too_large() -> None:
    with pytest.raises(Unreadable, match="3 MiB"):
        raise TooLarge("It has {size} MiB.", size=3)

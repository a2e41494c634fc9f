"""Campaigns as a phone shows them, and the version that a reschedule compares."""

from mobile_api.describing import summary, version

CAMPAIGN = {
    "number": 12, "name": "Spring", "state": "scheduled", "from": "ada@example.com", "audience": ["list:1"], "exclude": [],
    "scheduled_at": 1_800_000_000_000, "started_at": None, "finished_at": None, "rate": None,
}  # fmt: skip


def test_moments_have_a_zone_and_what_is_missing_stays_so() -> None:
    shown = summary(CAMPAIGN)
    assert shown["scheduled_at"].isoformat() == "2027-01-15T08:00:00+00:00"
    assert shown["started_at"] is None
    assert "audience" not in shown


def test_the_version_changes_with_what_somebody_changed_alone() -> None:
    assert version(CAMPAIGN) == version({**CAMPAIGN, "texts": "another"})
    for name, value in (("state", "draft"), ("scheduled_at", 1), ("name", "Summer"), ("audience", []), ("rate", 60)):
        assert version({**CAMPAIGN, name: value}) != version(CAMPAIGN), name

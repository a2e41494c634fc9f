"""A campaign as plain values."""

from mailhub import Hub
from mailhub_sending.listing import page, summary, whole


def test_whole_says_what_can_be_done_and_what_it_says(hub: Hub, make) -> None:
    shown = whole(make("scheduled", subject_fr="Bonjour", body_fr="Salut", rate=60))
    assert shown["can"] == ["unvalidate", "reschedule", "start", "cancel"]
    assert list(shown["texts"]) == ["en", "fr"]
    assert (shown["rate"], shown["editor"], shown["time_zone"]) == (60, "markdown", "UTC")
    assert shown["scheduled"] is not None


def test_a_page_is_newest_first_and_one_accounts(hub: Hub, team, make) -> None:
    first, second = make(), make("cancelled")
    assert [each.number for each in page(team.account.id)] == [second.number, first.number]
    assert [each.number for each in page(team.account.id, "cancelled")] == [second.number]
    assert page(team.account.id + 1) == []
    assert summary(first)["audience"] == ["people:3"]

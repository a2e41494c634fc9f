"""Events become alerts once, whatever happens in between; bounce rates are read from counters, never message by message."""

import logging

import pytest

from mailhub.alarm import Alarm
from mailhub.db import sql, transaction
from mailhub.events import NewEvent, write
from mailhub.messages import Cursor
from mailhub_alerts import following
from mailhub_alerts.following import follow, forget_old, watch_bounces
from mailhub_alerts.models import ToldAlert, WatchedSource


def _told() -> list[tuple[str, str]]:
    return [(each.channel, each.text) for each in ToldAlert.select().order_by(ToldAlert.id)]


def test_by_default_a_pause_and_a_hold_are_told_by_mail_and_a_start_is_not(hub, team, happen, source) -> None:
    happen("campaign.started", source, planned=12431)
    happen("campaign.paused", source, reason="")
    happen("source.held", source, reason="no credit", until=5)
    happen("campaign.finished", source)
    follow(hub)
    assert _told() == [
        ("mail", "Campaign 12 (Spring) was paused by Bob."),
        ("mail", "Campaign 12 (Spring) is held: no credit"),
    ]
    mails = list(Alarm.select().order_by(Alarm.id))
    assert [each.recipient for each in mails] == [team.user.email] * 2
    assert mails[0].subject == "Campaign 12 (Spring) was paused by Bob."
    assert "/campaigns/12" in mails[0].body
    assert "/settings/alerts" in mails[0].body


def test_who_paused_it_is_not_told_and_mailhubs_own_pause_is(hub, team, happen, source) -> None:
    happen("campaign.paused", source, who=f"{team.user.name} (Shop)", user=team.user.id, reason="")
    happen("campaign.paused", source, who="system", reason="the disk is full")
    follow(hub)
    assert _told() == [("mail", "Campaign 12 (Spring) was paused by MailHub: the disk is full")]


def test_each_is_told_once_and_nothing_is_lost_when_it_fails_in_between(hub, happen, source, monkeypatch) -> None:
    happen("campaign.paused", source, reason="")
    told = following.tell

    def fails(*given: object, **more: object) -> None:
        told(*given, **more)
        raise RuntimeError("the power went")

    monkeypatch.setattr(following, "tell", fails)
    with pytest.raises(RuntimeError):
        follow(hub)
    assert not _told()
    monkeypatch.setattr(following, "tell", told)
    follow(hub)
    follow(hub)
    with transaction():
        Cursor.update(position=0).where(Cursor.name == "alerts").execute()  # as if another scheduler had begun anew
    follow(hub)
    assert len(_told()) == 1
    assert Alarm.select().count() == 1


def test_a_source_that_is_held_again_and_again_is_told_once_a_day(hub, happen, source) -> None:
    for credit in (10, 9, 8):
        happen("source.held", source, reason=f"{credit} mails of credit are too few", until=5)
        follow(hub)
    assert len(_told()) == 1
    happen("source.held", source, reason="the window is closed", until=5)
    hub.clock.move(25 * 3600)
    happen("source.held", source, reason="7 mails of credit are too few", until=5)
    follow(hub)
    assert len(_told()) == 2, "the hold of yesterday is no news any more, today's is"


def test_a_hold_of_what_is_no_campaign_tells_nobody(hub, team, happen) -> None:
    from mailhub import outbox

    with transaction():
        login = outbox.open_source(hub, team.account.id, "smtp", "Shop", stream="transactional")
    happen("source.held", login, reason="no credit", until=5)
    follow(hub)
    assert not _told()


def test_low_credit_is_told_to_who_may_see_the_account(hub, team, happen, colleague) -> None:
    colleague("analyst", "Ann")
    happen("credit.low", mails=1200)
    happen("credit.low")
    follow(hub)
    assert _told() == [
        ("mail", "Credit is low: it reaches for 1,200 mails."),
        ("mail", "Credit is low: top it up, or campaigns will wait."),
    ]


def test_a_broken_domain_and_a_provider_that_refuses_are_told(hub, team, happen) -> None:
    happen("domain.broken", domain="news.example.com", checks=["spf"], said=[])
    for _ in range(3):
        happen("lane.blocked", destination="gmail", route="direct", provider="gmail", until=5, words="no")
    follow(hub)
    assert _told() == [
        (
            "mail",
            "The DNS records of news.example.com are broken: receivers may refuse its mail. Its page says what to mend.",
        ),
        ("mail", "gmail refuses mail from here for now; it waits and is tried again."),
    ]


def test_old_news_and_other_events_are_no_alerts(hub, happen, source) -> None:
    happen("campaign.paused", source, reason="")
    happen("campaign.validated")
    hub.clock.move(25 * 3600)
    follow(hub)
    assert not _told()


def test_messages_are_passed_over_without_being_read(hub, team, happen, source, caplog) -> None:
    events = [NewEvent("delivered", team.account.id, hub.ms(), source.id, number, 1) for number in range(1, 2000)]
    with transaction():
        write(events)
    happen("campaign.paused", source, reason="")
    with caplog.at_level(logging.DEBUG, "peewee"):
        follow(hub)
    assert len(_told()) == 1
    asked = [record.msg for record in caplog.records if "FROM" in str(record.msg) and "message_id" in str(record.msg)]
    assert len(asked) == 1, "one page of events, since none of it is about a message"


def _count(source, **counts: int) -> None:
    for kind, count in counts.items():
        sql(
            "INSERT INTO counters (source_id, hour, kind, count) VALUES (?, 1, ?, ?) ON CONFLICT (source_id, hour, kind) "
            "DO UPDATE SET count = excluded.count",
            (source.id, kind, count),
        )


def test_bounces_are_told_when_they_pass_the_threshold_of_enough_messages(hub, team, happen, source) -> None:
    happen("campaign.started", source, planned=1000)
    follow(hub)
    _count(source, delivered=50, bounced=49)
    watch_bounces(hub)
    assert not _told(), "99 messages say nothing"
    _count(source, delivered=960, bounced=40)
    watch_bounces(hub)
    assert not _told(), "4 % are fewer than 5 %"
    _count(source, delivered=940, bounced=60)
    watch_bounces(hub)
    _count(source, delivered=900, bounced=100)
    watch_bounces(hub)
    assert _told() == [("mail", "Campaign 12 (Spring) bounces: 6% of 1,000 messages.")]


def test_each_has_a_threshold_of_their_own(hub, team, happen, source, colleague) -> None:
    bob = colleague("marketer")
    hub.call(team.owner, "alerts.change", user=bob.email, rule="campaign.bounces", channels="mail", threshold=20)
    happen("campaign.started", source, planned=1000)
    follow(hub)
    _count(source, delivered=940, bounced=60)
    watch_bounces(hub)
    assert [each.user_id for each in ToldAlert.select()] == [team.user.id]
    _count(source, delivered=700, bounced=300)
    watch_bounces(hub)
    assert sorted(each.user_id for each in ToldAlert.select()) == sorted([team.user.id, bob.id])


def test_a_campaign_is_watched_for_three_days_after_its_end_since_bounces_come_late(hub, happen, source) -> None:
    happen("campaign.started", source, planned=200)
    happen("campaign.finished", source)
    follow(hub)
    assert WatchedSource.get().ended_at == hub.ms()
    hub.clock.move(3 * 24 * 3600 + 60)
    _count(source, delivered=100, bounced=100)
    watch_bounces(hub)
    assert not _told()
    hub.clock.move(-3600)
    watch_bounces(hub)
    assert len(_told()) == 1


def test_what_was_told_is_forgotten_with_the_ledger(hub, happen, source) -> None:
    happen("campaign.started", source, planned=2)
    happen("campaign.paused", source, reason="")
    happen("campaign.finished", source)
    follow(hub)
    forget_old(hub)
    assert (len(_told()), WatchedSource.select().count()) == (1, 1)
    hub.clock.move(401 * 24 * 3600)
    forget_old(hub)
    assert (len(_told()), WatchedSource.select().count()) == (0, 0)

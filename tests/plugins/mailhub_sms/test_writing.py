"""SMS as rows: once, short, kept without a provider; and alerts by this channel."""

from mailhub.accounts import User
from mailhub.alarm import Alarm
from mailhub.db import transaction
from mailhub.vocabulary import Notice
from mailhub_alerts.following import follow
from mailhub_sms import writing
from mailhub_sms.models import Sms
from tests.plugins.mailhub_sms.conftest import PHONE


def test_without_a_provider_it_is_kept(write) -> None:
    sms = write("L’été")
    assert (sms.state, sms.text, sms.encoding, sms.segments) == ("kept", "L'été", "GSM-7", 1)


def test_the_same_key_is_written_once(hub, team, twilio, write) -> None:
    write("one", key="k"), write("two", key="k"), write("three", key="l")
    assert [each.text for each in Sms.select().order_by(Sms.id)] == ["one", "three"]


def test_a_long_one_is_cut(write) -> None:
    sms = write("a" * 2000)
    assert len(sms.text) == 480
    assert sms.text.endswith("...")
    assert sms.segments == 4


def test_notices_go_to_who_has_a_phone(hub, team, phone) -> None:
    notice = Notice("campaign.started 5", team.account.id, team.user.id, "Started", "Started. Answer PAUSE 1.")
    with transaction():
        writing.deliver(hub, [notice, notice])
        User.update(phone=None).execute()
        writing.deliver(hub, [notice._replace(key="another")])
    assert [(each.number, each.text) for each in Sms.select()] == [(PHONE, "Started. Answer PAUSE 1.")]


def test_an_alert_comes_by_sms_and_says_how_to_answer_it(hub, team, phone, sending) -> None:
    hub.call(team.owner, "alerts.change", rule="campaign.started", channels="sms")
    number = sending(team.owner)
    follow(hub)
    follow(hub)
    assert [each.text for each in Sms.select()] == [
        f"Campaign {number} (Spring) started: 3 recipients. Answer PAUSE {number} to pause it."
    ]
    assert Alarm.select().count() == 0

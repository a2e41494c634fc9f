"""Twilio's calls: only with its signature, and whatever comes twice is done once."""

import time

import pytest

from mailhub.accounts import User
from mailhub_sending.models import Campaign
from mailhub_sms import writing
from mailhub_sms.models import Sms, SmsReceived
from mailhub_sms.sending import send_due
from tests.flows.twilio_server import incoming, receipt, sign
from tests.plugins.mailhub_sms.conftest import PHONE, URL


def _answers() -> list[str]:
    key = Sms.key.startswith("answer ") | Sms.key.startswith("question ")
    return [each.text for each in Sms.select().where(key).order_by(Sms.id)]


def test_a_signed_pause_is_done_at_once_and_answered(hub, team, phone, twilio, sending, call) -> None:
    number = sending(team.owner)
    began = time.monotonic()
    assert call("incoming", incoming(PHONE, f"PAUSE {number}")) == 200
    assert Campaign.get().state == "paused"
    assert time.monotonic() - began < 2
    assert _answers() == ["Campaign 1 (Spring) is paused. Answer RESUME 1 to go on."]
    send_due(hub)
    assert twilio.messages[0]["to"] == PHONE


def test_the_same_call_again_is_done_once(hub, team, phone, twilio, sending, call) -> None:
    sending(team.owner)
    form = incoming(PHONE, "PAUSE 1")
    assert call("incoming", form) == 200
    hub.call(team.owner, "campaigns.resume", which="1")
    assert call("incoming", form) == 200, "replayed"
    assert Campaign.get().state == "sending"
    assert len(_answers()) == 1
    assert SmsReceived.select().count() == 1


def test_an_answer_in_the_users_language(hub, team, phone, twilio, sending, call) -> None:
    User.update(language="fr").execute()
    sending(team.owner)
    call("incoming", incoming(PHONE, "PAUSE 1"))
    assert _answers() == ["La campagne 1 (Spring) est interrompue. Répondez REPRENDRE 1 pour continuer."]
    call("incoming", incoming(PHONE, "PAUSE 77"))
    assert "77" in _answers()[1]
    assert "There is no" not in _answers()[1]


def test_forged_calls_are_refused_and_change_nothing(hub, team, phone, twilio, sending, call, write) -> None:
    sending(team.owner)
    sms = write()
    send_due(hub)
    form = incoming(PHONE, "PAUSE 1")
    good = sign(f"{URL}/sms/twilio/incoming", form)
    tried = [
        call("incoming", form, signature=""),
        call("incoming", form, token="another token"),
        call("incoming", {**form, "Body": "PAUSE 2"}, signature=good),
        call("incoming", {**form, "From": "+33600000000"}, signature=good),
        call("incoming", form, signature=sign("https://elsewhere.example/sms/twilio/incoming", form)),
        call("incoming", {**form, "AccountSid": "AC" + "ff" * 16}),
        call(f"status/{sms.id}", receipt(Sms.get().sid, "delivered"), token="another token"),
    ]
    assert tried == [403] * 7
    assert Campaign.get().state == "sending"
    assert Sms.get_by_id(sms.id).state == "sent"
    assert SmsReceived.select().count() == 0


def test_without_a_provider_nobody_is_heard(hub, team, phone, twilio, sending, call) -> None:
    sending(team.owner)
    hub.call(team.owner, "sms.disconnect")
    assert call("incoming", incoming(PHONE, "PAUSE 1")) == 403
    assert Campaign.get().state == "sending"


def test_receipts_come_late_twice_and_in_any_order(hub, twilio, write, call) -> None:
    sms = write()
    send_due(hub)
    sid = Sms.get_by_id(sms.id).sid
    for status, state in (("sent", "sent"), ("delivered", "delivered"), ("delivered", "delivered"), ("sent", "delivered"),
                          ("failed", "delivered"), ("nonsense", "delivered")):  # fmt: skip
        assert call(f"status/{sms.id}", receipt(sid, status)) == 204
        assert Sms.get_by_id(sms.id).state == state


def test_a_receipt_of_another_sms_is_none(hub, twilio, write, call) -> None:
    first, second = write("one"), write("two")
    send_due(hub)
    other = Sms.get_by_id(second.id).sid
    assert call(f"status/{first.id}", receipt(other, "delivered")) == 204
    assert Sms.get_by_id(first.id).state == "sent"
    assert call("status/999999", receipt(other, "delivered")) == 204


def test_what_failed_says_why(hub, twilio, write, call) -> None:
    sms = write()
    send_due(hub)
    call(f"status/{sms.id}", receipt(Sms.get().sid, "undelivered", "30003"))
    assert (Sms.get().state, Sms.get().error[:6]) == ("failed", "30003:")


def test_after_stop_no_alert_goes(hub, phone, twilio, call, write) -> None:
    call("incoming", incoming(PHONE, "STOP"))
    assert write("Campaign 1 started").state == "stopped"
    assert not writing.reaches(hub, User.get().id)
    assert send_due(hub) == 0
    assert not twilio.messages
    assert not _answers(), "Twilio answers STOP itself"
    call("incoming", incoming(PHONE, "START"))
    write("Campaign 2 started")
    assert send_due(hub) == 1


@pytest.mark.parametrize("body", ["\0PAUSE 1", "PAUSE 1" + " " * 5000, "<script>", "%s{x}"])
def test_odd_texts_do_no_harm(team, phone, twilio, sending, call, body) -> None:
    sending(team.owner)
    assert call("incoming", incoming(PHONE, body)) == 200
    assert len(_answers()) == 1

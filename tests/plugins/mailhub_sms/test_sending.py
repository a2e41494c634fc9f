"""Given to Twilio once: whatever fails in between, nothing is lost and nothing comes twice."""

import threading

import pytest
from flask import Flask

from mailhub.errors import UserError
from mailhub_sms import carrying, provider, receipts, sending
from mailhub_sms.models import Sms
from mailhub_sms.sending import REFUSED, send_due
from tests.flows.twilio_server import NUMBER, TwilioServer


def _later(*_: object) -> None:
    """Everything that waits is due now."""
    Sms.update(due_at=0).where(Sms.state == "waiting").execute()


def test_it_reaches_twilio_with_its_sender_and_where_to_tell_the_rest(hub, twilio, write) -> None:
    sms = write("Campaign 12 (été) started.")
    assert send_due(hub) == 1
    (taken,) = twilio.messages
    assert (taken["to"], taken["from"], taken["body"]) == (sms.number, NUMBER, "Campaign 12 (été) started.")
    assert taken["status_callback"] == f"https://mail.example.com/sms/twilio/status/{sms.id}"
    sent = Sms.get_by_id(sms.id)
    assert (sent.state, sent.sid, sent.attempts) == ("sent", taken["sid"], 1)
    assert send_due(hub) == 0
    assert len(twilio.messages) == 1


def test_a_messaging_service_sends_too(hub, team, twilio, write) -> None:
    service = "MG" + "ab" * 16
    hub.call(
        team.owner, "sms.configure", account_sid=provider.current(hub).account_sid, sender=service, api_url=twilio.url
    )
    write()
    send_due(hub)
    assert (twilio.messages[0]["messaging_service_sid"], twilio.messages[0]["from"]) == (service, None)


@pytest.mark.parametrize("ill", ["down", "busy"])
def test_twilio_that_is_ill_gets_it_later_and_once(hub, twilio, write, ill) -> None:
    twilio.ill = ill
    sms = write()
    assert send_due(hub) == 0
    waiting = Sms.get_by_id(sms.id)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.due_at > hub.ms()
    assert send_due(hub) == 0, "it is not due yet"
    twilio.ill = ""
    _later()
    assert send_due(hub) == 1
    assert len(twilio.messages) == 1
    assert Sms.get().error == ""


@pytest.mark.parametrize("ill", ["lost", "hung"])
def test_what_twilio_took_without_saying_so_is_not_given_again(hub, twilio, write, ill, monkeypatch) -> None:
    monkeypatch.setattr(carrying, "TIMEOUT", 0.3)
    twilio.ill = ill
    sms = write("Only once")
    assert send_due(hub) == 0
    assert Sms.get_by_id(sms.id).doubtful
    twilio.ill = ""
    _later()
    assert send_due(hub) == 1
    assert [each["body"] for each in twilio.messages] == ["Only once"]
    assert Sms.get_by_id(sms.id).sid == twilio.messages[0]["sid"]
    write("Only once")  # another one with the same words is another one
    send_due(hub)
    assert len(twilio.messages) == 2


def test_a_crash_in_the_middle_neither_loses_nor_doubles(hub, twilio, write) -> None:
    for reached in (True, False):
        sms = write(f"reached: {reached}")
        Sms.update(state="sending", attempts=1, changed_at=hub.ms() - 61_000).where(Sms.id == sms.id).execute()
        if reached:
            twilio._take({"To": sms.number, "Body": sms.text})
    assert send_due(hub) == 2
    assert sorted(each["body"] for each in twilio.messages) == ["reached: False", "reached: True"]


def test_a_host_that_is_not_there_is_tried_until_it_expires(hub, team, twilio, write) -> None:
    with TwilioServer() as gone:
        address = gone.url
    given = {"account_sid": provider.current(hub).account_sid, "sender": NUMBER, "api_url": address}
    hub.call(team.owner, "sms.configure", **given)
    sms = write()
    send_due(hub)
    assert "could not be reached" in Sms.get_by_id(sms.id).error
    Sms.update(expires_at=hub.ms() - 1).execute()
    _later()
    send_due(hub)
    assert Sms.get_by_id(sms.id).state == "expired"


def test_wrong_credentials_are_said_and_what_waits_leaves_when_they_are_right(hub, team, twilio, write) -> None:
    right = provider.current(hub)
    given = {"account_sid": right.account_sid, "sender": NUMBER, "api_url": twilio.url}
    hub.call(team.owner, "sms.configure", auth_token="wrong", **given)
    with pytest.raises(UserError, match="refuses the account SID and auth token"):
        hub.call(team.owner, "sms.check")
    write()
    assert send_due(hub) == 0
    assert provider.current(hub).problem == REFUSED
    hub.call(team.owner, "sms.configure", auth_token=right.token, **given)
    assert hub.call(team.owner, "sms.check")["name"] == "Acme at Twilio"
    assert send_due(hub) == 1
    assert provider.current(hub).problem == ""


def test_a_number_twilio_does_not_take_fails_with_its_words(hub, twilio, write) -> None:
    twilio.ill = "21211"
    sms = write()
    send_due(hub)
    failed = Sms.get_by_id(sms.id)
    assert failed.state == "failed"
    assert failed.error.startswith("21211: ")
    assert "error 21211" in failed.error


def test_twilio_knows_of_a_stop_before_we_do(hub, twilio, write) -> None:
    twilio.ill = "21610"
    first = write()
    send_due(hub)
    assert Sms.get_by_id(first.id).state == "stopped"
    assert write("Another").state == "stopped"


def test_a_stop_between_writing_and_sending_counts(hub, twilio, write) -> None:
    sms = write()
    receipts.stop(hub, sms.number)
    assert send_due(hub) == 0
    assert Sms.get_by_id(sms.id).state == "stopped"
    assert not twilio.messages


def test_without_a_provider_what_waited_is_kept(hub, team, twilio, write) -> None:
    sms = write()
    hub.call(team.owner, "sms.disconnect")
    send_due(hub)
    assert Sms.get_by_id(sms.id).state == "kept"


def test_twilios_own_address_is_not_told_of_localhost(hub, twilio, write) -> None:
    from mailhub.testing import make_config

    chosen = provider.current(hub)
    assert sending.callback_url(hub, chosen._replace(api_url=""), 3) == "https://mail.example.com/sms/twilio/status/3"
    hub.config = make_config(
        hub.config.data, server={"data": str(hub.config.data), "public_url": "http://localhost:8000"}
    )
    assert sending.callback_url(hub, chosen._replace(api_url=""), 3) is None
    assert sending.callback_url(hub, chosen, 3) == "http://localhost:8000/sms/twilio/status/3"


def test_the_service_sends_within_a_second_and_ends_when_asked(hub, app: Flask, twilio, write) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=hub.services["sms"].run, args=(hub, stop))
    thread.start()
    try:
        write()
        twilio.wait_for(1, 5)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()

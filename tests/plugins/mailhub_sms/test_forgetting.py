"""What goes with time, and what stays."""

from mailhub.testing import Clock
from mailhub_sms.forgetting import forget_old
from mailhub_sms.models import PhoneCode, Sms, SmsReceived
from tests.flows.twilio_server import incoming
from tests.plugins.mailhub_sms.conftest import PHONE


def test_texts_and_codes_go_after_a_month_and_the_log_with_the_ledger(hub, team, twilio, call, write) -> None:
    hub.clock = Clock()
    form = incoming(PHONE, "hello")
    call("incoming", form)
    hub.call(team.owner, "phones.request", phone=PHONE)
    hub.call(team.owner, "sms.disconnect")
    hub.call(team.owner, "phones.request", phone=PHONE)
    write("kept")
    waiting = write("waiting")
    Sms.update(state="waiting").where(Sms.id == waiting.id).execute()
    forget_old(hub)
    assert SmsReceived.get().text == "hello"
    hub.clock.move(31 * 24 * 3600)
    forget_old(hub)
    assert (SmsReceived.get().text, SmsReceived.get().sid) == ("", form["MessageSid"])
    assert [each.kept for each in PhoneCode.select()] == [True]
    assert Sms.select().count() == 4
    hub.clock.move(400 * 24 * 3600)
    forget_old(hub)
    assert [each.text for each in Sms.select()] == ["waiting"]

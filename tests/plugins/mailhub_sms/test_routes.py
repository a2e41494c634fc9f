"""The pages of SMS."""

import re

from mailhub.accounts import User
from mailhub.db import transaction
from mailhub.people import add_user
from mailhub.testing import make_owner
from mailhub_sms import provider, receipts
from mailhub_sms.models import Sms
from tests.flows.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer
from tests.plugins.mailhub_sms.conftest import PHONE


def test_a_phone_is_confirmed_on_its_page(hub, team, browse) -> None:
    browser = browse(team.user)
    assert "Number of your mobile phone" in browser.get("/settings/phone").text
    assert "no phone number" in browser.post("/settings/phone", data={"phone": "12"}).text
    assert browser.post("/settings/phone", data={"phone": PHONE}).status_code == 303
    assert "is on the Sandbox page" in browser.get("/settings/phone").text
    sandbox = browser.get("/sandbox").text
    code = re.search(r"(\d{6}) is your MailHub code", sandbox)[1]
    wrong = browser.post("/settings/phone/confirm", data={"code": "1"})
    assert (wrong.status_code, "4 tries are left" in wrong.text) == (422, True)
    assert browser.post("/settings/phone/confirm", data={"code": code}).status_code == 303
    assert User.get_by_id(team.user.id).phone == PHONE
    assert "+33 6 12 34 56 78" in browser.get("/settings/phone").text
    assert browser.post("/settings/phone/confirm", data={"code": code}).status_code == 409
    receipts.stop(hub, PHONE)
    assert "answered STOP" in browser.get("/settings/phone").text
    assert browser.post("/settings/phone", data={"phone": PHONE}).status_code == 409
    browser.post("/settings/phone/remove")
    assert User.get_by_id(team.user.id).phone is None


def test_what_was_sent_is_shown_with_its_length_to_its_account(hub, team, browse, write) -> None:
    browser = browse(team.user)
    assert "No SMS yet" in browser.get("/messages/sms").text
    write("Campaign <b>12</b> started")
    page = browser.get("/messages/sms").text
    assert "Campaign &lt;b&gt;12&lt;/b&gt; started" in page
    assert "1 segment" in page
    assert "GSM-7" in page
    _, stranger, _ = make_owner(hub, "Other")
    assert "started" not in browse(stranger).get("/messages/sms").text
    assert "started" not in browse(stranger).get("/sandbox").text


def test_the_provider_is_set_checked_tried_and_removed_on_its_page(hub, team, browse) -> None:
    browser = browse(team.user)
    page = browser.get("/server/sms").text
    assert "https://mail.example.com/sms/twilio/incoming" in page
    assert browser.post("/server/sms", data={"account_sid": "x", "sender": NUMBER}).status_code == 422
    with TwilioServer() as twilio:
        form = {"account_sid": ACCOUNT, "sender": NUMBER, "api_url": twilio.url}
        wrong = browser.post("/server/sms", data={**form, "auth_token": "wrong"}, follow_redirects=True)
        assert "refuses the account SID" in wrong.text
        right = browser.post("/server/sms", data={**form, "auth_token": TOKEN}, follow_redirects=True)
        assert "Acme at Twilio" in right.text
        assert TOKEN not in right.text
        assert browser.post("/server/sms/test", data={"phone": "1", "text": "x"}).status_code == 422
        assert browser.post("/server/sms/test", data={"phone": PHONE, "text": "Hello"}).status_code == 303
        assert Sms.get().state == "waiting"
        receipts.stop(hub, PHONE)
        assert browser.post("/server/sms/test", data={"phone": PHONE, "text": "Hello"}).status_code == 409
    browser.post("/server/sms/disconnect")
    assert not provider.is_set()


def test_who_may_not_sees_nothing_of_it(hub, team, browse) -> None:
    _, tenant, _ = make_owner(hub, "Tenant")
    stranger = browse(tenant)
    assert stranger.get("/server/sms").status_code == 403
    assert "/server/sms" not in stranger.get("/settings/phone").text
    with transaction():
        analyst = add_user(hub, team.account, "Ann", "ann@example.com", "a long password", "analyst")
    ann = browse(analyst)
    assert ann.get("/settings/phone").status_code == 200
    assert ann.get("/server/sms").status_code == 403
    assert ann.get("/messages/sms").status_code == 403

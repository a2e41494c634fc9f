"""Twilio's library asks where it is told to."""

from mailhub_sms.carrying import connect
from mailhub_sms.provider import Provider
from tests.flows.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer


def test_the_address_of_the_api_replaces_twilios_own() -> None:
    with TwilioServer() as twilio:
        client = connect(Provider(ACCOUNT, TOKEN, NUMBER, twilio.url, ""))
        sid = client.messages.create(to="+33612345678", from_=NUMBER, body="Hello").sid
        assert [each.sid for each in client.messages.list(to="+33612345678", limit=5)] == [sid]
        assert client.messages.list(to="+33600000000", limit=5) == []
        assert client.api.accounts(ACCOUNT).fetch().friendly_name == "Acme at Twilio"
    assert twilio.asked[0] == f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json"

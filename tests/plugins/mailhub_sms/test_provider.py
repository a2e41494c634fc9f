"""The provider: the operator's alone, its token sealed, its fields explained."""

import threading
import time

import pytest

from mailhub.accounts import User
from mailhub.activity import Activity
from mailhub.errors import Conflict, Forbidden, Invalid
from mailhub.testing import make_owner
from mailhub_sms import provider
from mailhub_sms.models import Sms, SmsProvider
from tests.flows.twilio_server import ACCOUNT, NUMBER, TOKEN
from tests.plugins.mailhub_sms.conftest import PHONE

GIVEN = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": NUMBER}


def test_the_token_is_sealed_and_nowhere_else(hub, team) -> None:
    hub.call(team.owner, "sms.configure", **GIVEN)
    assert TOKEN.encode() not in bytes(SmsProvider.get().token)
    assert provider.current(hub).token == TOKEN
    assert TOKEN not in " ".join(str(row.__data__) for row in Activity.select())
    hub.call(team.owner, "sms.configure", **{**GIVEN, "auth_token": "", "sender": "MailHub"})
    assert (provider.current(hub).token, provider.current(hub).sender) == (TOKEN, "MailHub")
    assert SmsProvider.select().count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("account_sid", "AC123", "no account SID"),
        ("auth_token", "", "auth token is missing"),
        ("sender", "0612345678", "no sender"),
        ("sender", "MG12", None),
        ("sender", "A name that is too long", "no sender"),
        ("api_url", "twilio", "no address"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(hub, team, field, value, sentence) -> None:
    given = {**GIVEN, field: value}
    if sentence is None:  # a name of four signs
        hub.call(team.owner, "sms.configure", **given)
        return
    with pytest.raises(Invalid, match=sentence) as caught:
        hub.call(team.owner, "sms.configure", **given)
    assert list(caught.value.fields) == [field]
    assert not provider.is_set()


def test_only_the_operators_account_sets_it(hub, team) -> None:
    _, _, tenant = make_owner(hub, "Tenant")
    for action, given in (
        ("sms.configure", GIVEN), ("sms.disconnect", {}), ("sms.check", {}), ("sms.test", {"phone": PHONE, "text": "x"}),
    ):  # fmt: skip
        with pytest.raises(Forbidden, match="operator"):
            hub.call(tenant, action, **given)
    assert not provider.is_set()


def test_without_one_a_check_says_so(hub, team) -> None:
    with pytest.raises(Conflict, match="no provider is set"):
        hub.call(team.owner, "sms.check")


def test_phones_that_a_kept_code_confirmed_proved_nothing(hub, team) -> None:
    import re

    hub.call(team.owner, "phones.request", phone=PHONE)
    assert Sms.get().state == "kept"
    hub.call(team.owner, "phones.confirm", code=re.search(r"\d{6}", Sms.get().text)[0])
    assert User.get_by_id(team.user.id).phone == PHONE
    hub.call(team.owner, "sms.configure", **GIVEN)
    assert User.get_by_id(team.user.id).phone is None


def test_a_phone_that_was_really_proved_stays(hub, team, phone) -> None:
    hub.call(team.owner, "sms.configure", **GIVEN)
    hub.call(team.owner, "sms.disconnect")
    hub.call(team.owner, "sms.configure", **GIVEN)
    assert User.get_by_id(team.user.id).phone == PHONE


def test_the_sender_waits_for_a_provider_and_ends_when_asked(hub, team) -> None:
    stop = threading.Event()
    began = time.monotonic()
    threading.Timer(0.2, stop.set).start()
    assert not provider.wait_for_one(stop)
    assert time.monotonic() - began < 5
    hub.call(team.owner, "sms.configure", **GIVEN)
    assert provider.wait_for_one(threading.Event())

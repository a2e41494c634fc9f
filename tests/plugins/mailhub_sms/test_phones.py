"""A phone is proved by a code: few, short-lived, and tried five times at most."""

import re

import pytest

from mailhub.accounts import User
from mailhub.activity import Activity
from mailhub.errors import Conflict, Forbidden, Invalid
from mailhub.permissions import console_actor, user_actor
from mailhub.testing import Clock, make_owner
from mailhub_sms import phones
from mailhub_sms.models import PhoneCode, Sms
from tests.plugins.mailhub_sms.conftest import PHONE


@pytest.fixture
def clock(hub) -> Clock:
    hub.clock = Clock()
    return hub.clock


def _code() -> str:
    return re.search(r"\d{6}", Sms.select().order_by(Sms.id.desc()).get().text)[0]


def _user(team) -> User:
    return User.get_by_id(team.user.id)


def test_a_code_sent_and_entered_confirms_the_phone(hub, team, clock) -> None:
    assert hub.call(team.owner, "phones.request", phone="+33 6 12 34 56 78")["waiting"] == PHONE
    assert _user(team).phone is None
    assert hub.call(team.owner, "phones.show") == {"number": "", "waiting": PHONE, "stopped": False}
    code = _code()
    assert code not in PhoneCode.get().code_hash
    assert hub.call(team.owner, "phones.confirm", code=f"{code[:3]} {code[3:]}")["confirmed"]
    assert (_user(team).phone, _user(team).phone_confirmed_at) == (PHONE, hub.ms())
    with pytest.raises(Conflict, match="No code waits"):
        hub.call(team.owner, "phones.confirm", code=code)
    logged = " ".join(str(row.__data__) for row in Activity.select())
    assert code not in logged
    assert "612345678" not in logged


def test_a_wrong_code_counts_and_after_five_even_the_right_one_is_wrong(hub, team, clock) -> None:
    hub.call(team.owner, "phones.request", phone=PHONE)
    code = _code()
    wrong = "000000" if code != "000000" else "000001"
    for left in (4, 3, 2, 1, 0):
        assert hub.call(team.owner, "phones.confirm", code=wrong) == {"confirmed": False, "tries_left": left}
    with pytest.raises(Conflict, match="ask for a new one"):
        hub.call(team.owner, "phones.confirm", code=code)
    assert _user(team).phone is None


def test_a_code_is_good_for_ten_minutes_and_the_newest_counts(hub, team, clock) -> None:
    hub.call(team.owner, "phones.request", phone=PHONE)
    old = _code()
    clock.move(1)
    hub.call(team.owner, "phones.request", phone="+33698765432")
    new = _code()
    if old != new:
        assert not hub.call(team.owner, "phones.confirm", code=old)["confirmed"]
    clock.move(600)
    with pytest.raises(Conflict, match="No code waits"):
        hub.call(team.owner, "phones.confirm", code=new)


def test_codes_are_few(hub, team, clock) -> None:
    for _ in range(3):
        hub.call(team.owner, "phones.request", phone=PHONE)
    with pytest.raises(Conflict, match="within an hour"):
        hub.call(team.owner, "phones.request", phone="+33698765432")
    for name in ("B", "C"):
        _, _, other = make_owner(hub, name)
        hub.call(other, "phones.request", phone=PHONE)
    _, _, last = make_owner(hub, "D")
    with pytest.raises(Conflict, match="five codes within a day"):
        hub.call(last, "phones.request", phone=PHONE)
    clock.move(3601)
    hub.call(team.owner, "phones.request", phone="+33698765432")


@pytest.mark.parametrize("number", ["", "12", "call me", "0612345678", "+33", "+999123456789", "+3361234567890123"])
def test_what_is_no_number(hub, team, number) -> None:
    with pytest.raises(Invalid, match="phone number") as caught:
        hub.call(team.owner, "phones.request", phone=number)
    assert "phone" in caught.value.fields


@pytest.mark.parametrize("number", ["+33 1 42 68 53 00", "+33 8 99 70 12 34"])
def test_what_takes_no_sms(hub, team, number) -> None:
    with pytest.raises(Invalid, match="takes no SMS"):
        hub.call(team.owner, "phones.request", phone=number)


def test_in_french_a_number_without_country_is_french(hub, team) -> None:
    User.update(language="fr").execute()
    assert hub.call(team.owner, "phones.request", phone="06 12 34 56 78")["waiting"] == PHONE
    assert "votre code MailHub" in Sms.get().text


def test_whoever_proves_a_number_has_it(hub, team, phone) -> None:
    _, other_user, other = make_owner(hub, "Other")
    hub.call(other, "phones.request", phone=PHONE)
    hub.call(other, "phones.confirm", code=_code())
    assert User.get_by_id(other_user.id).phone == PHONE
    assert _user(team).phone is None


def test_another_users_code_is_none_of_mine(hub, team) -> None:
    _, _, other = make_owner(hub, "Other")
    hub.call(other, "phones.request", phone=PHONE)
    with pytest.raises(Conflict, match="No code waits"):
        hub.call(team.owner, "phones.confirm", code=_code())


def test_removing_it_ends_its_codes_too(hub, team, phone) -> None:
    hub.call(team.owner, "phones.request", phone="+33698765432")
    hub.call(team.owner, "phones.remove")
    assert _user(team).phone is None
    with pytest.raises(Conflict):
        hub.call(team.owner, "phones.confirm", code=_code())


def test_a_phone_that_said_stop_gets_no_code(hub, team, call, twilio) -> None:
    from mailhub_sms import receipts

    receipts.stop(hub, PHONE)
    with pytest.raises(Conflict, match="send START"):
        hub.call(team.owner, "phones.request", phone=PHONE)
    assert Sms.select().count() == 0


def test_a_phone_belongs_to_a_user_with_the_permission(hub, team) -> None:
    with pytest.raises(Conflict, match="Nobody is signed in"):
        hub.call(console_actor(team.account.id), "phones.request", phone=PHONE)
    stranger = user_actor(team.user.id, 10**6, "web", "Ada")
    with pytest.raises(Forbidden):
        hub.call(stranger, "phones.request", phone=PHONE)


def test_shown() -> None:
    assert phones.shown(PHONE) == "+33 6 12 34 56 78"

"""What people answer by SMS: done as themselves, in their account, or not at all."""

import pytest

from mailhub.accounts import Membership, Role, User
from mailhub.activity import Activity
from mailhub.db import transaction
from mailhub.people import add_user
from mailhub.testing import make_owner
from mailhub_sending.models import Campaign
from mailhub_sms.answering import HELP_TEXT, read, take
from mailhub_sms.models import Sms, SmsStop
from mailhub_sms.writing import is_stopped
from tests.plugins.mailhub_sms.conftest import PHONE


def _ask(hub, text: str, number: str = PHONE, **more):
    with transaction():
        reply = take(hub, number, text, **more)
    return None if reply is None else str(reply.sentence)


def _state(account: int, number: int = 1) -> str:
    return Campaign.of(account).where(Campaign.number == number).get().state


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PAUSE 12", ("PAUSE", "12")),
        ("  pause#12!", ("PAUSE", "12")),
        ("Pause12", ("PAUSE", "12")),
        ("arrêt", ("ARRET",)),
        ("", ()),
        ("👍", ()),
    ],
)
def test_reading(text: str, words: tuple[str, ...]) -> None:
    assert read(text) == words


@pytest.mark.parametrize("text", ["PAUSE 1", "pause1", "Pause campaign #1", "interrompre la campagne 1", "PAUSE"])
def test_a_pause_is_done_as_that_user_by_sms(hub, team, phone, sending, text) -> None:
    sending(team.owner)
    assert _ask(hub, text) == "Campaign 1 (Spring) is paused. Answer RESUME 1 to go on."
    assert _state(team.account.id) == "paused"
    logged = Activity.select().where(Activity.action == "campaigns.pause").get()
    assert logged.door == "sms"
    assert Campaign.get().stopped["door"] == "sms"


@pytest.mark.parametrize("text", ["RESUME 1", "reprendre 1", "Continuer 1"])
def test_resume(hub, team, phone, sending, text) -> None:
    sending(team.owner)
    _ask(hub, "PAUSE 1")
    assert _ask(hub, text) == "Campaign 1 (Spring) goes on. Answer PAUSE 1 to pause it."
    assert _state(team.account.id) == "sending"


def test_twice_says_how_it_stands(hub, team, phone, sending) -> None:
    sending(team.owner)
    _ask(hub, "PAUSE 1")
    assert _ask(hub, "PAUSE 1") == "Campaign 1 is paused: you can resume or cancel it now."
    assert "There is no campaign 77" in _ask(hub, "PAUSE 77")
    assert "There is no campaign 9999999999999999999" in _ask(hub, f"PAUSE {'9' * 19}")


@pytest.mark.parametrize("text", ["PAUSE 12", "RESUME 12", "PAUSE n°12", "Continue number 12"])
def test_a_number_is_never_a_part_of_a_name(hub, team, phone, sending, text) -> None:
    sending(team.owner, "Summer 2012")
    if text.startswith(("RESUME", "Continue")):
        hub.call(team.owner, "campaigns.pause", which="1")
    before = _state(team.account.id)
    assert _ask(hub, text) == "There is no campaign 12: the Campaigns page lists those there are."
    assert _state(team.account.id) == before


@pytest.mark.parametrize(
    "text",
    ["RESUME Autumn", "Continue the good work", "PAUSE l1", "PAUSE 1 or 2", "resume? no", "PAUSE Spring", "RESUME Ac"],
)
def test_words_that_name_no_account_do_nothing(hub, team, phone, sending, text) -> None:
    sending(team.owner)
    if not text.startswith("PAUSE"):
        hub.call(team.owner, "campaigns.pause", which="1")
    before = _state(team.account.id)
    assert _ask(hub, text) == str(HELP_TEXT)
    assert _state(team.account.id) == before


def test_the_only_account_may_be_named(hub, team, phone, sending) -> None:
    sending(team.owner)
    assert "is paused" in _ask(hub, "PAUSE no 1 acme")


def test_an_account_is_named_by_its_first_words(hub, team, phone, sending) -> None:
    other, _, theirs = make_owner(hub, "Acme Two")
    with transaction():
        add_user(hub, other, "Ada", User.get_by_id(team.user.id).email, "", "owner")
    sending(team.owner), sending(theirs)
    assert "Say which one" in _ask(hub, "PAUSE 1 Spring")
    assert "Say which one" in _ask(hub, "PAUSE 1 or 2")
    assert (_state(team.account.id), _state(other.id)) == ("sending", "sending")
    assert "is paused" in _ask(hub, "PAUSE 1 acme")
    assert (_state(team.account.id), _state(other.id)) == ("paused", "sending")
    assert "is paused" in _ask(hub, "PAUSE 1 Acme two")
    assert _state(other.id) == "paused"


def test_an_unknown_number_is_told_nothing_and_does_nothing(hub, team, phone, sending) -> None:
    sending(team.owner)
    for text in ("PAUSE 1", "HELP", "hello", ""):
        assert _ask(hub, text, "+33699999999") is None
    assert _state(team.account.id) == "sending"
    User.update(disabled_at=1).execute()
    assert _ask(hub, "PAUSE 1") is None, "nor is who was disabled"
    assert _state(team.account.id) == "sending"


def test_a_number_without_rights_hears_which_one_is_missing(hub, team, sending) -> None:
    sending(team.owner)
    with transaction():
        ann = add_user(hub, team.account, "Ann", "ann@example.com", "a long password", "analyst")
    User.update(phone="+33698765432").where(User.id == ann.id).execute()
    assert "campaigns.pause" in _ask(hub, "PAUSE 1", "+33698765432")
    assert _state(team.account.id) == "sending"


def test_another_accounts_campaign_is_not_there(hub, team, phone, sending) -> None:
    other, _, theirs = make_owner(hub, "Other")
    sending(theirs)
    assert "no campaign 1" in _ask(hub, "PAUSE 1")
    assert _state(other.id) == "sending"


def test_who_has_several_accounts_means_the_one_of_the_last_alert_or_is_asked(hub, team, phone, sending, write) -> None:
    other, _, theirs = make_owner(hub, "Zenith")
    with transaction():
        add_user(hub, other, "Ada", User.get_by_id(team.user.id).email, "", "owner")
    sending(team.owner), sending(theirs)
    assert _ask(hub, "PAUSE 1") == "You have several accounts. Say which one: PAUSE 1 Acme, PAUSE 1 Zenith."
    assert (_state(team.account.id), _state(other.id)) == ("sending", "sending")
    assert "is paused" in _ask(hub, "PAUSE 1 zenith")
    assert (_state(team.account.id), _state(other.id)) == ("sending", "paused")
    write("Campaign 1 (Spring) started.")
    for state in ("waiting", "kept", "failed", "stopped", "expired"):
        Sms.update(state=state).execute()
        assert "Say which one: PAUSE 1 Acme" in _ask(hub, "PAUSE 1"), f"an SMS that is {state} was not read"
    Sms.update(state="sent", key="question SM1").execute()
    assert "Say which one: PAUSE 1 Acme" in _ask(hub, "PAUSE 1"), "the question itself says nothing of the account"
    Sms.update(key=None).execute()
    _ask(hub, "PAUSE 1")
    assert _state(team.account.id) == "paused"
    Sms.update(created_at=1).execute()
    assert "Say which one: RESUME 1 Acme" in _ask(hub, "RESUME 1")


def test_who_left_the_account_may_nothing_there(hub, team, phone, sending) -> None:
    sending(team.owner)
    other, _, _ = make_owner(hub, "Other")
    with transaction():
        Membership.delete().where(Membership.user == team.user.id).execute()
    assert _ask(hub, "PAUSE 1") is None
    with transaction():
        role = Role.of(other).where(Role.name == "owner").get()
        Membership.create(account=other, user=team.user, role=role, created_at=1)
    assert "no campaign" in _ask(hub, "PAUSE 1")
    assert _state(team.account.id) == "sending"


@pytest.mark.parametrize("text", ["STOP", "stop.", "StopAll", "UNSUBSCRIBE", "Arrêt", "ARRET", "STOP please", "cancel"])
def test_stop_ends_all_sms_and_start_begins_again(hub, team, phone, sending, text) -> None:
    sending(team.owner)
    assert _ask(hub, text) is None
    assert is_stopped(PHONE)
    assert _state(team.account.id) == "sending", "it is SMS that end, not campaigns"
    _ask(hub, text)
    assert SmsStop.select().count() == 1
    assert _ask(hub, "Start") is None
    assert not is_stopped(PHONE)


def test_stop_with_a_number_asks_what_is_meant_of_who_has_campaigns(hub, phone) -> None:
    assert _ask(hub, "STOP 12") == "To pause campaign 12, answer PAUSE 12. STOP alone ends all SMS."
    assert not is_stopped(PHONE)
    _ask(hub, "STOP 12", "+33699999999")
    assert is_stopped("+33699999999"), "of a stranger it ends SMS"


def test_help_and_what_is_not_understood(hub, phone) -> None:
    for text in ("HELP", "aide", "hello", "12", ""):
        assert _ask(hub, text) == str(HELP_TEXT)


def test_what_twilio_has_answered_itself_is_not_answered_again(hub, phone) -> None:
    assert _ask(hub, "HELP", opt_out="HELP") is None
    assert _ask(hub, "Stop it", opt_out="STOP") is None
    assert is_stopped(PHONE)
    assert _ask(hub, "yes", opt_out="START") is None
    assert not is_stopped(PHONE)

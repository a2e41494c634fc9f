"""The actions of SMS: what they tell, and what they keep to themselves."""

import pytest

from mailhub.errors import Conflict, Invalid
from mailhub.permissions import user_actor
from mailhub.testing import make_owner
from mailhub_sms import receipts
from mailhub_sms.models import Sms
from mailhub_sms.sending import send_due
from tests.plugins.mailhub_sms.conftest import PHONE


def test_a_code_is_shown_to_nobody_but_whom_it_is_for_while_it_is_kept(hub, team) -> None:
    hub.call(team.owner, "phones.request", phone=PHONE)
    assert "••" not in hub.call(team.owner, "sms.list")[0]["text"]
    colleague = user_actor(10**6, team.account.id, "web", "Bob")
    (shown,) = hub.call(type(colleague)(team.account.id, "web", 99, "Bob", frozenset({"*"})), "sms.list")
    assert shown["text"].startswith("•••••• is your MailHub code")
    Sms.update(state="sent").execute()
    assert hub.call(team.owner, "sms.list")[0]["text"].startswith("••••••")


def test_the_list_is_the_accounts_own_and_pages(hub, team, write) -> None:
    for text in ("one", "two", "three"):
        write(text)
    _, _, stranger = make_owner(hub, "Other")
    assert hub.call(stranger, "sms.list") == []
    first = hub.call(team.owner, "sms.list", limit=2)
    assert [each["text"] for each in first] == ["three", "two"]
    assert [each["text"] for each in hub.call(team.owner, "sms.list", before=first[-1]["id"])] == ["one"]


def test_a_test_tells_its_length(hub, team, twilio) -> None:
    told = hub.call(team.owner, "sms.test", phone=PHONE, text="ê" * 71)
    assert told == {"encoding": "UCS-2", "segments": 2}
    send_due(hub)
    assert twilio.messages[0]["body"] == "ê" * 71
    with pytest.raises(Invalid):
        hub.call(team.owner, "sms.test", phone=PHONE, text="")
    receipts.stop(hub, PHONE)
    with pytest.raises(Conflict, match="STOP"):
        hub.call(team.owner, "sms.test", phone=PHONE, text="x")

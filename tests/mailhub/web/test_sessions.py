"""A token opens a session for as long as it is used, and nothing else does."""

import hashlib

import pytest

from mailhub.accounts import Session
from mailhub.errors import Forbidden, NotFound
from mailhub.hub import Hub
from mailhub.testing import Clock, make_owner
from mailhub.web import sessions

DAY = 24 * 3600


def test_the_table_holds_no_token(hub: Hub) -> None:
    _, user, _ = make_owner(hub)
    token = sessions.begin(hub, user, "192.0.2.7", "Firefox")
    row = Session.get()
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert (row.address, row.agent) == ("192.0.2.7", "Firefox")
    assert sessions.find(hub, token).user.id == user.id
    assert sessions.find(hub, token + "x") is None
    assert sessions.find(hub, row.token_hash) is None


def test_being_seen_is_noted_once_a_minute(hub: Hub, clock: Clock) -> None:
    token = sessions.begin(hub, make_owner(hub)[1], "", "")
    began = Session.get().seen_at
    clock.move(59)
    sessions.find(hub, token)
    assert Session.get().seen_at == began
    clock.move(2)
    sessions.find(hub, token)
    assert Session.get().seen_at == began + 61_000


def test_a_browser_that_was_away_for_a_month_signs_in_again(hub: Hub, clock: Clock) -> None:
    user = make_owner(hub)[1]
    token = sessions.begin(hub, user, "", "")
    clock.move(29 * DAY)
    assert sessions.find(hub, token)
    clock.move(31 * DAY)
    assert sessions.find(hub, token) is None
    sessions.begin(hub, user, "", "")
    assert Session.select().count() == 1, "the old one is swept away"


def test_a_disabled_user_has_no_session_any_more(hub: Hub) -> None:
    user = make_owner(hub)[1]
    token = sessions.begin(hub, user, "", "")
    user.disabled_at = hub.ms()
    user.save()
    assert sessions.find(hub, token) is None


def test_who_belongs_to_no_account_is_not_let_in(hub: Hub) -> None:
    user = make_owner(hub)[1]
    user.memberships.model.delete().execute()
    with pytest.raises(Forbidden):
        sessions.begin(hub, user, "", "")


def test_only_own_accounts_can_be_entered(hub: Hub) -> None:
    user = make_owner(hub)[1]
    other, _, _ = make_owner(hub, "Zenith")
    session = sessions.find(hub, sessions.begin(hub, user, "", ""))
    with pytest.raises(NotFound):
        sessions.enter(session, other.id)
    assert Session.get().account_id != other.id

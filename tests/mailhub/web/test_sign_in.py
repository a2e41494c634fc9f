"""The door: wrong passwords, lock-out, safe ways back, sign-out, several accounts."""

from collections.abc import Callable

import pytest

from mailhub import people
from mailhub.accounts import Session
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.testing import Clock
from mailhub.web import sessions

from .conftest import Browser


def test_the_right_password_opens_a_new_session(owner: Browser) -> None:
    assert owner.get("/").status_code == 200
    assert Session.select().count() == 1


def test_a_session_left_in_the_browser_is_replaced(owner: Browser) -> None:
    before = Session.get().token_hash
    with owner.client.session_transaction() as cookie:
        cookie["left"] = "over"
    owner.get("/settings/account")
    answer = owner.post("/sign-in", email="ada@example.com", password="a long password")
    assert answer.status_code == 303
    assert [row.token_hash for row in Session.select()] != [before]
    assert Session.select().count() == 1
    with owner.client.session_transaction() as cookie:
        assert "left" not in cookie


def test_wrong_and_unknown_hear_the_same_sentence(owner: Browser, browse: Callable[[], Browser]) -> None:
    wrong = browse().sign_in("ada@example.com", "a wrong password")
    unknown = browse().sign_in("nobody@example.com", "a wrong password")
    assert wrong.status_code == unknown.status_code == 422
    for answer in (wrong, unknown):
        assert "do not belong together" in answer.text


def test_five_wrong_passwords_lock_the_user_for_five_minutes(
    owner: Browser, browse: Callable[[], Browser], clock: Clock
) -> None:
    for _ in range(5):
        browse().sign_in("ada@example.com", "a wrong password")
    assert "locked for five minutes" in browse().sign_in("ada@example.com").text
    clock.move(301)
    assert browse().sign_in("ada@example.com").status_code == 303


def test_the_browser_comes_back_to_where_it_was(owner: Browser, browse: Callable[[], Browser]) -> None:
    fresh = browse()
    sent = fresh.get("/messages?outcome=bounced")
    assert sent.headers["Location"] == "/sign-in?next=/messages?outcome%3Dbounced"
    answer = fresh.sign_in("ada@example.com", back="/messages?outcome=bounced")
    assert answer.headers["Location"] == "/messages?outcome=bounced"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/evil.example"],
)
def test_nobody_is_sent_to_another_server(owner: Browser, browse: Callable[[], Browser], elsewhere: str) -> None:
    assert browse().sign_in("ada@example.com", back=elsewhere).headers["Location"] == "/"
    assert owner.client.get("/sign-in", query_string={"next": elsewhere}).headers["Location"] == "/"


def test_signing_out_ends_the_session_for_good(owner: Browser) -> None:
    cookie = owner.client.get_cookie("mailhub")
    assert owner.post("/sign-out").headers["Location"] == "/sign-in"
    assert Session.select().count() == 0
    assert cookie is not None
    owner.client.set_cookie("mailhub", cookie.value)
    assert owner.get("/").status_code == 302, "the old cookie opens nothing"


def test_who_has_two_accounts_works_in_one_at_a_time(
    hub: Hub, stranger: Browser, browse: Callable[[], Browser]
) -> None:
    with transaction():
        people.add_user(hub, people.find_account(2), "Ada", "ada@example.com", "", "analyst")
    ada = browse()
    ada.sign_in("ada@example.com")
    assert "Zenith" in ada.get("/").text
    ada.post("/account/switch", account=2)
    assert ada.get("/settings/users").status_code == 403, "an analyst there, whatever she is here"
    ada.post("/account/switch", account=1)
    assert ada.get("/settings/users").status_code == 200


def test_an_account_of_others_cannot_be_entered(stranger: Browser) -> None:
    assert stranger.post("/account/switch", account=1).status_code == 404
    assert stranger.post("/account/switch", account="x").status_code == 400
    assert "Zenith" in stranger.get("/").text


def test_a_session_of_another_key_is_nobody(owner: Browser) -> None:
    sessions.end("not a token")
    with owner.client.session_transaction() as cookie:
        cookie["_user_id"] = "guessed"
    assert owner.get("/").status_code == 302

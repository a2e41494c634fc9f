"""The first visit: guarded by the console's address, made once, also when two come at the same moment."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mailhub import people
from mailhub.accounts import OPERATOR, Account, User
from mailhub.activity import Activity, first_broken
from mailhub.db import close_database
from mailhub.errors import Conflict, Invalid
from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub.web import first_visit

from .conftest import Browser

FORM = {
    "account": "Acme",
    "time_zone": "Europe/Paris",
    "language": "fr",
    "name": "Ada",
    "email": "ada@example.com",
    "password": "a long password",
}


def _open(browser: Browser, hub: Hub) -> str:
    token = people.first_visit_token(hub)
    assert browser.get(f"/welcome?token={token}").status_code == 200
    return token


@pytest.mark.parametrize("path", ["/", "/sign-in", "/messages", "/nothing"])
def test_every_page_leads_there_while_nobody_has_an_account(browser: Browser, path: str) -> None:
    assert browser.get(path).headers["Location"] == "/welcome"


@pytest.mark.parametrize("token", ["", "?token=", "?token=guessed", "?token=%C3%A9"])
def test_without_the_right_token_the_page_says_where_it_is(browser: Browser, token: str) -> None:
    answer = browser.get(f"/welcome{token}")
    assert answer.status_code == 403
    assert "console" in answer.text
    assert 'name="password"' not in answer.text


def test_the_owner_is_made_and_signed_in(browser: Browser, hub: Hub) -> None:
    token = _open(browser, hub)
    answer = browser.post("/welcome", token=token, **FORM)
    assert answer.headers["Location"] == "/"
    assert "Tableau de bord" in browser.get("/").text
    account, user = Account.get(), User.get()
    assert (account.id, account.name, account.time_zone) == (OPERATOR, "Acme", "Europe/Paris")
    assert (user.email, user.language) == ("ada@example.com", "fr")
    assert browser.get("/server").status_code == 200
    assert Activity.get().action == "accounts.create"
    assert first_broken(OPERATOR) is None


def test_once_there_is_an_owner_the_token_is_worth_nothing(browser: Browser, hub: Hub) -> None:
    token = _open(browser, hub)
    make_owner(hub)
    assert browser.client.get(f"/welcome?token={token}").headers["Location"] == "/"
    assert browser.post("/welcome", token=token, **FORM).status_code == 409
    assert User.select().count() == 1


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(browser: Browser, hub: Hub) -> None:
    token = _open(browser, hub)
    answer = browser.post("/welcome", token=token, **{**FORM, "password": "tiny-one", "email": "ada@"})
    assert answer.status_code == 422
    assert 'id="error-password"' in answer.text
    assert 'id="error-email"' in answer.text
    assert 'value="Acme"' in answer.text
    assert "tiny-one" not in answer.text
    assert not Account.select().exists()


def test_a_guessed_token_makes_nobody(browser: Browser, hub: Hub) -> None:
    _open(browser, hub)
    assert browser.post("/welcome", token="guessed", **FORM).status_code == 403
    assert not User.select().exists()


def test_of_two_who_come_at_once_one_hears_why_not(core: Hub) -> None:
    answers: list[Any] = []
    gate = threading.Barrier(2)

    def come(email: str) -> None:
        gate.wait(10)
        try:
            answers.append(first_visit.open_server(core, **{**FORM, "email": email}))
        except Conflict as error:
            answers.append(error)
        finally:
            close_database()

    visitors = [threading.Thread(target=come, args=(f"{name}@example.com",)) for name in ("ada", "bob")]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(30)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "User"]
    assert User.select().count() == Account.select().count() == 1


def test_the_operators_account_is_number_one_after_a_failure_too(core: Hub) -> None:
    with pytest.raises(Invalid):
        first_visit.open_server(core, **{**FORM, "password": "short"})
    first_visit.open_server(core, **FORM)
    assert Account.get().id == OPERATOR


def test_an_account_opened_on_the_console_gets_its_owner(hub: Hub, browse: Callable[[], Browser]) -> None:
    people.open_account(hub, "From the console")
    browser = browse()
    token = _open(browser, hub)
    assert browser.post("/welcome", token=token, **FORM).status_code == 303
    assert [(account.id, account.name) for account in Account.select()] == [(OPERATOR, "Acme")]

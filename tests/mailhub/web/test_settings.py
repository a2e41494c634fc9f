"""The account and its users: changed by who may, shown to who belongs."""

from collections.abc import Callable

from mailhub.accounts import Account, Membership, User
from mailhub.activity import Activity

from .conftest import Browser

FORM = {
    "name": "Acme & Sons",
    "company": "Acme Ltd",
    "postal_address": "1 Main Street",
    "language": "fr",
    "time_zone": "Europe/Paris",
}


def test_the_account_is_saved_through_its_action(owner: Browser) -> None:
    assert owner.post("/settings/account", **FORM).status_code == 303
    account = Account.get()
    assert {name: getattr(account, name) for name in FORM} == FORM
    assert "Acme &amp; Sons" in owner.get("/settings/account").text
    assert Activity.select().order_by(Activity.id.desc()).get().action == "accounts.change"


def test_what_is_wrong_stands_at_its_field(owner: Browser) -> None:
    answer = owner.post("/settings/account", **{**FORM, "time_zone": "Mars/Base", "name": " "})
    assert answer.status_code == 422
    assert 'id="error-time_zone"' in answer.text
    assert "Acme Ltd" in answer.text
    assert Account.get().name == "Acme"


def test_who_may_only_look_cannot_save(colleague: Callable[[str], Browser]) -> None:
    billing = colleague("billing")
    assert "disabled" in billing.get("/settings/account").text
    assert billing.post("/settings/account", **FORM).status_code == 403
    assert Account.get().name == "Acme"


def test_users_of_this_account_alone_are_listed(owner: Browser, stranger: Browser) -> None:
    assert "zoe@example.com" not in owner.get("/settings/users").text
    assert "ada@example.com" not in stranger.get("/settings/users").text


def test_a_password_is_made_and_shown_once(owner: Browser, browse: Callable[[], Browser]) -> None:
    owner.get("/settings/users/new")
    answer = owner.post("/settings/users/new", name="Bob", email="bob@example.com", role="analyst")
    assert answer.headers["Cache-Control"] == "no-store"
    password = answer.text.split('data-copy="')[2].split('"')[0]
    assert password not in owner.get("/settings/users").text
    assert password not in owner.get("/settings/activity").text
    assert browse().sign_in("bob@example.com", password).status_code == 303


def test_a_bad_address_stands_at_its_field(owner: Browser) -> None:
    answer = owner.post("/settings/users/new", name="Bob", email="bob", role="analyst")
    assert answer.status_code == 422
    assert 'id="error-email"' in answer.text
    assert User.select().count() == 1


def test_who_is_in_the_account_already(owner: Browser) -> None:
    answer = owner.post("/settings/users/new", name="Ada", email="ada@example.com", role="analyst")
    assert answer.status_code == 409
    assert "already" in answer.text


def test_who_has_a_user_keeps_their_password(stranger: Browser, owner: Browser) -> None:
    answer = owner.post("/settings/users/new", name="Zoe", email="zoe@example.com", role="analyst")
    assert "keep their password" in answer.text
    assert Membership.select().count() == 3


def test_a_marketer_adds_nobody(colleague: Callable[[str], Browser]) -> None:
    marketer = colleague("marketer")
    assert marketer.post("/settings/users/new", name="Bob", email="bob@example.com", role="owner").status_code == 403

"""SMTP logins: the password is shown once, a revoked login says so, and only the account's own are there."""

from mailhub import submission_access
from mailhub.accounts import SmtpCredential

from .conftest import Browser


def _make(browser: Browser) -> tuple[str, str]:
    browser.get("/settings/smtp/new")
    answer = browser.post("/settings/smtp/new", name="Web shop")
    assert answer.headers["Cache-Control"] == "no-store"
    copied = [part.split('"')[0] for part in answer.text.split('data-copy="')[1:]]
    return copied[2], copied[3]


def test_login_and_password_are_shown_once_and_work(owner: Browser) -> None:
    login, password = _make(owner)
    assert submission_access.check(login, password)
    text = owner.get("/settings/smtp").text
    assert login in text
    assert password not in text
    assert password not in owner.get("/settings/activity").text


def test_a_login_without_a_name_is_refused_at_its_field(owner: Browser) -> None:
    owner.get("/settings/smtp/new")
    answer = owner.post("/settings/smtp/new", name=" ")
    assert answer.status_code == 422
    assert 'id="error-name"' in answer.text


def test_revoking_is_asked_first_and_then_final(owner: Browser) -> None:
    login, password = _make(owner)
    assert "data-confirm=" in owner.get("/settings/smtp").text
    assert owner.post("/settings/smtp/revoke", login=login).status_code == 303
    assert submission_access.check(login, password) is None
    assert ">revoked<" in owner.get("/settings/smtp").text
    assert owner.post("/settings/smtp/revoke", login=login).status_code == 409


def test_another_accounts_login_is_not_there(owner: Browser, stranger: Browser) -> None:
    login, _ = _make(owner)
    assert login not in stranger.get("/settings/smtp").text
    assert stranger.post("/settings/smtp/revoke", login=login).status_code == 404
    assert SmtpCredential.get().revoked_at is None

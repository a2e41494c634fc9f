"""SMTP logins: the password is shown once, a revoked login says so, and only the account's own are there."""

from dataclasses import replace

from mailhub import submission_access
from mailhub.accounts import SmtpCredential
from mailhub.hub import Hub
from mailhub.smtp_limits import NAMES

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


def test_limits_and_networks_are_set_on_a_page_of_their_own(owner: Browser, stranger: Browser) -> None:
    login, _ = _make(owner)
    path = f"/settings/smtp/{login}"
    assert path in owner.get("/settings/smtp").text
    limits = dict.fromkeys(NAMES, "0") | {"messages_per_hour": "100"}
    assert owner.post(path, **limits, networks="192.0.2.7, 10.0.0.0/8").status_code == 303
    kept = SmtpCredential.get()
    assert (kept.limits, kept.networks) == ({"messages_per_hour": 100}, ["192.0.2.7/32", "10.0.0.0/8"])
    assert 'value="100"' in owner.get(path).text
    answer = owner.post(path, **limits | {"messages_per_minute": "7"}, networks="everywhere")
    assert answer.status_code == 422
    assert 'id="error-networks"' in answer.text
    assert SmtpCredential.get().limits == {"messages_per_hour": 100}, "all or nothing"
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, **limits, networks="").status_code == 404


def test_the_page_tells_how_programs_are_set_up(owner: Browser, hub: Hub) -> None:
    _make(owner)
    text = owner.get("/settings/smtp").text
    assert "2587" in text
    assert "2465" not in text, "without a certificate there is no TLS"
    hub.config = replace(hub.config, smtp=replace(hub.config.smtp, tls_certificate="mail.pem"))
    text = owner.get("/settings/smtp").text
    assert "2465" in text
    assert "STARTTLS" in text

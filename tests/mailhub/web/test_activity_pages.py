"""The log on its page: filters, words, seals."""

from pathlib import Path

from flask import Flask
from flask_babel import force_locale

from mailhub import db
from mailhub.activity import Activity
from mailhub.testing import make_hub, make_owner
from mailhub.vocabulary import DOORS
from mailhub.web import create_app
from mailhub.web.activity_pages import door_word

from .conftest import Browser


def _domains(browser: Browser, *names: str) -> None:
    for name in names:
        browser.post("/settings/domains/new", name=name)


def test_who_did_what(owner: Browser) -> None:
    _domains(owner, "news.example.com")
    text = owner.get("/settings/activity").text
    assert "Add a domain <strong>news.example.com</strong>" in text
    assert "Ada Owner" in text


def test_filters(owner: Browser) -> None:
    _domains(owner, "news.example.com")
    owner.get("/settings/users/new")
    owner.post("/settings/users/new", name="Bob", email="bob@example.com", role="analyst")
    assert "bob@example.com" not in owner.get("/settings/activity?action=domains.add").text
    assert "Nothing fits" in owner.get("/settings/activity?door=cli").text
    assert "bob@example.com" in owner.get("/settings/activity?user=1&door=web").text
    assert "Nothing fits" in owner.get("/settings/activity?user=2").text


def test_the_seals_are_checked_when_asked(owner: Browser) -> None:
    _domains(owner, "a.example.com", "b.example.com", "c.example.com")
    assert "log is whole" in owner.get("/settings/activity?check=1").text
    Activity.update(target="other.example.com").where(Activity.sequence == 2).execute()
    assert "broken at row 2" in owner.get("/settings/activity?check=1").text
    assert "broken at row" not in owner.get("/settings/activity").text


def test_an_erased_person_leaves_the_row(owner: Browser) -> None:
    _domains(owner, "news.example.com")
    Activity.update(personal=None, salt=None, user_id=None).execute()
    answer = owner.get("/settings/activity?check=1")
    assert "erased" in answer.text
    assert "log is whole" not in answer.text, "the user's number is under the seal"


def test_another_accounts_log_is_not_there(owner: Browser, stranger: Browser) -> None:
    _domains(owner, "news.example.com")
    assert "news.example.com" not in stranger.get("/settings/activity").text


def test_a_door_is_offered_while_its_plugin_is_on(owner: Browser, tmp_path: Path) -> None:
    plain = owner.get("/settings/activity").text
    assert {door for door in DOORS if f'value="{door}"' in plain} == {*DOORS} - {"slack", "sms", "phone"}
    db.close_database()
    with make_hub(tmp_path / "with", plugins={"disabled": ["sms"]}) as hub:
        make_owner(hub, "Acme", "eve@example.com")
        browser = Browser(create_app(hub).test_client())
        browser.sign_in("eve@example.com")
        page = browser.get("/settings/activity").text
    assert {door for door in ("slack", "sms", "phone") if f'value="{door}"' in page} == {"slack", "phone"}


def test_every_door_has_a_word(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert {door: door_word(door) for door in DOORS} == {
            "web": "web",
            "api": "API",
            "cli": "console",
            "slack": "Slack",
            "phone": "téléphone",
            "sms": "SMS",
            "system": "système",
            "recipient": "destinataire",
            "smtp": "SMTP",
        }

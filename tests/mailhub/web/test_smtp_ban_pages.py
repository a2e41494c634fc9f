"""Bans at the SMTP listeners: seen, made and lifted by the operator alone."""

from mailhub import db
from mailhub.hub import Hub
from mailhub.smtp_bans import LOGIN, ban

from .conftest import Browser

PATH = "/server/smtp-bans"


def test_bans_are_shown_and_lifted(owner: Browser, hub: Hub) -> None:
    assert "Nobody is banned" in owner.get(PATH).text
    with db.transaction():
        ban("192.0.2.7", "smuggling", hub.ms())
        ban(LOGIN + "acme-1", "login", hub.ms())
    text = owner.get(PATH).text
    assert "192.0.2.7" in text
    assert "tried to smuggle mail" in text
    assert "the login acme-1" in text
    assert owner.post(f"{PATH}/lift", subject="192.0.2.7").status_code == 303
    assert owner.post(f"{PATH}/lift", subject=LOGIN + "acme-1").status_code == 303
    assert "Nobody is banned" in owner.get(PATH).text
    assert owner.post(f"{PATH}/lift", subject="192.0.2.7").status_code == 404


def test_bans_are_made_by_hand(owner: Browser) -> None:
    owner.get(PATH)
    assert owner.post(PATH, subject="198.51.100.0/24", hours="0").status_code == 303
    text = owner.get(PATH).text
    assert "198.51.100.0/24" in text
    assert "for ever" in text
    answer = owner.post(PATH, subject="everybody", hours="1")
    assert answer.status_code == 422
    assert 'id="error-subject"' in answer.text


def test_the_page_is_the_operators(owner: Browser, stranger: Browser) -> None:
    assert PATH in owner.get("/").text
    assert PATH not in stranger.get("/").text
    assert stranger.get(PATH).status_code == 403
    assert stranger.post(PATH, subject="192.0.2.7", hours="1").status_code == 403

"""The plugin in the frame: its lines in the menu, its panel, pages for whom they are."""

import pytest
from flask.testing import FlaskClient

from mailhub.accounts import Role

PAGES = ("/contacts", "/contacts/new", "/lists", "/imports", "/suppressions", "/imports/model.csv")


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_an_owner_alone(browser: FlaskClient, path: str) -> None:
    assert browser.get(path).status_code == 200
    Role.update(permissions=[]).execute()
    assert browser.get(path).status_code == 403


def test_the_menu_shows_the_pages(browser: FlaskClient) -> None:
    page = browser.get("/contacts").text
    for path in ("/contacts", "/lists", "/imports", "/suppressions"):
        assert f'href="{path}"' in page
    Role.update(permissions=["contacts.view"]).execute()
    page = browser.get("/contacts").text
    assert 'href="/lists"' in page
    assert 'href="/imports"' not in page


def test_strangers_are_asked_to_sign_in(browser: FlaskClient) -> None:
    answer = browser.application.test_client().get("/contacts")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/contacts")

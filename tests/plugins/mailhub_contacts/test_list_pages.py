"""Pages of lists, as a browser sees them."""

from flask.testing import FlaskClient

from mailhub_contacts.models import ContactList


def test_a_list_from_making_to_deletion(browser: FlaskClient) -> None:
    assert "There is no list yet" in browser.get("/lists").text
    answer = browser.post("/lists", data={"name": "Spring"})
    number = ContactList.get().id
    assert answer.location == f"/lists/{number}"
    assert "This list is empty" in browser.get(answer.location).text
    assert "There is a list Spring already" in browser.post("/lists", data={"name": "Spring"}).text
    assert browser.post(f"/lists/{number}/rename", data={"name": ""}).status_code == 422
    browser.post(f"/lists/{number}/rename", data={"name": "Autumn"})
    browser.post("/contacts/new", data={"address": "a@example.com", "lists": number})
    page = browser.get(f"/lists/{number}").text
    for words in ("Autumn", "a@example.com", "1 contact"):
        assert words in page
    assert "Also delete 1 contact that is in no other list" in browser.get(f"/lists/{number}/delete").text
    assert browser.get(f"/lists/{number}/export.csv").text.count("\r\n") == 2
    browser.post(f"/lists/{number}/delete", data={"contacts": "1"})
    assert ContactList.get().with_contacts
    for path in ("", "/export.csv", "/delete"):
        assert browser.get(f"/lists/{number}{path}").status_code == 404

"""Pages of contacts, as a browser sees them."""

from flask.testing import FlaskClient

from mailhub_contacts.models import Contact, ContactList


def test_an_empty_page_says_what_to_do(browser: FlaskClient) -> None:
    page = browser.get("/contacts").text
    assert "There is no contact yet" in page
    assert "/imports" in page


def test_a_contact_from_form_to_deletion(browser: FlaskClient) -> None:
    browser.post("/lists", data={"name": "Spring"})
    number = ContactList.get().id
    form = {"address": "a@example.com", "language": "fr", "display": "Madame Côté", "lists": number}
    form["field:city"] = "Lyon"
    answer = browser.post("/contacts/new", data=form)
    contact = Contact.get()
    assert (answer.status_code, answer.location) == (303, f"/contacts/{contact.id}")
    page = browser.get(answer.location).text
    for words in ("a@example.com is a contact now.", "Madame Côté", "Lyon", "French", "Spring", "No message has gone"):
        assert words in page
    browser.post(f"/contacts/{contact.id}/edit", data={**form, "display": "", "field:city": "", "lists": []})
    page = browser.get(f"/contacts/{contact.id}").text
    assert "Lyon" not in page
    assert "In no list." in page
    assert 'value="a@example.com"' in browser.get(f"/contacts/{contact.id}/edit").text
    browser.post(f"/contacts/{contact.id}/delete")
    assert Contact.select().count() == 0
    assert browser.get(f"/contacts/{contact.id}").status_code == 404


def test_a_form_that_is_wrong_keeps_what_was_typed(browser: FlaskClient) -> None:
    answer = browser.post("/contacts/new", data={"address": "nobody", "display": "Anne", "field:city": "Lyon"})
    assert answer.status_code == 422
    for words in ("The address has no @.", 'value="nobody"', 'value="Anne"', 'value="Lyon"'):
        assert words in answer.text
    browser.post("/contacts/new", data={"address": "a@example.com"})
    answer = browser.post("/contacts/new", data={"address": "a@example.com"})
    assert answer.status_code == 422
    assert "is a contact already" in answer.text


def test_search_and_paging(browser: FlaskClient) -> None:
    for number in range(52):
        Contact.create(account=1, address=f"p{number}@example.com", address_key=number, created_at=1, updated_at=1)
    page = browser.get("/contacts").text
    assert "p51@example.com" in page
    assert "p1@example.com" not in page
    oldest = Contact.get(Contact.address == "p2@example.com").id
    assert f"/contacts?before={oldest}" in page
    assert "p1@example.com" in browser.get(f"/contacts?before={oldest}").text
    assert "Nobody is found" in browser.get("/contacts?q=nowhere").text


def test_the_export_is_a_csv_file(browser: FlaskClient) -> None:
    browser.post("/contacts/new", data={"address": "a@example.com", "language": "fr"})
    answer = browser.get("/contacts/export.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=contacts.csv"
    assert answer.data.decode("utf-8-sig").splitlines()[1].startswith("a@example.com;FR;")

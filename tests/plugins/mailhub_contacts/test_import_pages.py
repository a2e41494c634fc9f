"""The import's three steps, as a browser sees them."""

import io
from collections.abc import Callable

from flask.testing import FlaskClient

from mailhub.hub import Hub
from mailhub_contacts import lists, uploads
from mailhub_contacts.models import GROUP, Contact, Import

BASE = "Courriel;Langue;Taille\na@example.com;FR;M\nnobody;EN;L\n"


def choose(browser: FlaskClient, text: str, name: str = "base.csv"):  # type: ignore[no-untyped-def]
    return browser.post("/imports", data={"file": (io.BytesIO(text.encode()), name)})


def test_from_file_to_report(browser: FlaskClient, sqlite_hub: Hub, work: Callable[[Hub], None]) -> None:
    answer = choose(browser, BASE)
    number = Import.get().id
    assert (answer.status_code, answer.location) == (303, f"/imports/{number}")
    assert not list(uploads.scratch(sqlite_hub).glob("upload-*"))
    page = browser.get(answer.location).text
    for words in ("Step 2 of 3", "base.csv", "semicolon (;)", "New field: Taille", "Import 1 contact", "has no @"):
        assert words in page
    chosen = {"column:1": "address", "column:2": "language", "column:3": "company", "language": "fr"}
    assert browser.post(f"/imports/{number}/analyse", data=chosen).status_code == 303
    assert Import.get().columns[2]["field"] == "company"
    browser.post(f"/imports/{number}/start", data={**chosen, "new_list": "Spring"})
    page = browser.get(f"/imports/{number}").text
    assert "The file is being imported" in page
    assert 'hx-trigger="every 1s"' in page
    work(sqlite_hub)
    page = browser.get(f"/imports/{number}").text
    for words in ("The import is done.", "Spring", "The address has no @.", "Download the bad rows"):
        assert words in page
    assert "hx-trigger" not in page
    assert Contact.get().fields == {"company": "M"}
    assert "The address has no @.;nobody;EN;L" in browser.get(f"/imports/{number}/bad-rows").text
    assert "base.csv" in browser.get("/imports").text


def test_files_that_cannot_be_taken(browser: FlaskClient, sqlite_hub: Hub) -> None:
    for text, name, said in (
        ("%PDF-1.7", "letter.csv", "letter.csv is not a sheet but a PDF document"),
        ("Nom\nAnne\n", "names.csv", "names.csv has no column of e-mail addresses"),
        ("", "empty.csv", "empty.csv is empty"),
    ):
        answer = choose(browser, text, name)
        assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert "There is no file" in browser.post("/imports", data={}).text
    assert list(uploads.scratch(sqlite_hub).iterdir()) == []


def test_a_mapping_that_makes_no_sense_stays_in_the_form(browser: FlaskClient) -> None:
    choose(browser, BASE)
    number = Import.get().id
    answer = browser.post(f"/imports/{number}/start", data={"column:1": "ignore", "column:2": "city"})
    assert answer.status_code == 422
    assert "No column holds e-mail addresses" in answer.text
    assert '<option value="city" selected>' in answer.text


def test_the_list_whose_page_led_here_stays_chosen(browser: FlaskClient) -> None:
    browser.post("/lists", data={"name": "Spring"})
    page = browser.get("/imports?lists=1").text
    assert '<input type="hidden" name="lists" value="1">' in page
    answer = browser.post("/imports", data={"file": (io.BytesIO(BASE.encode()), "base.csv"), "lists": "1"})
    assert 'name="lists" value="1" checked>' in browser.get(answer.location).text
    chosen = {"column:1": "address", "lists": "1", "new_list": "Autumn"}
    answer = browser.post(answer.location.partition("?")[0] + "/analyse", data=chosen)
    page = browser.get(answer.location).text
    assert 'name="lists" value="1" checked>' in page
    assert 'value="Autumn"' in page


def test_a_file_is_discarded(browser: FlaskClient) -> None:
    choose(browser, BASE)
    number = Import.get().id
    browser.post(f"/imports/{number}/cancel")
    assert "nothing of it was imported" in browser.get(f"/imports/{number}").text
    assert browser.get("/imports/999999").status_code == 404


def test_groups_what_changes_and_undo(browser: FlaskClient, sqlite_hub: Hub, work: Callable[[Hub], None]) -> None:
    choose(browser, "Courriel;Langue;Ville\na@example.com;FR;Lyon\n")
    browser.post(f"/imports/{Import.get().id}/start", data={"new_list": "Base", "new_group": "Friends"})
    work(sqlite_hub)
    page = browser.get("/lists").text
    assert "Friends" in page
    assert "A group marks contacts" in page
    group = lists.named(Import.get().account_id, "Friends", GROUP)
    assert group
    assert "Rename the group" in browser.get(f"/lists/{group.id}").text
    assert "Also delete" not in browser.get(f"/lists/{group.id}/delete").text
    answer = choose(browser, "Courriel;Langue;Ville\na@example.com;DE;Paris\nA@example.com;;\n")
    page = browser.get(answer.location).text
    for words in ("<del>Lyon</del> Paris", "DE (1)", "1 row names an address again", "Friends"):
        assert words in page
    number = int(answer.location.rpartition("/")[2])
    browser.post(f"/imports/{number}/start", data={"groups": str(group.id)})
    work(sqlite_hub)
    assert Contact.get().fields == {"city": "Paris"}
    assert "Undo the import" in browser.get(f"/imports/{number}").text
    assert browser.post(f"/imports/{number}/undo").status_code == 303
    assert "The import is being undone" in browser.get(f"/imports/{number}").text
    work(sqlite_hub)
    page = browser.get(f"/imports/{number}").text
    assert "This import was undone" in page
    assert "Undo the import" not in page
    assert Contact.get().fields == {"city": "Lyon"}


def test_a_file_is_read_another_way(browser: FlaskClient) -> None:
    choose(browser, "a@example.com;Jiří\nb@example.com;x\n")
    number = Import.get().id
    assert "Read the file another way" in browser.get(f"/imports/{number}").text
    answer = browser.post(f"/imports/{number}/analyse", data={"encoding": "cp1250", "header": "yes"})
    assert answer.status_code == 303
    record = Import.get()
    assert (record.layout["encoding"], record.layout["header_row"]) == ("cp1250", 1)
    assert [each["name"] for each in record.columns] == ["a@example.com", "JiĹ™Ă­"]
    answer = browser.post(f"/imports/{number}/analyse", data={"encoding": "martian"})
    assert (answer.status_code, "There is no encoding martian" in answer.text) == (422, True)
    answer = browser.post(f"/imports/{number}/analyse", data={"separator": ","})
    assert (answer.status_code, "No column holds e-mail addresses" in answer.text) == (422, True)
    assert Import.get().layout["separator"] == ";"  # what cannot be is not kept

"""The pages of segments in a browser: build, count, save, change, delete."""

from flask.testing import FlaskClient

from mailhub.hub import Hub
from mailhub_contacts.models import Contact, Segment

FRENCH = {"name": "French", "r.match": "all", "r.0.what": "language", "r.0.how": "is", "r.0.value": "fr"}


def add(browser: FlaskClient, address: str, language: str) -> None:
    assert browser.post("/contacts/new", data={"address": address, "language": language}).status_code == 303


def test_nothing_is_there_yet(browser: FlaskClient) -> None:
    page = browser.get("/segments").text
    assert "There is no segment yet" in page
    assert "/segments/new" in page


def test_a_segment_is_built_saved_changed_and_deleted(browser: FlaskClient) -> None:
    add(browser, "a@example.com", "fr")
    add(browser, "b@example.com", "en")
    page = browser.get("/segments/new").text
    assert 'name="r.0.what"' in page
    drawn = browser.post("/segments/new", data={**FRENCH, "do": "group:r"})
    assert 'name="r.1.0.what"' in drawn.text
    assert drawn.headers["HX-Trigger-After-Settle"] == "built"
    assert Segment.select().count() == 0
    found = browser.post("/segments/matches", data=FRENCH).text
    assert "1 contact" in found
    assert "a@example.com" in found
    assert "b@example.com" not in found
    saved = browser.post("/segments/new", data=FRENCH)
    assert saved.status_code == 303
    segment = Segment.get()
    assert 'value="fr" selected' in browser.get(saved.location).text
    assert f"/segments/{segment.id}/count" in browser.get("/segments").text
    assert ">1<" in browser.get(f"/segments/{segment.id}/count").text
    assert browser.post(f"/segments/{segment.id}", data={**FRENCH, "r.match": "none"}).status_code == 303
    assert "b@example.com" in browser.post("/segments/matches", data={**FRENCH, "r.match": "none"}).text
    assert browser.post(f"/segments/{segment.id}/delete").status_code == 303
    assert browser.get(saved.location).status_code == 404
    assert Contact.select().count() == 2


def test_what_is_wrong_is_said(browser: FlaskClient) -> None:
    unfinished = {**FRENCH, "r.0.value": ""}
    assert "is not complete" in browser.post("/segments/matches", data=unfinished).text
    answer = browser.post("/segments/new", data={**unfinished, "name": "Mine"})
    assert answer.status_code == 422
    assert 'href="#field-rules"' in answer.text
    assert 'value="Mine"' in answer.text


def test_a_segment_whose_list_is_gone_says_so(browser: FlaskClient) -> None:
    browser.post("/lists", data={"name": "Spring"})
    rule = {"name": "x", "r.match": "all", "r.0.what": "list", "r.0.how": "in", "r.0.value": "1"}
    assert browser.post("/segments/new", data=rule).status_code == 303
    browser.post("/lists/1/delete")
    number = Segment.get().id
    assert browser.get(f"/segments/{number}").status_code == 200
    assert "There is no list 1 any more" in browser.get(f"/segments/{number}/count").text


def test_every_kind_of_rule_is_drawn(browser: FlaskClient, sqlite_hub: Hub) -> None:
    for what in (
        "address",
        "city",
        "list",
        "group",
        "created",
        "clicked",
        "active",
        "suppressed",
        "custom:x",
        "nonsense",
    ):
        page = browser.post("/segments/new", data={**FRENCH, "r.0.what": what, "do": "draw"})
        assert page.status_code == 200, what

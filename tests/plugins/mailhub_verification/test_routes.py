"""The pages, as a browser sees them."""

from collections.abc import Callable, Sequence

from flask.testing import FlaskClient

from mailhub.addresses import Suppression
from mailhub.hub import Hub
from mailhub.permissions import Actor, console_actor

Fill = Callable[[Hub, Actor, Sequence[str]], None]
Work = Callable[[Hub], None]


def test_one_address(browser: FlaskClient) -> None:
    page = browser.get("/verification").text
    assert "No list was verified yet" in page
    assert "There is no list yet" in page
    answer = browser.post("/verification/check", data={"address": "jo@gmial.com"}, headers={"HX-Request": "true"}).text
    assert "<html" not in answer
    for words in ('id="checked"', "undeliverable", "The domain does not exist.", "Was jo@gmail.com meant?"):
        assert words in answer
    whole = browser.post("/verification/check", data={"address": "ada@good.example"}).text
    for words in ("<html", "Nothing speaks against it", "mx.example.net", 'value="ada@good.example"'):
        assert words in whole


def test_bad_input_is_said_at_its_place(browser: FlaskClient) -> None:
    answer = browser.post("/verification/check", data={"address": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in answer
    assert browser.post("/verification/check", data={"address": "a" * 2000}).status_code == 422
    assert browser.post("/verification/check", data={}).status_code == 200, "an empty one is no address"
    answer = browser.post("/verification", data={"audience": "list:9"})
    assert (answer.status_code, "There is no list" in answer.text) == (422, True)
    for path in ("/verification/9", "/verification/9/addresses", "/verification/9/export.csv"):
        assert browser.get(path).status_code == 404
    for path in ("/verification/9/cancel", "/verification/9/suppress"):
        assert browser.post(path).status_code == 404


def test_a_list_from_start_to_suppression(browser: FlaskClient, sqlite_hub: Hub, fill: Fill, work: Work) -> None:
    fill(sqlite_hub, console_actor(1), ["ada@good.example", "info@gmail.com", "a@gone.example", "b@gone.example"])
    assert "Spring (4)" in browser.get("/verification").text
    answer = browser.post("/verification", data={"audience": "list:1"})
    assert (answer.status_code, answer.location) == (303, "/verification/1")
    page = browser.get("/verification/1").text
    assert "The list is being verified" in page
    assert 'hx-trigger="every 1s"' in page
    work(sqlite_hub)
    page = browser.get("/verification/1").text
    for words in ("4 addresses were verified.", "Suppress 2 undeliverable addresses", "The domain does not exist."):
        assert words in page
    assert "hx-trigger" not in page
    shown = browser.get("/verification/1/addresses?verdict=undeliverable").text
    assert "a@gone.example" in shown
    assert "ada@good.example" not in shown
    assert "No address here" in browser.get("/verification/1/addresses?verdict=risky").text
    export = browser.get("/verification/1/export.csv?verdict=undeliverable")
    assert export.mimetype == "text/csv"
    assert export.text.count("\n") == 3
    assert browser.post("/verification/1/suppress").status_code == 303
    work(sqlite_hub)
    assert "2 addresses were suppressed" in browser.get("/verification/1").text
    assert Suppression.select().count() == 2
    assert browser.post("/verification/1/suppress").status_code == 409


def test_a_cancelled_one(browser: FlaskClient, sqlite_hub: Hub, fill: Fill) -> None:
    fill(sqlite_hub, console_actor(1), ["ada@good.example"])
    browser.post("/verification", data={"audience": "list:1"})
    assert browser.post("/verification/1/cancel").status_code == 303
    assert "This verification was cancelled" in browser.get("/verification/1").text
    assert browser.post("/verification/1/cancel").status_code == 409

"""What goes wrong becomes a page with its status, a sentence and, for a bug, a number."""

import errno
import logging
import re

import peewee
import pytest
from flask import Flask

from mailhub.db import db
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, UserError

from .conftest import Browser


@pytest.fixture
def broken(app: Flask, owner: Browser) -> Browser:
    """The owner's browser, on an application with pages that raise."""

    def fail(kind: str) -> str:
        raise {
            "missing": NotFound("There is no list {name}.", name="<Spring>"),
            "forbidden": Forbidden("No."),
            "conflict": Conflict("Not now."),
            "invalid": Invalid(fields={"a": "a is wrong."}),
            "other": UserError("Something."),
            "bug": ZeroDivisionError("secret words"),
            "full": OSError(errno.ENOSPC, "secret words"),
        }[kind]

    app._got_first_request = False
    app.add_url_rule("/fail/<kind>", "fail", fail, methods=["GET", "POST"])
    return owner


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("missing", 404),
        ("forbidden", 403),
        ("conflict", 409),
        ("invalid", 422),
        ("other", 400),
        ("bug", 500),
        ("full", 503),
    ],
)
def test_status(broken: Browser, kind: str, status: int) -> None:
    answer = broken.get(f"/fail/{kind}")
    assert answer.status_code == status
    assert "Go to the dashboard" in answer.text


@pytest.mark.parametrize("path", ["/messages/{}", "/sandbox/{}", "/messages?before={}", "/settings/activity?user={}"])
def test_a_number_no_table_can_hold_is_not_found(owner: Browser, path: str) -> None:
    assert owner.get(path.format(2**63)).status_code == 404


def test_values_in_sentences_are_escaped(broken: Browser) -> None:
    assert "There is no list &lt;Spring&gt;." in broken.get("/fail/missing").text


def test_a_bug_is_logged_whole_and_shown_as_a_number(broken: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        text = broken.get("/fail/bug").text
    assert "secret words" not in text
    number = re.search(r"<code>([0-9a-f]{8})</code>", text)
    assert number
    assert number[1] in caplog.text
    assert "ZeroDivisionError: secret words" in caplog.text


def test_a_bug_of_the_database_has_a_number_too(broken: Browser) -> None:
    db.execute_sql("ALTER TABLE sessions RENAME TO lost")
    answer = broken.client.get("/")
    assert answer.status_code == 500
    assert re.search(r"this number: [0-9a-f]{8}", answer.text)


def test_a_full_disk_is_a_sentence_and_no_number(broken: Browser) -> None:
    answer = broken.get("/fail/full")
    assert "The disk of this server is full: make room on it" in answer.text
    assert "secret words" not in answer.text
    assert "<code>" not in answer.text
    assert answer.headers["Retry-After"] == "10"
    broken.post("/language/fr")
    assert "Le disque de ce serveur est plein" in broken.get("/fail/full").text


def test_a_database_that_is_away_has_its_sentence_too(broken: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise peewee.OperationalError("unable to open database file")

    monkeypatch.setattr(peewee.Database, "connect", away)
    answer = broken.get("/")
    assert answer.status_code == 503
    assert "The files of the database cannot be used" in answer.text


def test_a_button_that_comes_too_late_goes_back_with_a_sentence(broken: Browser) -> None:
    broken.client.environ_base["HTTP_REFERER"] = "http://localhost/messages?outcome=bounced"
    answer = broken.post("/fail/conflict")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/messages?outcome=bounced")
    assert "Not now." in broken.get("/messages").text


@pytest.mark.parametrize("referrer", ["", "https://evil.example/messages", "http://localhost.evil.example/"])
def test_nobody_is_sent_to_a_page_that_is_not_ours(broken: Browser, referrer: str) -> None:
    broken.client.environ_base["HTTP_REFERER"] = referrer
    assert broken.post("/fail/conflict").status_code == 409


def test_unknown_addresses_and_methods(owner: Browser) -> None:
    assert "nothing at this address" in owner.get("/nothing").text
    assert owner.get("/account/switch").status_code == 405


def test_a_part_of_a_page_hears_the_bare_sentence(broken: Browser) -> None:
    answer = broken.client.get("/fail/conflict", headers={"HX-Request": "true"})
    assert answer.text == "Not now."

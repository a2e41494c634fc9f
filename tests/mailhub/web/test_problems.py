"""Whatever a JSON application raises becomes a problem document with its sentence; a bug tells only its reference."""

import logging
from collections.abc import Callable
from typing import Any

import peewee
import pytest
from flask import Flask, abort, redirect, request
from werkzeug.test import TestResponse

from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, Sentence, UserError
from mailhub.web import problems
from mailhub.web.problems import TooMany, Unauthenticated


@pytest.fixture
def ask() -> Callable[..., TestResponse]:
    """What an application answers whose one page does `work`."""

    def asking(work: Callable[[], Any], **options: Any) -> TestResponse:
        app = Flask("api")
        problems.register(app)
        app.add_url_rule("/<int:number>", view_func=lambda number: work(), methods=["POST"], endpoint="page")
        return app.test_client().open("/1", method="POST", **options)

    return asking


def _raise(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (UserError("A {what}.", what="mistake"), 400, "Bad Request"),
        (Unauthenticated("Who are you?"), 401, "Unauthorized"),
        (Forbidden("You may not."), 403, "Forbidden"),
        (NotFound("There is none."), 404, "Not Found"),
        (Conflict("Not now."), 409, "Conflict"),
        (Invalid("Not so."), 422, "Unprocessable Content"),
        (TooMany("Wait {seconds} seconds.", 7), 429, "Too Many Requests"),
    ],
)
def test_each_error_has_its_status_and_sentence(
    ask: Callable[..., TestResponse], error: UserError, status: int, title: str
) -> None:
    answer = ask(_raise(error))
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json == {"type": "about:blank", "title": title, "status": status, "detail": str(error)}
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert answer.headers.get("WWW-Authenticate") == ('Bearer realm="MailHub"' if status == 401 else None)


def test_each_field_has_its_sentence(ask: Callable[..., TestResponse]) -> None:
    error = Invalid(fields={"name": Sentence("There is no name: write one."), "a/b~c": Sentence("Odd.")})
    assert ask(_raise(error)).json["errors"] == [  # type: ignore[index]
        {"pointer": "#/name", "detail": "There is no name: write one."},
        {"pointer": "#/a~1b~0c", "detail": "Odd."},
    ]


def test_what_the_framework_refuses_is_a_problem_too(ask: Callable[..., TestResponse]) -> None:
    app = Flask("api")
    problems.register(app)
    app.add_url_rule("/", view_func=lambda: "", methods=["POST"])
    missing, wrong = app.test_client().get("/nowhere"), app.test_client().get("/")
    assert (missing.status_code, missing.content_type) == (404, "application/problem+json")
    assert (wrong.status_code, "POST" in wrong.headers["Allow"]) == (405, True)
    assert wrong.json is not None
    assert "method" in wrong.json["detail"]
    unread = ask(lambda: {"given": request.get_json()}, data="{", content_type="application/json")
    assert (unread.status_code, unread.content_type) == (400, "application/problem+json")
    assert ask(lambda: {"given": request.get_json()}, data="x").status_code == 415
    assert ask(lambda: abort(418)).content_type == "application/problem+json"
    assert ask(lambda: abort(redirect("/elsewhere"))).headers["Location"] == "/elsewhere"
    assert ask(_raise(OverflowError())).status_code == 404


def test_a_bug_tells_its_reference_and_nothing_else(
    ask: Callable[..., TestResponse], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "mailhub.web.problems"):
        answer = ask(_raise(ZeroDivisionError("secret")))
    assert answer.status_code == 500
    assert answer.json is not None
    assert "secret" not in answer.text
    assert answer.json["reference"] in caplog.text


def test_an_outage_is_said_in_its_sentence(ask: Callable[..., TestResponse]) -> None:
    answer = ask(_raise(peewee.OperationalError("database or disk is full")))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.content_type == "application/problem+json"

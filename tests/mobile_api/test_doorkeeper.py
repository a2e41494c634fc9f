"""What every answer carries, and what a bug looks like from outside."""

from apiflask import APIFlask

from mobile_api.doorkeeper import hub


def test_answers_are_for_one_device_alone(app: APIFlask) -> None:
    for answer in (app.test_client().get("/me"), app.test_client().post("/pair", json={})):
        assert answer.headers["Vary"] == "Authorization, Accept-Language"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age" not in answer.headers["Cache-Control"]
    assert app.test_client().post("/pair", json={}).headers["Cache-Control"] == "no-store"


def test_a_bug_is_a_reference_and_no_traceback(app: APIFlask) -> None:
    def break_() -> None:
        raise RuntimeError("a secret inside")

    app.add_url_rule("/broken", view_func=break_)
    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert answer.json["reference"]
    assert "secret" not in answer.text


def test_the_hub_is_within_reach(app: APIFlask) -> None:
    with app.app_context():
        assert hub() is app.extensions["mailhub"]

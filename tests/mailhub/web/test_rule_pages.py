"""Rules on pages: made, read as a sentence, moved, deleted."""

import re

import pytest

from mailhub.routing import rules

from .conftest import Browser


@pytest.fixture
def routes(owner: Browser) -> Browser:
    """Two routes, with the numbers 1 and 2."""
    owner.get("/server/routes/new")
    for name in ("main", "spare"):
        owner.post("/server/routes/new", name=name, kind="direct", tls="opportunistic", enabled="1")
    return owner


def _words(browser: Browser) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", browser.get("/server/routes").text).split())


def test_without_a_route_there_is_one_to_make_first(owner: Browser) -> None:
    assert "make one first" in owner.get("/server/routes/rules/new").text


def test_a_rule_is_made_and_reads_as_a_sentence(routes: Browser) -> None:
    routes.get("/server/routes/rules/new")
    answer = routes.post(
        "/server/routes/rules/new", stream="bulk", account="1", sender_domain="news.example.org",
        recipient_domain="*.example.net", provider="google",
        **{"order-1": "1", "weight-1": "3", "order-2": "1", "weight-2": "1"},
    )  # fmt: skip
    assert answer.headers["Location"] == "/server/routes"
    words = _words(routes)
    assert (
        "1 bulk mail, of Acme, from news.example.org, to *.example.net, to mailboxes at google main 75% , spare 25%"
        in words
    )
    assert "then all other mail sandbox (the configuration’s route)" in words
    form = routes.get("/server/routes/rules/1").text
    assert '<option value="google">Gmail and Google Workspace' in form
    assert 'value="*.example.net"' in form
    assert re.search(r'<option value="1" selected>Acme', form)
    assert 'name="weight-1" inputmode="numeric" value="3"' in form


def test_a_form_with_mistakes_keeps_what_was_chosen(routes: Browser) -> None:
    routes.get("/server/routes/rules/new")
    wrong = {"sender_domain": "nonsense", "order-2": "2", "weight-2": "7"}
    answer = routes.post("/server/routes/rules/new", **wrong)
    assert answer.status_code == 422
    assert 'id="error-sender_domain"' in answer.text
    assert 'name="weight-2" inputmode="numeric" value="7"' in answer.text
    assert "has no route" in routes.post("/server/routes/rules/new", stream="bulk").text
    share = routes.post("/server/routes/rules/new", **{"order-1": "1", "weight-1": "much"})
    assert "is no route of a rule" in share.text


def test_a_rule_is_changed_moved_and_deleted(routes: Browser) -> None:
    routes.get("/server/routes/rules/new")
    for stream in ("bulk", "system"):
        routes.post("/server/routes/rules/new", stream=stream, **{"order-1": "1", "weight-1": "1"})
    assert (
        routes.post("/server/routes/rules/2", stream="transactional", **{"order-2": "1", "weight-2": "1"}).status_code
        == 303
    )
    assert routes.post("/server/routes/rules/2", stream="nonsense").status_code == 422
    assert routes.post("/server/routes/rules/2/move", position="1").status_code == 303
    assert [row.stream for row in rules.ordered()] == ["transactional", "bulk"]
    routes.post("/server/routes/rules/2/delete")
    assert [(row.position, row.stream) for row in rules.ordered()] == [(1, "bulk")]
    assert routes.get("/server/routes/rules/2").status_code == 404


def test_a_rule_whose_routes_are_off_is_marked(routes: Browser) -> None:
    routes.get("/server/routes/rules/new")
    routes.post("/server/routes/rules/new", **{"order-1": "1", "weight-1": "1"})
    assert "passed over" not in _words(routes)
    routes.post("/server/routes/change/main", name="main", kind="direct", tls="opportunistic")
    assert "All its routes are off: its mail waits until one is on." in _words(routes)

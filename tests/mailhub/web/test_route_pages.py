"""Routes on pages: what to do first, forms that lose nothing but the password, tests that are followed."""

import re

import pytest

from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.routes import RouteRow, RouteTrial
from mailhub.routing import making

from .conftest import Browser

SMART = {
    "name": "main", "kind": "smart_host", "host": "smtp.example.com", "port": "", "tls": "required", "username": "me",
    "password": "secret-word", "pool": "", "enabled": "1",
}  # fmt: skip


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_at_first_the_page_says_what_to_do(owner: Browser) -> None:
    text = owner.get("/server/routes").text
    assert "One route, from the configuration" in text
    assert "Now: sandbox" in text
    assert 'href="/server/routes/new"' in text


def test_a_route_is_made_and_listed_without_its_password(owner: Browser) -> None:
    owner.get("/server/routes/new")
    assert owner.post("/server/routes/new", **SMART).headers["Location"] == "/server/routes"
    words = _words(owner.get("/server/routes").text)
    assert "The route main is made. Test it, then use it in a rule." in words
    assert "smtp.example.com, port 587 as me" in words
    assert "in no rule" in words
    form = owner.get("/server/routes/change/main").text
    assert "A password is kept" in form
    assert "secret-word" not in form + words


def test_a_form_with_mistakes_keeps_what_was_written_but_the_password(owner: Browser) -> None:
    owner.get("/server/routes/new")
    answer = owner.post("/server/routes/new", **{**SMART, "host": "no host", "port": "x"})
    assert answer.status_code == 422
    assert 'value="no host"' in answer.text
    assert 'id="error-port"' in answer.text
    assert "secret-word" not in answer.text
    owner.post("/server/routes/new", **SMART)
    again = owner.post("/server/routes/new", **SMART)
    assert again.status_code == 422
    assert "There is a route main already" in again.text


def test_a_route_is_changed_and_an_empty_password_leaves_it(owner: Browser, hub: Hub) -> None:
    owner.get("/server/routes/new")
    owner.post("/server/routes/new", **SMART)
    changed = {**SMART, "name": "second", "tls": "implicit", "password": ""}
    del changed["enabled"]
    assert owner.post("/server/routes/change/main", **changed).status_code == 303
    row = making.find("second")
    assert (row.tls, row.enabled) == ("implicit", False)
    assert hub.keyring.decrypt(row.password) == b"secret-word"
    for moved in ({"host": ""}, {"host": "thief.example.net"}):
        assert owner.post("/server/routes/change/second", **{**changed, **moved}).status_code == 422
    assert owner.get("/server/routes/change/main").status_code == 404


def test_a_route_in_use_cannot_be_deleted(owner: Browser) -> None:
    owner.get("/server/routes/new")
    owner.post("/server/routes/new", **SMART)
    owner.post("/server/routes/rules/new", **{"order-1": "1", "weight-1": "1"})
    assert "Used by rule 1" in owner.get("/server/routes/change/main").text
    owner.post("/server/routes/delete", route="main")
    assert "is used by rule 1" in owner.get("/server/routes").text
    owner.post("/server/routes/rules/1/delete")
    owner.post("/server/routes/delete", route="main")
    assert "The route main is deleted." in owner.get("/server/routes").text
    assert not RouteRow.select().exists()


def test_a_test_is_followed_to_its_end(owner: Browser, hub: Hub) -> None:
    page = owner.get("/server/routes/test").text
    assert 'value="ada@example.com"' in page
    answer = owner.post("/server/routes/test", route="", recipient="you@there.example", sender="", send="1")
    assert answer.headers["Location"] == "/server/routes/tests/1"
    waiting = owner.get("/server/routes/tests/1").text
    assert 'hx-get="/server/routes/tests/1"' in waiting
    assert "waits for a worker" in waiting
    connected = dict.fromkeys(("host", "peer", "port", "own"), "x")
    lines = [
        [12, "note", "Connected to {host} ({peer}, port {port}) from {own}.", connected],
        [40, "them", "220 <there>", {}],
        [41, "us", "EHLO here", {}],
    ]
    meaning = [
        [
            "{host} took the mail ({code}). It is now on its way to the mailbox, or to its junk folder.",
            {"host": "x", "code": "250"},
        ]
    ]
    RouteTrial.update(state="done", lines=lines, meaning=meaning).execute()
    ended = owner.get("/server/routes/tests/1").text
    assert "hx-get" not in ended
    words = _words(ended)
    assert "x took the mail (250)" in words
    assert "0.01 s Connected to x (x, port x) from x." in words
    assert "0.04 s server 220 &lt;there&gt; 0.04 s MailHub EHLO here" in words
    assert "you@there.example" in owner.get("/server/routes/test").text
    assert rows.Job.select().count() == 1


def test_a_test_without_an_address_is_refused_at_its_field(owner: Browser) -> None:
    owner.get("/server/routes/test")
    answer = owner.post("/server/routes/test", route="", recipient="nobody", sender="", send="1")
    assert answer.status_code == 422
    assert 'id="error-recipient"' in answer.text
    owner.post("/server/routes/new", **SMART)
    astray = owner.post("/server/routes/test", route="main", recipient="a@b.example", send="0", address="127.0.0.9")
    assert astray.status_code == 404
    assert owner.get("/server/routes/tests/77").status_code == 404


def test_the_conversation_speaks_french(owner: Browser) -> None:
    owner.get("/server/routes/test")
    owner.post("/server/routes/test", route="", recipient="you@there.example", sender="", send="1")
    RouteTrial.update(state="failed", lines=[[1, "note", "No session: {reason}", {"reason": "x"}]]).execute()
    owner.post("/language/fr")
    text = owner.get("/server/routes/tests/1").text
    assert "Pas de session\u00a0: x" in text
    assert "Ce qui s’est dit" in text


@pytest.mark.parametrize("path", ["routes", "routes/new", "routes/test", "routes/rules/new", "pools", "pools/new"])
def test_another_account_sees_none_of_it(stranger: Browser, path: str) -> None:
    assert stranger.get(f"/server/{path}").status_code == 403
    assert "Address pools" not in stranger.get("/").text

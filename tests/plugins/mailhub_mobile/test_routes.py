"""The Phones pages: what each person sees, and the code that is shown once."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from mailhub.hub import Hub
from mailhub_mobile import connectors
from mailhub_mobile.entering import Entrance
from mailhub_mobile.models import Connector

from .conftest import Team

Browse = Callable[[str], FlaskClient]


def test_off_shows_an_administrator_the_switch_and_others_nothing(hub: Hub, team: Team, browse: Browse) -> None:
    connectors.switch(hub, team.account.id, False)
    ada, bob = browse("ada@example.com"), browse("bob@example.com")
    assert "Switch phones on" in ada.get("/settings/phones").text
    assert bob.get("/settings/phones").status_code == 404
    assert "/settings/phones" not in bob.get("/").text
    assert ada.post("/settings/phones/switch", data={"on": "1"}).status_code == 303
    assert connectors.is_on(hub, team.account.id)
    assert "/settings/phones" not in bob.get("/").text, "who has no connector has nothing to see"


def test_a_connector_is_added_changed_and_revoked_by_form(team: Team, browse: Browse) -> None:
    ada = browse("ada@example.com")
    given = {"user": "bob@example.com", "kind": "ipad", "privilege": "read", "name": "Bob’s"}
    assert ada.post("/settings/phones/new", data=given).headers["Location"] == "/settings/phones"
    row = Connector.get()
    page = ada.get("/settings/phones").text
    assert "Bob’s" in page
    assert "Bob Marketer" in page
    assert "not yet" in page
    assert f"/settings/phones/{row.number}/code" not in page, "the code is for its user alone"
    assert ada.get(f"/settings/phones/{row.number}").status_code == 200
    ada.post(f"/settings/phones/{row.number}", data={"privilege": "write", "name": "Her tablet"})
    row = Connector.get()
    assert (row.privilege, row.name) == ("write", "Her tablet")
    ada.post(f"/settings/phones/{row.number}/revoke")
    assert Connector.get().state == "revoked"


def test_a_wrong_form_says_why_and_keeps_what_was_typed(team: Team, browse: Browse, give: Callable[..., int]) -> None:
    ada = browse("ada@example.com")
    answer = ada.post("/settings/phones/new", data={"user": "bob@example.com", "kind": "toaster", "name": "Mine"})
    assert answer.status_code == 422
    assert "no kind of device" in answer.text
    assert 'value="Mine"' in answer.text
    answer = ada.post(f"/settings/phones/{give()}", data={"privilege": "all", "name": ""})
    assert answer.status_code == 422


def test_a_user_pairs_their_own(
    hub: Hub, team: Team, browse: Browse, give: Callable[..., int], entrance: Entrance
) -> None:
    number = give("bob@example.com")
    bob = browse("bob@example.com")
    assert "/settings/phones" in bob.get("/").text
    page = bob.get("/settings/phones").text
    assert f"/settings/phones/{number}/code" in page
    assert "Revoke" not in page
    assert "Show the code" in bob.get(f"/settings/phones/{number}/code").text
    shown = bob.post(f"/settings/phones/{number}/code")
    assert shown.headers["Cache-Control"] == "no-store"
    assert "<svg" in shown.text
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", shown.text)
    assert code is not None
    assert "every 2s" in bob.get(f"/settings/phones/{number}/live").text
    entrance.pair(code[0], "iphone", "")
    live = bob.get(f"/settings/phones/{number}/live").text
    assert "The device is paired" in live
    assert "every 2s" not in live
    assert "signs it out" in bob.get(f"/settings/phones/{number}/code").text


def test_nobody_sees_anothers_code_or_changes_it(team: Team, browse: Browse, give: Callable[..., int]) -> None:
    adas, bobs = give("ada@example.com"), give("bob@example.com")
    ada, bob = browse("ada@example.com"), browse("bob@example.com")
    assert ada.post(f"/settings/phones/{bobs}/code").status_code == 403
    assert bob.post(f"/settings/phones/{adas}/code").status_code == 404
    assert bob.get(f"/settings/phones/{adas}/live").status_code == 404
    assert bob.post(f"/settings/phones/{bobs}", data={"privilege": "write"}).status_code == 403
    assert bob.get("/settings/phones/new").status_code == 403
    assert bob.post(f"/settings/phones/{bobs}/revoke").status_code == 403


def test_ones_own_new_connector_leads_to_its_code(team: Team, browse: Browse) -> None:
    given = {"user": "ada@example.com", "kind": "iphone", "privilege": "write", "name": ""}
    answer = browse("ada@example.com").post("/settings/phones/new", data=given)
    assert answer.headers["Location"].endswith("/code")


def test_in_french(team: Team, browse: Browse, give: Callable[..., int]) -> None:
    ada = browse("ada@example.com")
    give("ada@example.com")
    ada.post("/language/fr")
    page = ada.get("/settings/phones").text
    for words in ("Téléphones", "lecture et écriture", "pas encore", "Révoquer", "Associer"):
        assert words in page, words

"""The pages of credit: an account's own, the staff's, and none where nothing is charged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailhub import Hub
from mailhub.accounts import User
from mailhub.messages import Source
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from mailhub_billing.models import Entry
from tests.plugins.mailhub_billing.conftest import settle, submit, tick

TopUp = Callable[..., dict[str, Any]]


def browse(hub: Hub, actor: Actor) -> FlaskClient:
    app = create_app(hub)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": User.get_by_id(actor.user_id).email, "password": "a long password"})
    assert answer.status_code == 303
    return client


@pytest.fixture
def owners(hub: Hub, owner: Actor) -> FlaskClient:
    return browse(hub, owner)


@pytest.fixture
def staffs(hub: Hub, staff: Actor) -> FlaskClient:
    return browse(hub, staff)


def test_an_account_sees_its_credit_and_history(hub: Hub, source: Source, owners: FlaskClient, top_up: TopUp) -> None:
    assert "Nothing was credited or charged yet" in owners.get("/credit").text
    top_up("12.5")
    submit(hub, source, 100)
    settle(hub, source, "delivered", 60)
    tick(hub)
    page = owners.get("/credit").text
    for words in ("€12.05", "€0.0045", "€0.18", "Transfer 7", "Spring", "100 mails"):
        assert words in page, words
    assert "/server/credit" not in page


def test_the_threshold_is_changed_on_the_page(hub: Hub, owner: Actor, owners: FlaskClient) -> None:
    assert owners.post("/credit/threshold", data={"mails": "1000"}).status_code == 303
    assert hub.call(owner, "billing.balance")["threshold"] == 1000
    assert owners.post("/credit/threshold", data={"mails": "many"}).status_code == 422


def test_staff_record_a_top_up_once_however_often_the_form_is_sent(hub: Hub, owner: Actor, staffs: FlaskClient) -> None:
    page = f"/server/credit/{owner.account_id}"
    assert "Acme" in staffs.get("/server/credit").text
    key = staffs.get(page).text.split('name="key" value="')[1].split('"')[0]
    form = {"amount": "50,25", "unit": "money", "note": "Transfer", "key": key}
    assert [staffs.post(page, data=form).status_code for _ in range(2)] == [303, 303]
    assert Entry.of(owner.account_id).count() == 1
    assert "€50.25" in staffs.get(page).text
    assert staffs.post(page, data={**form, "amount": "60"}).status_code == 409
    wrong = staffs.post(page, data={**form, "amount": "a lot", "key": "2"})
    assert wrong.status_code == 422
    assert "a lot is no amount" in wrong.text
    assert staffs.post(f"{page}/price", data={"price": "0.01"}).status_code == 303
    assert hub.call(owner, "billing.balance")["price"] == 10_000
    entry = Entry.of(owner.account_id).get().id
    assert staffs.post(f"{page}/reverse", data={"entry": entry}).status_code == 303
    assert hub.call(owner, "billing.balance")["money"] == 0
    assert "Everything is right" in staffs.get("/server/credit/check").text


def test_an_account_reaches_none_of_the_staffs_pages(hub: Hub, owner: Actor, staff: Actor, owners: FlaskClient) -> None:
    mine = f"/server/credit/{owner.account_id}"
    for path in ("/server/credit", mine, "/server/credit/check"):
        assert owners.get(path).status_code == 403
    for path in (mine, f"{mine}/price", f"{mine}/reverse"):
        answer = owners.post(path, data={"amount": "5", "note": "Me", "price": "0", "entry": "1"})
        assert answer.status_code in (403, 404)
    assert not Entry.select().exists()


def test_a_long_history_is_paged(owners: FlaskClient, top_up: TopUp) -> None:
    for number in range(60):
        top_up("1", note=f"Transfer number {number:02}")
    first = owners.get("/credit").text
    assert first.count("Transfer number") == 50
    older = first.split('rel="next" href="')[1].split('"')[0]
    page = owners.get(older).text
    assert page.count("Transfer number") == 10
    assert "Transfer number 00" in page


def test_where_nothing_is_charged_there_is_no_page_but_the_staffs(tmp_path: Path) -> None:
    with make_hub(tmp_path / "data") as hub:
        staff, owner = make_owner(hub, "Operator")[2], make_owner(hub)[2]
        owners, staffs = browse(hub, owner), browse(hub, staff)
        assert owners.get("/credit").status_code == 404
        assert "/credit" not in owners.get("/").text
        assert "charge = true" in staffs.get("/server/credit").text


def test_without_the_plugin_nothing_is_left(tmp_path: Path) -> None:
    with make_hub(tmp_path / "data", plugins={"disabled": ["billing"]}, billing={"charge": True}) as hub:
        staffs = browse(hub, make_owner(hub, "Operator")[2])
        assert staffs.get("/server/credit").status_code == 404
        assert "redit" not in staffs.get("/").text
        assert not [
            name
            for name in (*hub.actions, *hub.permissions, *hub.event_kinds)
            if "billing" in name or "credit" in name.split(".")
        ]

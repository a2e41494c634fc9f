"""What is the server's own, the plugins' too, opens for nobody of another account: whatever their role says, by every door."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mailhub.accounts import ApiKey, Role
from mailhub.errors import Forbidden, Invalid, UserError
from mailhub.hub import Hub
from mailhub.permissions import Actor, console_actor, system_actor, user_actor
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from mailhub.web.api import create_api
from mailhub_mobile.entering import Entrance

PASSWORD = "a long password"


class Tenant(NamedTuple):
    hub: Hub
    email: str
    actor: Actor
    servers: list[str]
    """The names of the server's own permissions."""


@pytest.fixture(params=["owner", "administrator", "each by its name"])
def tenant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tenant]:
    """Somebody of account 2 whose role says all it can."""
    with make_hub(tmp_path / "data", billing={"charge": True}) as hub:
        make_owner(hub, "Operator", "root@example.com")
        account, user, _ = make_owner(hub, "Tenant", "eve@example.com")
        servers = [each.name for each in hub.permissions.values() if each.area == "Server"]
        assert {"server.view", "accounts.create", "billing.record", "sms.configure"} <= set(servers)
        named = {"owner": ["*"], "administrator": ["administer"]}.get(request.param, sorted(hub.permissions))
        Role.update(permissions=named).where(Role.account == account, Role.name == "owner").execute()
        yield Tenant(hub, user.email, user_actor(user.id, account.id, "web", user.name), servers)


def _is_refused(hub: Hub, actor: Actor, servers: list[str]) -> None:
    own = [each for each in hub.actions.values() if each.permission in servers]
    assert len(own) >= 9
    for action in own:
        with pytest.raises(Forbidden, match="operator's account alone"):
            action.perform(hub, actor, {})


def test_by_action_as_anybody_of_the_account(tenant: Tenant) -> None:
    hub, actor = tenant.hub, tenant.actor
    for each in (actor, console_actor(actor.account_id), system_actor(actor.account_id)):
        _is_refused(hub, each, tenant.servers)
    for door in ("sms", "slack", "cli"):
        _is_refused(hub, user_actor(actor.user_id or 0, actor.account_id, door, "Eve"), tenant.servers)


def test_by_page(tenant: Tenant) -> None:
    app = create_app(tenant.hub)
    app.config.update(WTF_CSRF_ENABLED=False)
    root, eve = app.test_client(), app.test_client()
    for browser, email in ((root, "root@example.com"), (eve, tenant.email)):
        assert browser.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
    pages = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/server")]
    assert {"billing.accounts", "sms.server", "server.status"} <= {rule.endpoint for rule in pages}
    for rule in pages:
        path = re.sub("<[^>]+>", "2", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))
        for method in (rule.methods or set()) & {"GET", "POST"}:
            refused = eve.open(path, method=method)
            assert refused.status_code == 403, f"{method} {path}"
            if method == "GET" and "<" not in rule.rule:
                assert root.open(path, follow_redirects=True).status_code == 200, path
    assert "/server" not in eve.get("/").text
    assert "/server/credit" in root.get("/server").text


def test_by_api_key(tenant: Tenant) -> None:
    hub, actor = tenant.hub, tenant.actor
    for each in tenant.servers:
        with pytest.raises(Invalid, match="You do not have the permission"):
            hub.call(actor, "api_keys.create", name="x", scopes=each)
    api = create_api(hub).test_client()
    for number, scopes in enumerate((["*"], tenant.servers, ["administer"])):
        made = hub.call(actor, "api_keys.create", name=f"x {number}", scopes="*")
        ApiKey.update(scopes=scopes).where(ApiKey.key == made["key"]).execute()  # as if an old version had let it
        me = api.get("/me", headers={"Authorization": f"Bearer {made['token']}"}).json
        assert not set(me["permissions"]) & set(tenant.servers), scopes


def test_by_phone(tenant: Tenant) -> None:
    hub, actor = tenant.hub, tenant.actor
    hub.call(actor, "connectors.switch", on=True)
    hub.call(actor, "connectors.add", user=tenant.email, kind="iphone", privilege="write", name="")
    entrance = Entrance(hub)
    device = entrance.read(entrance.sign_in(tenant.email, PASSWORD, "iphone", "A test", None).access)
    assert device.actor.may("connectors.use")
    _is_refused(hub, device.actor, tenant.servers)


def test_by_the_role_given_to_somebody_else(tenant: Tenant) -> None:
    hub, actor = tenant.hub, tenant.actor
    for number, name in enumerate(tenant.servers):
        Role.create(account=actor.account_id, name=name, permissions=[name])
        given = {"name": "Mallory", "email": f"mallory{number}@example.com", "role": name}
        with pytest.raises(UserError):
            hub.call(actor, "users.create", **given)

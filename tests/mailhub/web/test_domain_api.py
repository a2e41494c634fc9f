"""Domains under /api/v1: the whole life of one, with an API key."""

from typing import Any

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub.web.api import create_api
from tests.dns_server import DnsServer
from tests.mailhub.domains.zones import configure, look, texts


def test_a_domain_is_added_shown_checked_changed_rotated_and_deleted(hub: Hub) -> None:
    make_owner(hub)
    owner: Actor = make_owner(hub)[2]
    key = hub.call(owner, "api_keys.create", name="Shop")
    client, headers = create_api(hub).test_client(), {"Authorization": f"Bearer {key['key']}.{key['secret']}"}

    def ask(method: str, path: str, status: int = 200, **given: object) -> Any:
        answer = client.open(path, method=method, headers=headers, json=given if method != "GET" else None)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    made = ask("POST", "/domains", 201, name="acme.example")
    proof = made["records"][0]
    assert proof["name"] == "_mailhub.acme.example"
    shown = ask("GET", "/domains/acme.example")
    assert (shown["state"], shown["proved"], len(shown["keys"])) == ("unproved", False, 2)
    assert ask("GET", "/domains")["domains"][0]["name"] == "acme.example"
    with DnsServer({proof["name"]: texts(proof["value"])}) as dns:
        configure(hub, "dns", resolvers=[dns.address])
        assert ask("POST", "/domains/acme.example/check", 202)["looking"] is True
        look(hub)
    ask("POST", "/domains/acme.example/check", 409)
    checked = ask("GET", "/domains/acme.example")
    assert checked["looking"] is False
    assert (checked["proved"], checked["records"][0]["state"]) == (True, "ok")
    assert checked["records"][0]["since"].endswith("Z")
    assert ask("PATCH", "/domains/acme.example", inherited=True)["inherited"] is True
    assert len(ask("POST", "/domains/acme.example/rotate")["keys"]) == 4
    ask("POST", "/domains/acme.example/activate", 409)
    states = [each["state"] for each in ask("POST", "/domains/acme.example/activate", force=True)["keys"]]
    assert sorted(states) == ["active", "active", "retired", "retired"]
    assert ask("DELETE", "/domains/acme.example") == {"name": "acme.example"}
    ask("GET", "/domains/acme.example", 404)

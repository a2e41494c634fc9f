"""The API with a key: who asks, and what is answered."""

from collections.abc import Callable
from typing import Any

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.web.api import create_api

Ask = Callable[..., Any]


def asking(hub: Hub, actor: Actor, scopes: str = "") -> Ask:
    """`ask(method, path, status=200, idempotency="", **json)` with a new key of the actor; `scopes` as of api_keys.create."""
    key = hub.call(actor, "api_keys.create", name=f"Shop {scopes}".strip(), **({"scopes": scopes} if scopes else {}))
    client, headers = create_api(hub).test_client(), {"Authorization": f"Bearer {key['key']}.{key['secret']}"}

    def ask(method: str, path: str, status: int = 200, idempotency: str = "", **given: object) -> Any:
        more = {"Idempotency-Key": idempotency} if idempotency else {}
        answer = client.open(path, method=method, headers=headers | more, json=given if method != "GET" else None)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    return ask

"""The OpenAPI document: complete, true to what is answered, and silent about what is off."""

from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks

from mailhub.testing import make_hub
from mailhub.web.dispatcher import Dispatcher
from mailhub_mobile.entering import Entrance
from mobile_api.api import PREFIX, create_mobile_api

from .conftest import OTHERS, Phone

CHECKS = [checks.content_type_conformance, checks.response_schema_conformance, checks.status_code_conformance]


def test_the_document_names_every_address(app: APIFlask) -> None:
    spec = app.test_client().get("/openapi.json").json
    assert spec["openapi"].startswith("3.1")
    assert spec["servers"] == [{"url": "/mobile/v1"}]
    assert {path: sorted(found) for path, found in spec["paths"].items()} == {
        "/sign-in": ["post"],
        "/pair": ["post"],
        "/refresh": ["post"],
        "/sign-out": ["post"],
        "/me": ["get"],
        "/overview": ["get"],
        "/campaigns": ["get"],
        "/campaigns/{number}": ["get"],
        **{f"/campaigns/{{number}}/{verb}": ["post"] for verb in ("pause", "resume", "unvalidate", "reschedule")},
    }


def test_it_does_not_mention_what_is_off(tmp_path: Path) -> None:
    with make_hub(tmp_path / "data", plugins={"disabled": [*OTHERS, "sending"]}) as hub:
        client = create_mobile_api(hub, Entrance(hub)).test_client()
        assert "campaign" not in client.get("/openapi.json").text.lower()
        assert client.get("/campaigns").status_code == 404


def test_answers_are_as_the_document_says(
    phone: Callable[..., Phone], campaign: Callable[..., int], app: APIFlask, database_url: str
) -> None:
    """Made-up requests of every kind to every address: no server error, and every answer fits its schema."""
    if database_url:
        pytest.skip("what is asked does not depend on the database: once, on SQLite")
    for state in ("sending", "paused", "scheduled"):
        campaign(state)
    there = phone()
    site = Dispatcher(app.wsgi_app, {PREFIX: app.wsgi_app})
    document = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", site)
    found = {each.ok().path: each.ok() for each in document.get_all_operations()}
    tried = sorted(set(found) - {"/sign-out"})
    assert len(tried) == 11
    for path in tried:
        _ask(found[path], {"Authorization": f"Bearer {there.token}"})


def _ask(operation: schemathesis.APIOperation, headers: dict[str, str]) -> None:
    @given(operation.as_strategy())
    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        assert answer.status_code < 500
        case.validate_response(answer, checks=CHECKS)

    ask()

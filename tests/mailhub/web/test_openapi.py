"""The document says for every endpoint which errors there are and which key it wants, and each schema once."""

import pytest
from marshmallow import fields

from mailhub.hub import Hub
from mailhub.web.api import create_api
from mailhub.web.endpoints import shape
from mailhub.web.openapi import ERRORS, METHODS, Documented


def test_every_operation_has_the_errors_and_its_permission(hub: Hub) -> None:
    document = create_api(hub).test_client().get("/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    assert document["security"] == [{"bearer": []}, {"basic": []}]
    assert document["servers"] == [{"url": "/api/v1"}]
    told = [
        (path, method, each[method]) for path, each in document["paths"].items() for method in METHODS if method in each
    ]
    assert {"/me", "/messages", "/messages/{number}", "/domains/{name}"} <= {path for path, _, _ in told}
    for path, method, operation in told:
        assert set(ERRORS) <= set(operation["responses"]), path
        assert operation["responses"]["401"]["content"]["application/problem+json"]
        headers = [each["name"] for each in operation["parameters"] if each["in"] == "header"]
        assert ("Idempotency-Key" in headers) == (method != "get"), path
        assert path == "/me" or "permission" in operation["description"]
    sent = document["components"]["schemas"]["MessagesSendArguments"]
    assert sent["required"] == ["from", "to", "subject"] or set(sent["required"]) == {"from", "to", "subject"}
    assert sent["properties"]["variables"]["type"] == "object"


ROW = shape("Row", number=fields.Integer(required=True))
ROWS = shape("Rows", rows=fields.List(fields.Nested(ROW), required=True))


def test_a_schema_met_within_another_one_first_keeps_its_name(recwarn: pytest.WarningsRecorder) -> None:
    api = Documented("birds", title="Birds", version="1")
    for path, answer in (("/rows", ROWS), ("/rows/1", ROW), ("/rows/2", ROW)):
        api.add_url_rule(path, path, api.output(answer)(dict))
    with api.app_context():
        document = dict(api.spec)  # type: ignore[arg-type]
    assert {"Row", "Rows"} <= set(document["components"]["schemas"])
    assert "Row1" not in document["components"]["schemas"]
    told = document["paths"]["/rows/1"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert told == {"$ref": "#/components/schemas/Row"}
    assert not [each for each in recwarn if "already been added" in str(each.message)]

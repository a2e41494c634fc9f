"""The document says for every endpoint which errors there are and which key it wants, and the page says the same."""

from mailhub.hub import Hub
from mailhub.web.api import create_api
from mailhub.web.openapi import ERRORS, METHODS, operations


def test_every_operation_has_the_errors_and_its_permission(hub: Hub) -> None:
    document = create_api(hub).test_client().get("/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    assert document["security"] == [{"bearer": []}, {"basic": []}]
    assert document["servers"] == [{"url": "/api/v1"}]
    told = [
        (path, method, each[method]) for path, each in document["paths"].items() for method in METHODS if method in each
    ]
    assert {path for path, _, _ in told} == {"/me", "/messages", "/messages/{number}"}
    for path, method, operation in told:
        assert set(ERRORS) <= set(operation["responses"]), path
        assert operation["responses"]["401"]["content"]["application/problem+json"]
        headers = [each["name"] for each in operation["parameters"] if each["in"] == "header"]
        assert ("Idempotency-Key" in headers) == (method != "get"), path
        assert path == "/me" or "permission" in operation["description"]
    sent = document["components"]["schemas"]["MessagesSendArguments"]
    assert sent["required"] == ["from", "to", "subject"] or set(sent["required"]) == {"from", "to", "subject"}
    assert sent["properties"]["variables"]["type"] == "object"


def test_the_page_lists_what_the_document_holds(hub: Hub) -> None:
    asked = create_api(hub).test_client()
    document, page = asked.get("/openapi.json").json, asked.get("/docs").text
    assert document is not None
    for group in operations(document).values():
        for each in group:
            assert each.path in page
            for argument in each.arguments:
                assert argument.name in page
    assert "http://" not in page.replace("http://localhost", "")
    assert "<script" not in page

"""What the OpenAPI document of `/api/v1` says besides its endpoints: keys, errors, repeats; and the same for a reader."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mailhub.web.problems import TYPE

ERRORS = {
    "400": "The request cannot be read",
    "401": "There is no key, or it opens nothing",
    "403": "The key lacks the permission",
    "404": "There is no such thing in this account",
    "409": "Its state does not allow this now",
    "422": "A field is not what it should be",
    "429": "The key asks too often; Retry-After says how long to wait",
}
METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457)",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: what happened, to what, what to do"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
REPEAT = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Within a day, the same request with the same key is done once and answered alike.",
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to the document what holds for every endpoint."""
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    parts["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "ID.SECRET of an API key"},
        "basic": {"type": "http", "scheme": "basic", "description": "ID and secret of an API key"},
    }
    document["security"] = [{"bearer": []}, {"basic": []}]
    document["servers"] = [{"url": "/api/v1"}]
    for method, _, operation in _each(document):
        for status, description in ERRORS.items():
            content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            operation.setdefault("responses", {})[status] = {"description": description, "content": content}
        if method == "get":
            operation["responses"]["304"] = {"description": "Nothing has changed since the ETag in If-None-Match"}
        else:
            operation.setdefault("parameters", []).append(REPEAT)
    return document


def _each(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in document.get("paths", {}).items():
        for method in METHODS:
            if method in found:
                yield method, path, found[method]


class Argument(NamedTuple):
    """One thing an operation takes, for a reader."""

    name: str
    place: str
    kind: str
    required: bool
    told: str


class Operation(NamedTuple):
    """One operation, for a reader."""

    method: str
    path: str
    tag: str
    title: str
    told: str
    arguments: list[Argument]


def operations(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The document's operations by tag, in its order."""
    found: dict[str, list[Operation]] = {}
    for method, path, each in _each(document):
        arguments = [*_parameters(each), *_body(document, each)]
        tag = (each.get("tags") or [""])[0]
        made = Operation(method.upper(), path, tag, each.get("summary", ""), each.get("description", ""), arguments)
        found.setdefault(tag, []).append(made)
    return found


def _parameters(operation: Mapping[str, Any]) -> Iterator[Argument]:
    for each in operation.get("parameters", []):
        told = each.get("description") or each["schema"].get("description", "")
        yield Argument(each["name"], each["in"], _kind(each["schema"]), each.get("required", False), told)


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Argument]:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, each in schema.get("properties", {}).items():
        yield Argument(name, "body", _kind(each), name in schema.get("required", []), each.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    return " or ".join(each for each in kind if each != "null") if isinstance(kind, list) else str(kind)

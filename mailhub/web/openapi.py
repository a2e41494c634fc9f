"""What an OpenAPI document says besides its endpoints: keys, errors, repeats; and each schema by one name."""

from collections.abc import Iterator, Mapping
from typing import Any

from apiflask import APIFlask
from apispec import APISpec
from apispec.ext.marshmallow.common import make_schema_key
from marshmallow import Schema

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
    for method, _, operation in each_operation(document):
        for status, description in ERRORS.items():
            content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            operation.setdefault("responses", {})[status] = {"description": description, "content": content}
        if method == "get":
            operation["responses"]["304"] = {"description": "Nothing has changed since the ETag in If-None-Match"}
        else:
            operation.setdefault("parameters", []).append(REPEAT)
    return document


def each_operation(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation, in the document's order."""
    for path, found in document.get("paths", {}).items():
        for method in METHODS:
            if method in found:
                yield method, path, found[method]


class Documented(APIFlask):
    """An API whose document knows each schema by one name.

    By itself the library gives a second name, and a warning, to a schema that it met within another one first.
    """

    def _register_schema_and_get_ref(
        self, spec: APISpec, registered_schema_classes: dict[int, str], schema_obj: Any
    ) -> dict[str, str]:
        kind = schema_obj if isinstance(schema_obj, type) else type(schema_obj)
        if issubclass(kind, Schema) and (name := _name_in(spec, kind)):
            registered_schema_classes.setdefault(id(kind), name)
        return super()._register_schema_and_get_ref(spec, registered_schema_classes, schema_obj)


def _name_in(spec: APISpec, kind: type[Schema]) -> str:
    """The name a document has for a schema already, or ""."""
    key = make_schema_key(kind())
    for plugin in spec.plugins:
        if name := plugin.converter.refs.get(key):  # type: ignore[attr-defined]
            return str(name)
    return ""

"""The OpenAPI document for people: each operation with its words, permission, arguments, a request to copy and its answer."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mailhub.web.openapi import each_operation

_NEEDS = re.compile(r"\s*Needs the permission\s+`([^`]+)`\.\s*")
_DEEPEST = 6
"""How far an example goes into answers within answers."""
SAMPLES = {
    "address": "ada@example.com", "to": "ada@example.com", "from": "news@example.org", "email": "ada@example.com",
    "url": "https://shop.example.com/mailhub", "at": "2026-12-24T09:00:00.000Z", "timestamp": "2026-12-24T09:00:00.000Z",
    "language": "en", "time_zone": "Europe/Paris", "audience": ["Spring"], "lists": ["Spring"], "name": "Spring",
    "subject": "Hello", "body": "Good news.", "text": "Good news.", "html": "<p>Good news.</p>", "state": "sending",
    "kinds": ["delivered", "bounced"], "kind": "delivered", "event": "evt_12", "scope": "bulk", "display": "Ada",
}  # fmt: skip
"""What a name usually holds."""

_ALSO = ("text",)
"""What examples give too, though it is not required: one of several must be there."""


class Argument(NamedTuple):
    """One thing an operation takes."""

    name: str
    place: str
    kind: str
    required: bool
    told: str


class Operation(NamedTuple):
    """One operation. `request` is a command for a shell, `answer` the JSON of its success ("" when it has none)."""

    method: str
    path: str
    tag: str
    title: str
    told: str
    permission: str
    arguments: list[Argument]
    request: str
    status: str
    answer: str

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.method} {self.path}".lower()).strip("-")


def operations(document: Mapping[str, Any], base: str = "") -> dict[str, list[Operation]]:
    """The document's operations by tag, in its order; examples ask the server at `base`."""
    found: dict[str, list[Operation]] = {}
    for method, path, each in each_operation(document):
        told = each.get("description", "")
        needs = _NEEDS.search(told)
        status, answer = _answer(document, each)
        tag = (each.get("tags") or [""])[0]
        made = Operation(
            method.upper(), path, tag, each.get("summary", ""), _NEEDS.sub(" ", told).strip(), needs[1] if needs else "",
            [*_parameters(each), *_body(document, each)], _request(document, each, method.upper(), base + path),
            status, answer,
        )  # fmt: skip
        found.setdefault(tag, []).append(made)
    return found


def _parameters(operation: Mapping[str, Any]) -> Iterator[Argument]:
    for each in operation.get("parameters", []):
        told = each.get("description") or each["schema"].get("description", "")
        yield Argument(each["name"], each["in"], _kind(each["schema"]), each.get("required", False), told)


def _schema_of_body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return _resolved(document, content.get("application/json", {}).get("schema", {}))


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Argument]:
    schema = _schema_of_body(document, operation)
    for name, each in schema.get("properties", {}).items():
        yield Argument(name, "body", _kind(each), name in schema.get("required", []), each.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    told = " or ".join(each for each in kind if each != "null") if isinstance(kind, list) else str(kind)
    return f"{told} of {_kind(schema['items'])}s" if told == "array" and schema.get("items", {}).get("type") else told


def _request(document: Mapping[str, Any], operation: Mapping[str, Any], method: str, address: str) -> str:
    """The request as a curl command with what is required; of a change, one thing that may be changed."""
    query = [each for each in operation.get("parameters", []) if each["in"] == "query" and each.get("required")]
    address = re.sub(r"\{(\w+)\}", lambda part: str(_sample(document, part[1], {"type": "integer"})), address)
    if query:
        address += "?" + "&".join(f"{each['name']}={_sample(document, each['name'], each['schema'])}" for each in query)
    lines = [f"curl {'' if method == 'GET' else f'-X {method} '}{shlex.quote(address)}"]
    lines.append('-H "Authorization: Bearer $MAILHUB_KEY"')
    schema = _schema_of_body(document, operation)
    if properties := schema.get("properties", {}):
        required = schema.get("required", [])
        names = [*required, *_ALSO] if required else list(properties)[:1] if method == "PATCH" else []
        given = {name: _sample(document, name, properties[name]) for name in properties if name in names}
        if given:
            lines.append(f"--json {shlex.quote(json.dumps(given, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def _answer(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, str]:
    """The status of success and an example of its JSON."""
    for status, each in operation.get("responses", {}).items():
        if status.startswith("2"):
            schema = each.get("content", {}).get("application/json", {}).get("schema")
            shown = _sample(document, "", schema) if schema else None
            return status, "" if shown is None else json.dumps(shown, ensure_ascii=False, indent=2)
    return "", ""


def _sample(document: Mapping[str, Any], name: str, given: Mapping[str, Any], depth: int = 0) -> Any:
    """A value such as this schema takes."""
    schema = _resolved(document, given)
    kind = _kind(schema).split(" ")[0]
    if schema.get("enum"):
        return next(each for each in (*schema["enum"], "") if each or each == "")
    if kind == "object":
        inside = schema.get("properties", {}) if depth < _DEEPEST else {}
        return {key: _sample(document, key, each, depth + 1) for key, each in inside.items()}
    if kind == "array":
        known = SAMPLES.get(name)
        items = schema.get("items", {})
        return known if isinstance(known, list) and "$ref" not in items else [_sample(document, name, items, depth + 1)]
    if kind in ("integer", "number"):
        return max(int(schema.get("minimum", 1)), 1)
    if kind == "boolean":
        return True
    if schema.get("format") == "date-time":
        return SAMPLES["at"]
    known = SAMPLES.get(name, "…" if kind else None)
    return "Spring" if kind == "string" and isinstance(known, list) else known

"""Endpoints of `/api/v1` made of actions: the address and the answer are said here, the rest is the action's own.

An action's arguments become the query of a GET and the JSON of everything else; what may be asked stays with the action.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args, get_origin

import flask
from apiflask import APIFlask, Schema
from flask import Response, g, request
from marshmallow import fields
from werkzeug.exceptions import BadRequest

from mailhub.actions import Action
from mailhub.db import from_ms
from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor

KEY = "Idempotency-Key"
Before = Callable[[Hub, Actor, Mapping[str, Any]], None]


class Moment(fields.DateTime):
    """A moment: milliseconds since 1970 in an action's answer, RFC 3339 in UTC outside."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return from_ms(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shape(name: str, /, **kinds: Any) -> type[Schema]:
    """A named answer; a field given as its class may be null, so that every answer has every name."""
    declared = {key: each(allow_none=True) if isinstance(each, type) else each for key, each in kinds.items()}
    return cast(type[Schema], Schema.from_dict(declared, name=name))


def page(of: type[Schema], under: str, number: type[fields.Field[Any]] = fields.Integer) -> type[Schema]:
    """A page of things: a list, and `next`, what to give as `before` for the next page (null after the last).

    `number` is the kind of `next`: a String where numbers are too large for a reader's floating point.
    """
    return shape(of.__name__ + "Page", **{under: fields.List(fields.Nested(of), required=True), "next": number})


class Endpoints:
    """Adds endpoints for one plugin, listed together under `tag`."""

    def __init__(self, hub: Hub, api: APIFlask, tag: str) -> None:
        self.hub, self.api, self.tag = hub, api, tag

    def add(
        self,
        method: str,
        path: str,
        action: str,
        answer: type[Schema],
        *,
        status: int = 200,
        named: Mapping[str, str] | None = None,
        omit: Sequence[str] = (),
        before: Before | None = None,
        shaped: Callable[[Any, Mapping[str, Any]], Any] | None = None,
    ) -> None:
        """One endpoint. `named` maps parts of the path to arguments called otherwise; `omit` leaves arguments out;
        `before(hub, actor, given)` may refuse; `shaped(result, given)` makes the answer of what the action returned."""
        found = self.hub.action(action)
        self.take(
            method, path, found, answer, status, {"named": named or {}, "omit": tuple(omit)},
            lambda given: _perform(self.hub, found, given, before, shaped),
        )  # fmt: skip

    def take(
        self,
        method: str,
        path: str,
        action: Action,
        answer: type[Schema],
        status: int,
        arguments: Mapping[str, Any],
        work: Callable[[dict[str, Any]], Any],
    ) -> None:
        """One endpoint whose work is `work(given)`; `add` is the usual way to make one."""
        named, place = arguments["named"], "query" if method == "GET" else "json"

        def view(**path_values: Any) -> Response:
            given = {**_given(place), **{named.get(name, name): value for name, value in path_values.items()}}
            return send(work(given), answer, status)

        view.__name__ = f"{method.lower()} {path}"
        taken = {named.get(part, part) for part in _parts(path)} | set(arguments["omit"])
        schema = public(action, taken)
        if schema is not None:
            told: Any = self.api.input(schema, location=place)(view)
            setattr(view, "_spec", told._spec)  # noqa: B010 - for the document alone: the action checks what is given
        view = self.api.output(answer, status_code=status, description=action.title)(view)
        needs = f"Needs the permission `{action.permission}`."
        view = self.api.doc(
            summary=action.title, description=needs, tags=[self.tag], operation_id=f"{method.lower()}:{path}"
        )(view)
        self.api.add_url_rule(path, f"{method} {path}".replace(".", "_"), view, methods=[method])


def _parts(path: str) -> list[str]:
    return [part.strip("<>").rpartition(":")[2] for part in path.split("/") if part.startswith("<")]


def _given(place: str) -> dict[str, Any]:
    """What was sent beside the path: the query's texts, or a JSON object. Raises `Invalid` for other JSON."""
    if place == "query":
        return request.args.to_dict()
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        return {}
    given = request.get_json()
    if not isinstance(given, dict):
        raise Invalid("The request is JSON, but no object: write names with their values, between braces.")
    return given


def _perform(
    hub: Hub,
    action: Action,
    given: dict[str, Any],
    before: Before | None,
    shaped: Callable[[Any, Mapping[str, Any]], Any] | None,
) -> Any:
    actor: Actor = g.actor
    actor.require(action.permission)
    if before is not None:
        before(hub, actor, given)
    result = action.perform(hub, actor, given, idempotency_key())
    return shaped(result, given) if shaped else result


def idempotency_key() -> str:
    """The request's Idempotency-Key, or "" when it has none. Raises `BadRequest` for an empty one."""
    key = request.headers.get(KEY)
    if key is not None and not key.strip():
        raise BadRequest("The header Idempotency-Key is empty: give it a value, or leave it out.")
    return (key or "").strip()


def send(result: Any, answer: type[Schema], status: int = 200) -> Response:
    """An answer in its shape; a GET has an ETag, and 304 for who has it already (RFC 9110 section 13)."""
    made = flask.jsonify(answer().dump(result))
    made.status_code = status
    if request.method in ("GET", "HEAD") and status == 200:
        made.add_etag(weak=True)
        made.make_conditional(request)
    return made


def public(action: Action, without: set[str]) -> type[Schema] | None:
    """An action's arguments as the OpenAPI document tells them; None when none are left."""
    declared = {
        name: told
        for name, each in action.arguments().fields.items()
        if name not in without and (told := _told(each)) is not None
    }
    name = "".join(word.title() for word in action.name.replace("_", ".").split("."))
    return cast(type[Schema], Schema.from_dict(declared, name=f"{name}Arguments")) if declared else None


def _told(field: Any) -> Any:
    kind = _kind(type(field))
    if kind is None:
        return None
    options: dict[str, Any] = {
        "metadata": {"description": field.metadata.get("reason", "")},
        "required": field.required,
    }
    if not field.required:
        options |= {"load_default": field.load_default, "allow_none": field.load_default is None}
    if isinstance(field, (fields.Integer, fields.String)) and kind is not fields.Raw:
        options["validate"] = field.validators
    return kind(**options)


def _kind(field: type[Any]) -> Any:
    """A field of the library for one of ours: told by what its class says it loads; None for a file of a shell."""
    for known in (fields.Integer, fields.Boolean, fields.String, fields.Raw):
        if issubclass(field, known):
            return known
    for base in (each for kind in field.__mro__ for each in getattr(kind, "__orig_bases__", ())):
        loads = (*get_args(base), None)[0]
        if loads is Path:
            return None
        if get_origin(loads) is list:
            return _texts
        if loads is str or get_origin(loads) is dict:
            return fields.String if loads is str else fields.Dict
    return fields.Raw


def _texts(**options: Any) -> Any:
    return fields.List(fields.String(), **options)

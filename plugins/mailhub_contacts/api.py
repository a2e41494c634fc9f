"""Contacts, lists, imports and suppressions as JSON under /api/v1."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import request
from marshmallow import fields

from mailhub import Hub
from mailhub.web.api import UPLOADS, current_actor
from mailhub.web.endpoints import Endpoints, Moment, idempotency_key, page, send, shape

if TYPE_CHECKING:
    from apiflask import APIFlask

NUMBER = fields.Integer(required=True)
LIST = shape("List", number=NUMBER, name=fields.String(required=True), contacts=fields.Integer)
CONTACT = shape(
    "Contact", number=NUMBER, address=fields.String(required=True), language=fields.String, display=fields.String,
    fields=fields.Dict(keys=fields.String(), values=fields.String()),
)  # fmt: skip
SUPPRESSION = shape(
    "Suppression", number=NUMBER, address=fields.String(required=True), scope=fields.String(required=True),
    reason=fields.String, origin=fields.String, at=fields.String,
)  # fmt: skip
HAPPENED = shape(
    "ContactEvent", at=fields.String, kind=fields.String, message=fields.String, source=fields.Raw, text=fields.String
)
WHOLE = shape(
    "ContactWhole", number=NUMBER, address=fields.String(required=True), language=fields.String, display=fields.String,
    fields=fields.Dict(keys=fields.String(), values=fields.String()), lists=fields.List(fields.Nested(LIST)),
    suppressions=fields.List(fields.Nested(SUPPRESSION)), timeline=fields.List(fields.Nested(HAPPENED)),
)  # fmt: skip
IMPORT = shape(
    "Import", number=NUMBER, name=fields.String, state=fields.String(required=True), error=fields.String,
    done=fields.Integer, total=fields.Integer, rate=fields.Integer, left=fields.Integer, seconds=fields.Float,
    report=fields.Raw, columns=fields.Raw, lists=fields.List(fields.Nested(LIST)), started_at=Moment, finished_at=Moment,
)  # fmt: skip
ADDED = shape("SuppressionsAdded", added=fields.Integer(required=True), given=fields.Integer, scope=fields.String)
RELEASED = shape("SuppressionReleased", address=fields.String(required=True), released=fields.Integer)
LISTS = shape("Lists", lists=fields.List(fields.Nested(LIST), required=True))


def register(hub: Hub, api: "APIFlask") -> None:
    """Add the endpoints."""
    contacts, lists = Endpoints(hub, api, "Contacts"), Endpoints(hub, api, "Lists")
    contacts.add("GET", "/contacts", "contacts.list", page(CONTACT, "contacts"))
    contacts.add("POST", "/contacts", "contacts.create", CONTACT, status=201)
    contacts.add("GET", "/contacts/<int:number>", "contacts.show", WHOLE)
    contacts.add("PATCH", "/contacts/<int:number>", "contacts.change", CONTACT)
    contacts.add("DELETE", "/contacts/<int:number>", "contacts.delete", CONTACT)
    lists.add("GET", "/lists", "lists.list", LISTS)
    lists.add("POST", "/lists", "lists.create", LIST, status=201)
    lists.add("PATCH", "/lists/<int:number>", "lists.rename", LIST)
    lists.add("DELETE", "/lists/<int:number>", "lists.delete", LIST)
    _imports(hub, api)
    stopped = Endpoints(hub, api, "Suppressions")
    stopped.add("GET", "/suppressions", "suppressions.list", page(SUPPRESSION, "suppressions"))
    stopped.add("POST", "/suppressions", "suppressions.add", ADDED)
    stopped.add("POST", "/suppressions/release", "suppressions.release", RELEASED)


def _imports(hub: Hub, api: "APIFlask") -> None:
    """An import's file is the body itself; what else there is to say stands in the query."""

    @api.post("/imports")
    @api.output(IMPORT, status_code=202, description="Import a file of contacts")
    @api.doc(
        summary="Import a file of contacts", tags=["Imports"], operation_id="post:/imports",
        description="The body is the sheet: csv, txt, xls, xlsx or ods, up to 2 GiB. Needs the permission "
        "`contacts.import`.",
    )  # fmt: skip
    def begin_import() -> Any:
        current_actor().require("contacts.import")
        with tempfile.TemporaryDirectory(dir=_scratch(hub)) as folder:
            path = Path(folder) / "upload"
            with path.open("wb") as file:
                while chunk := request.stream.read(2**20):
                    file.write(chunk)
            given = {"name": "upload.csv", **request.args.to_dict(), "file": path}
            action = hub.action("contacts.import")
            return send(action.perform(hub, current_actor(), given, idempotency_key()), IMPORT, 202)

    UPLOADS.add("begin_import")
    imports = Endpoints(hub, api, "Imports")
    imports.add("GET", "/imports/<int:number>", "imports.show", IMPORT)
    imports.add("POST", "/imports/<int:number>/cancel", "imports.cancel", IMPORT)


def _scratch(hub: Hub) -> Path:
    folder = hub.config.data / "run" / "api"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

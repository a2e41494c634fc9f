"""Reports as JSON under /api/v1."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import request
from marshmallow import fields

from mailhub import Hub
from mailhub.web.api import UPLOADS, current_actor
from mailhub.web.endpoints import Endpoints, Moment, idempotency_key, send, shape

if TYPE_CHECKING:
    from apiflask import APIFlask

NAME = fields.String(required=True)
DOMAIN = shape(
    "ReportedDomain", domain=NAME, mails=fields.Integer, passed=fields.Integer, sessions=fields.Integer,
    encrypted=fields.Integer, failures=fields.Integer, unproved=fields.Integer, p=fields.String, reported_at=Moment,
    advice=fields.String,
)  # fmt: skip
SUMMARY = shape("ReportSummary", days=fields.Integer, domains=fields.List(fields.Nested(DOMAIN), required=True))
SOURCE = shape(
    "ReportedSource", source=NAME, name=fields.String, mails=fields.Integer, passed=fields.Integer, dkim=fields.Integer,
    spf=fields.Integer, stopped=fields.Integer, reporters=fields.List(fields.String()), fate=fields.String,
    advice=fields.String,
)  # fmt: skip
SOURCES = shape(
    "ReportedSources", domain=NAME, sources=fields.List(fields.Nested(SOURCE), required=True), next=fields.Integer
)
DAYS = shape(
    "ReportedDays",
    times=fields.List(Moment()),
    passed=fields.List(fields.Integer()),
    failed=fields.List(fields.Integer()),
)
TLS_FAILURE = shape(
    "TlsFailure", type=NAME, mx=fields.String, policy_type=fields.String, sessions=fields.Integer, last=Moment,
    reason=fields.String, reporter=fields.String, advice=fields.String,
)  # fmt: skip
TLS = shape("TlsReports", domain=NAME, days=fields.Nested(DAYS), failures=fields.List(fields.Nested(TLS_FAILURE)))
FAILURE = shape(
    "MailFailure", id=fields.Integer(required=True), at=Moment, org=fields.String, source_ip=fields.String,
    auth_failure=fields.String, delivery_result=fields.String, header_from=fields.String, envelope_from=fields.String,
    subject=fields.String, mails=fields.Integer,
)  # fmt: skip
FAILURES = shape(
    "MailFailures", domain=NAME, failures=fields.List(fields.Nested(FAILURE), required=True), next=fields.Integer
)
BROUGHT = shape("ReportTaken", later=fields.Boolean, new=fields.Integer, known=fields.Integer, mails=fields.Integer)


def register(hub: Hub, api: "APIFlask") -> None:
    """Add the endpoints."""
    to = Endpoints(hub, api, "Reports")
    to.add("GET", "/reports", "reports.summary", SUMMARY)
    to.add("GET", "/reports/<string:domain>/sources", "reports.sources", SOURCES)
    to.add("GET", "/reports/<string:domain>/tls", "reports.tls", TLS)
    to.add("GET", "/reports/<string:domain>/failures", "reports.failures", FAILURES)
    _upload(hub, api)


def _upload(hub: Hub, api: "APIFlask") -> None:
    """The report is the body itself."""

    @api.post("/reports")
    @api.output(BROUGHT, status_code=201, description="Give a report by hand")
    @api.doc(
        summary="Give a report by hand", tags=["Reports"], operation_id="post:/reports",
        description="The body is the report: XML, JSON, gzip, zip, or a mail that holds one, up to 64 MiB. A large one is "
        "read later. Needs the permission `reports.upload`.",
    )  # fmt: skip
    def take_report() -> Any:
        current_actor().require("reports.upload")
        with tempfile.TemporaryDirectory(dir=hub.config.data / "run") as folder:
            path = Path(folder) / "report"
            with path.open("wb") as file:
                while chunk := request.stream.read(2**20):
                    file.write(chunk)
            done = hub.action("reports.upload").perform(hub, current_actor(), {"file": path}, idempotency_key())
            return send(done, BROUGHT, 201)

    UPLOADS.add("take_report")

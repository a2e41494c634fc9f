"""Pages: what receivers report of each domain, who sends in its name, TLS, single failures; a report given by hand."""

import tempfile
from pathlib import Path
from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from mailhub.accounts import OPERATOR, Domain
from mailhub.domains.dmarc import authorisation_name
from mailhub.domains.owning import find
from mailhub.domains.records import TLS_REPORTS, report_address
from mailhub.errors import Invalid, UserError
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.formats import number as formatted
from mailhub.web.language import field_errors, translate
from mailhub_reports import forgetting, looking
from mailhub_reports.models import DMARC, FAILURE, TLS, File

SPANS = (7, 30, 90, 365)
SHOWN = 50
pages = Blueprint("reports", __name__, template_folder="templates", url_prefix="/reports")


@pages.get("")
@requires("reports.view")
def index() -> ResponseReturnValue:
    """The domains with reports, and how to get some."""
    return _index_page({})


def _index_page(errors: dict[str, str]) -> str:
    hub, account = current_hub(), current_account()
    days = _days()
    told = perform("reports.summary", days=days)["domains"]
    return render_template(
        "reports/index.html", domains=told, days=days, spans=SPANS, errors=errors, records=_records(),
        kept=request.form.get("days", hub.setting(account.id, forgetting.DAYS)), unread=_unread(account.id),
    )  # fmt: skip


def _days() -> int:
    days = request.args.get("days", default=30, type=int)
    return days if days in SPANS else 30


def _records() -> list[dict[str, str]]:
    """For each domain of the account the record that brings reports here; "" for an address where none is read."""
    hub = current_hub()
    return [
        {
            "domain": each.name, "address": address, "name": f"_dmarc.{each.name}",
            "value": f"v=DMARC1; p=none; rua=mailto:{address}",
            "authorisation": authorisation_name(each.name, address) if address else "",
        }
        for each in Domain.of(current_account()).order_by(Domain.name).limit(SHOWN)
        for address in (report_address(hub, each.name),)
    ]  # fmt: skip


def _unread(account_id: int) -> list[File]:
    """Large reports that could not be read: the account's own, and for the operator those that came by mail."""
    accounts = [account_id, 0] if account_id == OPERATOR else [account_id]
    query = File.select(File.id, File.received_at, File.error).where(File.account_id.in_(accounts), File.error != "")
    return list(query.order_by(File.id.desc()).limit(10))


@pages.get("/domains/<name>")
@requires("reports.view")
def show(name: str) -> ResponseReturnValue:
    """Mail in a domain's name: day by day, and its sources."""
    hub, account = current_hub(), current_account()
    domain, days, offset = find(account.id, name).name, _days(), max(request.args.get("offset", 0, type=int), 0)
    found = perform("reports.sources", domain=domain, days=days, limit=SHOWN, offset=min(offset, 1_000_000))
    days_told = looking.by_day(hub, account.id, domain, days)
    return render_template(
        "reports/show.html", **_head(domain, days), sources=found["sources"], chart=days_told, mails=_sum(days_told),
        passed=sum(days_told["passed"]), policy=looking.policy_of(hub, account.id, domain),
        unproved=looking.unproved(hub, account.id, domain, days, (DMARC, FAILURE)),
        newer=_page(domain, days, max(offset - SHOWN, 0)) if offset else "",
        older=_page(domain, days, found["next"]) if found["next"] else "",
    )  # fmt: skip


def _head(domain: str, days: int) -> dict[str, Any]:
    tabs = [
        ("show", gettext("Mail in its name"), url_for(".show", name=domain, days=days)),
        ("tls", gettext("TLS"), url_for(".tls", name=domain, days=days)),
        ("failures", gettext("Single failures"), url_for(".failures", name=domain)),
    ]
    return {"domain": domain, "days": days, "spans": SPANS, "tabs": tabs}


def _page(domain: str, days: int, offset: int) -> str:
    return url_for(".show", name=domain, days=days, offset=offset or None)


def _sum(days: dict[str, list[int]]) -> int:
    return sum(days["passed"]) + sum(days["failed"])


@pages.get("/domains/<name>/tls")
@requires("reports.view")
def tls(name: str) -> ResponseReturnValue:
    """Sessions with a domain's mail servers, and why some failed."""
    domain, days = find(current_account().id, name).name, _days()
    told = perform("reports.tls", domain=domain, days=days)
    unproved = looking.unproved(current_hub(), current_account().id, domain, days, (TLS,))
    address = report_address(current_hub(), domain, local=TLS_REPORTS)
    return render_template(
        "reports/tls.html", **_head(domain, days), chart=told["days"], failures=told["failures"], sessions=_sum(told["days"]),
        passed=sum(told["days"]["passed"]), address=address, unproved=unproved,
    )  # fmt: skip


@pages.get("/domains/<name>/failures")
@requires("reports.view")
def failures(name: str) -> ResponseReturnValue:
    """Single mails that failed."""
    domain, before = find(current_account().id, name).name, request.args.get("before", type=int)
    told = perform("reports.failures", domain=domain, before=before, limit=SHOWN)
    return render_template(
        "reports/failures.html", **_head(domain, 30), rows=told["failures"],
        address=report_address(current_hub(), domain),
        newer=url_for(".failures", name=domain) if before else "",
        older=url_for(".failures", name=domain, before=told["next"]) if told["next"] else "",
    )  # fmt: skip


@pages.post("/upload")
@requires("reports.upload")
def upload() -> ResponseReturnValue:
    """Take a report from the browser."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _index_page({"file": gettext("There is no file: choose one.")}), 422
    try:
        with tempfile.TemporaryDirectory(dir=current_hub().config.data / "run") as folder:
            path = Path(folder) / "report"
            file.save(path)
            told = perform("reports.upload", file=path)
    except Invalid as error:
        return _index_page(field_errors(error) or {"file": translate(error.sentence)}), 422
    except UserError as error:
        return _index_page({"file": translate(error.sentence)}), 422
    flask.flash(_said(told), "success")
    return redirect(url_for(".index"), 303)


def _said(told: dict[str, Any]) -> str:
    if told["later"]:
        return str(gettext("The report is large: it is being read, and shows up here in a minute."))
    if not told["new"]:
        return str(gettext("The report was here already: nothing is counted twice."))
    text: str = ngettext(
        "The report is read: it tells of %(count)s mail or session.",
        "The report is read: it tells of %(count)s mails or sessions.",
        told["mails"], count=formatted(told["mails"]),
    )  # fmt: skip
    return text


@pages.post("/keep")
@requires("account.edit")
def keep() -> ResponseReturnValue:
    """Choose how long reports are kept."""
    try:
        kept = perform("reports.keep", days=request.form.get("days", ""))["days"]
    except Invalid as error:
        return _index_page(field_errors(error)), 422
    flask.flash(gettext("Reports are kept for %(count)s days.", count=formatted(kept)), "success")
    return redirect(url_for(".index"), 303)

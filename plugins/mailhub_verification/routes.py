"""Pages: verify one address, verify a list, watch it, read its report."""

from typing import Any

import flask
from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from mailhub.errors import Invalid, UserError
from mailhub.web.auth import current_account, current_hub, may, perform, requires
from mailhub.web.formats import number as formatted
from mailhub.web.language import field_errors, translate
from mailhub_verification import exporting, forgetting, labels, verifications

SHOWN = 50

pages = Blueprint(
    "verification", __name__, template_folder="templates", static_folder="static", url_prefix="/verification"
)


@pages.app_context_processor
def _words() -> dict[str, Any]:
    return {"verdict_looks": labels.VERDICTS, "reason_sentence": labels.sentence}


@pages.get("")
@requires("verifications.view")
def index() -> ResponseReturnValue:
    return _index_page({})


def _index_page(errors: dict[str, str], told: dict[str, Any] | None = None) -> str:
    before = request.args.get("before", type=int)
    listed = perform("verifications.list", before=before)
    choices = verifications.audiences(current_hub(), current_account().id) if may("verifications.run") else []
    return render_template(
        "verification/index.html", rows=listed["verifications"], errors=errors, told=told, choices=choices,
        days=request.form.get("days", current_hub().setting(current_account().id, forgetting.DAYS)),
        address=request.form.get("address", ""), audience=request.form.get("audience", request.args.get("audience", "")),
        older=url_for(".index", before=listed["next"]) if listed["next"] else "",
        newer=url_for(".index") if before else "",
    )  # fmt: skip


@pages.post("/check")
@requires("verifications.run")
def check() -> ResponseReturnValue:
    """One address; htmx gets the answer alone, a browser without scripts the whole page."""
    errors: dict[str, str] = {}
    told = None
    address = request.form.get("address", "").strip()
    try:
        told = perform("verification.check", address=address)
    except Invalid as error:
        errors = field_errors(error)
    except UserError as error:
        errors = {"address": translate(error.sentence)}
    if request.headers.get("HX-Request"):
        return render_template("verification/checked.html", told=told, errors=errors)
    return _index_page(errors, told), 422 if errors else 200


@pages.post("")
@requires("verifications.run")
def start() -> ResponseReturnValue:
    try:
        told = perform("verifications.start", audience=request.form.get("audience", ""))
    except Invalid as error:
        return _index_page(field_errors(error)), 422
    except UserError as error:
        return _index_page({"audience": translate(error.sentence)}), 422
    return redirect(url_for(".show", number=told["number"]), 303)


@pages.get("/<int:number>")
@requires("verifications.view")
def show(number: int) -> ResponseReturnValue:
    told = perform("verifications.show", number=number)
    return render_template("verification/show.html", told=told, scores=labels.scores(told["scores"]))


@pages.get("/<int:number>/addresses")
@requires("verifications.view")
def addresses(number: int) -> ResponseReturnValue:
    verdict, after = _verdict(), request.args.get("after", type=int) or 0
    told = perform("verifications.show", number=number)
    found = perform("verifications.results", number=number, verdict=verdict, after=after, limit=SHOWN)
    following = url_for(".addresses", number=number, verdict=verdict or None, after=found["next"])
    return render_template(
        "verification/addresses.html", told=told, rows=found["results"], verdict=verdict,
        following=following if found["next"] else "",
        first=url_for(".addresses", number=number, verdict=verdict or None) if after else "",
    )  # fmt: skip


def _verdict() -> str:
    verdict = request.args.get("verdict", "")
    return verdict if verdict in labels.VERDICTS else ""


@pages.get("/<int:number>/export.csv")
@requires("verifications.view")
def export(number: int) -> ResponseReturnValue:
    record = verifications.find(current_account().id, number)
    answer = Response(stream_with_context(exporting.lines(record, _verdict())), mimetype="text/csv")
    name = f"verification-{number}{'-' if _verdict() else ''}{_verdict()}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@pages.post("/<int:number>/cancel")
@requires("verifications.run")
def cancel(number: int) -> ResponseReturnValue:
    perform("verifications.cancel", number=number)
    flask.flash(gettext("The verification is cancelled: what it has found stays."), "success")
    return redirect(url_for(".show", number=number), 303)


@pages.post("/<int:number>/delete")
@requires("verifications.run")
def delete(number: int) -> ResponseReturnValue:
    perform("verifications.delete", number=number)
    flask.flash(gettext("What the verification found is deleted."), "success")
    return redirect(url_for(".index"), 303)


@pages.post("/keep")
@requires("account.edit")
def keep() -> ResponseReturnValue:
    try:
        kept = perform("verifications.keep", days=request.form.get("days", ""))["days"]
    except Invalid as error:
        return _index_page(field_errors(error)), 422
    flask.flash(
        ngettext(
            "Findings are kept for %(count)s day.", "Findings are kept for %(count)s days.", kept, count=formatted(kept)
        )
        if kept
        else gettext("Findings are kept until somebody deletes them."),
        "success",
    )
    return redirect(url_for(".index"), 303)


@pages.post("/<int:number>/suppress")
@requires("verifications.suppress")
def suppress(number: int) -> ResponseReturnValue:
    told = perform("verifications.suppress", number=number)
    count = told["verdicts"]["undeliverable"]
    flask.flash(
        ngettext(
            "%(count)s address is being suppressed.", "%(count)s addresses are being suppressed.", count,
            count=formatted(count),
        ),
        "success",
    )  # fmt: skip
    return redirect(url_for(".show", number=number), 303)

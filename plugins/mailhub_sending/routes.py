"""Campaigns as pages: the list, one campaign with its numbers, ledger, links and log, and its buttons."""

from typing import Any

import flask
from flask import Blueprint, Flask, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailhub import Invalid
from mailhub.activity import Activity
from mailhub.bounces.saying import say
from mailhub.web.auth import current_account, current_hub, may, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub_sending import charts, editor, ledger, listing, reply_pages, states, statistics, unsubscribe, validating
from mailhub_sending.finding import audiences
from mailhub_sending.framing import frame, numbers
from mailhub_sending.models import source_of, texts_of
from mailhub_sending.showing import BOUNCES, DONE, DOORS, LOGGED, campaign_or_404, drawn, language_names
from mailhub_sending.times import show as show_time

PAGE = 25

pages = Blueprint(
    "sending", __name__, template_folder="templates", static_folder="static", static_url_path="/static/sending"
)


def register(app: Flask) -> None:
    """Add the plugin's pages to the application."""
    for each in (pages, editor.pages, reply_pages.pages, unsubscribe.pages):
        app.register_blueprint(each)


@pages.get("/campaigns")
@requires("campaigns.view")
def index() -> str:
    state, search = request.args.get("state", ""), request.args.get("q", "").strip()
    before = request.args.get("before", type=int)
    rows = listing.page(current_account().id, state, search, before, PAGE + 1)
    older = (
        url_for(".index", state=state or None, q=search or None, before=rows[PAGE - 1].number)
        if len(rows) > PAGE
        else ""
    )
    shown = rows[:PAGE]
    return render_template(
        "sending/index.html", rows=shown, counts=statistics.overview(shown),
        state=state, search=search, states=states.STATES, older=older,
        newer=url_for(".index", state=state or None, q=search or None) if before else "",
    )  # fmt: skip


@pages.get("/campaigns/<int:number>")
@requires("campaigns.view")
def show(number: int) -> str:
    campaign = campaign_or_404(number)
    source, texts = source_of(campaign), texts_of(campaign)
    names = {each.key: each.name for each in audiences(current_hub(), campaign.account_id)}
    shown = request.args.get("shown", "")
    return render_template(
        "sending/show.html", tab="", texts=texts, here=validating.takes_replies(current_hub(), campaign),
        shown=shown if shown in texts else next(iter(texts), ""),
        names=language_names(),
        chart=drawn(charts.chart(current_hub(), source)) if source else None,
        audience=[names.get(key, key) for key in campaign.include],
        excluded=[names.get(key, key) for key in campaign.exclude],
        **frame(campaign),
    )  # fmt: skip


@pages.get("/campaigns/<int:number>/live")
@requires("campaigns.view")
def live(number: int) -> ResponseReturnValue:
    """The numbers anew; when the state is another one, the whole page, since its buttons are."""
    campaign = campaign_or_404(number)
    if request.args.get("state") != campaign.state:
        return "", 200, {"HX-Refresh": "true"}
    return render_template("sending/live.html", **numbers(campaign))


@pages.get("/campaigns/<int:number>/chart")
@requires("campaigns.view")
def chart(number: int) -> ResponseReturnValue:
    """The chart's numbers anew, as JSON."""
    campaign = campaign_or_404(number)
    source = source_of(campaign)
    if source is None:
        return {"times": [], "series": [], "done": True}
    return {**drawn(charts.chart(current_hub(), source)), "done": campaign.state not in (states.SENDING, states.PAUSED)}


@pages.get("/campaigns/<int:number>/ledger")
@requires("campaigns.view")
def ledger_page(number: int) -> str:
    campaign = campaign_or_404(number)
    outcome, search = request.args.get("outcome", ""), request.args.get("q", "").strip()
    before = request.args.get("before", type=int)
    rows = ledger.lines(campaign.source_id or 0, outcome, search, before, ledger.PAGE + 1) if campaign.source_id else []
    given: dict[str, Any] = {"number": number, "outcome": outcome or None, "q": search or None}
    return render_template(
        "sending/ledger.html", tab="ledger", lines=rows[: ledger.PAGE],
        outcome=outcome, search=search, filters=ledger.FILTERS, say=say, bounces=BOUNCES,
        newer=url_for(".ledger_page", **given) if before else "",
        older=url_for(".ledger_page", **given, before=rows[ledger.PAGE - 1].id) if len(rows) > ledger.PAGE else "",
        export=url_for(".ledger_csv", **given), **frame(campaign),
    )  # fmt: skip


@pages.get("/campaigns/<int:number>/ledger.csv")
@requires("campaigns.view")
def ledger_csv(number: int) -> Response:
    campaign = campaign_or_404(number)
    lines = ledger.as_csv(campaign, request.args.get("outcome", ""), request.args.get("q", "").strip())
    headers = {"Content-Disposition": f'attachment; filename="campaign-{number}.csv"'}
    return Response(flask.stream_with_context(lines), mimetype="text/csv", headers=headers)


@pages.get("/campaigns/<int:number>/links")
@requires("campaigns.view")
def links(number: int) -> str:
    campaign = campaign_or_404(number)
    rows = ledger.clicks(campaign.source_id, campaign.content_id) if campaign.source_id else []
    return render_template("sending/links.html", tab="links", links=rows, **frame(campaign))


@pages.get("/campaigns/<int:number>/log")
@requires("campaigns.view")
def log(number: int) -> str:
    campaign = campaign_or_404(number)
    rows = (
        Activity.of(current_account())
        .where(Activity.target == str(number), Activity.action.in_(list(LOGGED)))
        .order_by(Activity.sequence.desc())
        .limit(200)
    )
    return render_template("sending/log.html", tab="log", rows=list(rows), words=LOGGED, doors=DOORS, **frame(campaign))


@pages.post("/campaigns/<int:number>/<any(unvalidate, start, pause, resume, cancel, copy):verb>")
@requires("campaigns.view")
def act(number: int, verb: str) -> ResponseReturnValue:
    """Run one of the campaign's actions and come back; which permission it needs, the action knows."""
    campaign_or_404(number)
    result = perform(f"campaigns.{verb}", which=str(number))
    flask.flash(str(DONE[verb]), "success")
    return flask.redirect(url_for(".show", number=result["number"]), 303)


@pages.post("/campaigns/<int:number>/delete")
@requires("campaigns.edit")
def delete(number: int) -> ResponseReturnValue:
    campaign_or_404(number)
    perform("campaigns.delete", which=str(number))
    flask.flash(str(DONE["delete"]), "success")
    return flask.redirect(url_for(".index"), 303)


@pages.post("/campaigns/<int:number>/validate")
@requires("campaigns.validate")
def validate(number: int) -> ResponseReturnValue:
    """Validate; what is wrong is shown in the editor, where it can be mended."""
    campaign = campaign_or_404(number)
    try:
        result = perform("campaigns.validate", which=str(number))
    except Invalid as error:
        if not may("campaigns.edit"):
            raise
        return editor.show_form(campaign, errors=field_errors(error)), 422
    for warning in result["warnings"]:
        flask.flash(translate(warning), "warning")
    flask.flash(str(DONE["validate"]), "success")
    return flask.redirect(url_for(".show", number=number), 303)


@pages.route("/campaigns/<int:number>/schedule", methods=["GET", "POST"])
@requires("campaigns.start")
def schedule(number: int) -> ResponseReturnValue:
    campaign = campaign_or_404(number)
    action = "reschedule" if campaign.state == states.SCHEDULED else "schedule"
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            perform(f"campaigns.{action}", which=str(number), at=request.form.get("at", ""))
        except Invalid as error:
            errors = field_errors(error)
        else:
            flask.flash(str(DONE[action]), "success")
            return flask.redirect(url_for(".show", number=number), 303)
    planned = (
        show_time(campaign.scheduled_at, current_account().time_zone).replace(" ", "T") if campaign.scheduled_at else ""
    )
    return render_template(
        "sending/schedule.html", campaign=campaign, errors=errors, at=request.form.get("at", planned),
        zone=current_account().time_zone, action=action, recipients=validating.count(current_hub(), campaign),
    ), 422 if errors else 200  # fmt: skip

"""The editor's pages: a new campaign, its form, what is checked while one types, the preview, and the test mail."""

from typing import Any

import flask
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from mailhub import Conflict, Invalid, NotFound, Recipient, UserError
from mailhub.vocabulary import LANGUAGES
from mailhub.web.auth import current_account, current_hub, current_user, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub_sending import checking, finding, sizing, states, trying, validating
from mailhub_sending.models import Campaign, CampaignText, texts_of
from mailhub_sending.showing import DONE, campaign_or_404, language_names

pages = Blueprint("sending_editor", __name__, template_folder="templates")

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; font-src http: https: data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
)
"""What a mail may do in its frame: look as it looks, and nothing else."""
PARTS = ("subject", "body", "text")


@pages.route("/campaigns/new", methods=["GET", "POST"])
@requires("campaigns.edit")
def new() -> ResponseReturnValue:
    errors: dict[str, str] = {}
    if request.method == "POST":
        given: dict[str, Any] = {name: request.form.get(name, "") for name in ("name", "from", "editor")}
        try:
            result = perform("campaigns.create", **given, audience=request.form.getlist("audience"))
            return flask.redirect(url_for(".edit", number=result["number"]), 303)
        except Invalid as error:
            errors = field_errors(error)
    return render_template(
        "sending/new.html", errors=errors, form=request.form, audiences=_audiences(), domains=_domains()
    ), 422 if errors else 200


@pages.route("/campaigns/<int:number>/edit", methods=["GET", "POST"])
@requires("campaigns.edit")
def edit(number: int) -> ResponseReturnValue:
    """The form; what was typed is saved even when it cannot be validated yet."""
    campaign = campaign_or_404(number)
    try:
        if request.method == "GET":
            states.require(campaign, "change")
            return show_form(campaign)
        perform("campaigns.change", which=str(number), **_typed())
        if request.form.get("then") == "validate":
            result = perform("campaigns.validate", which=str(number))
            for warning in result["warnings"]:
                flask.flash(translate(warning), "warning")
    except Conflict as error:
        flask.flash(translate(error.sentence), "warning")
        return flask.redirect(url_for("sending.show", number=number), 303)
    except Invalid as error:
        return show_form(_filled(campaign), _filled_texts(campaign), field_errors(error)), 422
    flask.flash(str(DONE["validate"]) if request.form.get("then") else gettext("Saved."), "success")
    return flask.redirect(url_for("sending.show" if request.form.get("then") else ".edit", number=number), 303)


def show_form(
    campaign: Campaign, texts: dict[str, CampaignText] | None = None, errors: dict[str, str] | None = None
) -> str:
    """The editor of a campaign, with what is wrong at each field."""
    texts = texts_of(campaign) if texts is None else texts
    order = sorted(LANGUAGES, key=lambda each: each != campaign.language)
    wrong = [each for each in order if any(name.endswith(f"_{each}") for name in errors or {})]
    user = current_user()
    return render_template(
        "sending/edit.html", campaign=campaign, texts=texts, errors=errors or {}, order=order, parts=PARTS,
        open=wrong[0] if wrong else order[0], audiences=_audiences(), domains=_domains(),
        variables=trying.variables(current_hub(), campaign), names=language_names(),
        readers=trying.first_recipients(current_hub(), campaign, 10), to=user.email if user else "",
        ways=validating.can_take_replies(current_hub(), campaign),
    )  # fmt: skip


@pages.post("/campaigns/<int:number>/check")
@requires("campaigns.edit")
def check(number: int) -> str:
    """While one types: what is wrong, how subject and text part come out, and how many receive it."""
    campaign = _filled(campaign_or_404(number))
    texts = _filled_texts(campaign)
    wrong = {language: checking.check_text(campaign, text) for language, text in texts.items()}
    previews = {language: _safe_preview(campaign, text) for language, text in texts.items()}
    return render_template(
        "sending/check.html", campaign=campaign, texts=texts, wrong=wrong, previews=previews,
        recipients=validating.count(current_hub(), campaign),
        sizes={language: sizing.kilobytes(seen.html) for language, seen in previews.items() if seen},
        clipped={language: sizing.warn({language: seen.html}) for language, seen in previews.items() if seen},
    )  # fmt: skip


def _safe_preview(campaign: Campaign, text: CampaignText) -> Any:
    try:
        return trying.preview(current_hub(), campaign, text, _reader(campaign))
    except UserError:
        return None


@pages.route("/campaigns/<int:number>/preview", methods=["GET", "POST"])
@requires("campaigns.view")
def preview(number: int) -> ResponseReturnValue:
    """The mail as its reader sees it, for a frame: as saved, or (POST) as it stands in the form."""
    campaign = campaign_or_404(number)
    posted = request.method == "POST"
    campaign = _filled(campaign) if posted else campaign
    texts = _filled_texts(campaign) if posted else texts_of(campaign)
    language = request.values.get("shown", campaign.language)
    text = texts.get(language) or CampaignText(campaign=campaign.id, language=language)
    try:
        seen = trying.preview(current_hub(), campaign, text, _reader(campaign))
    except UserError as error:
        return _framed(render_template("sending/no_preview.html", sentence=_whole(error)))
    return _framed(seen.html or render_template("sending/no_preview.html", sentence=gettext("Nothing is written yet.")))


def _framed(html: str) -> Response:
    headers = {"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, mimetype="text/html", headers=headers)


def _whole(error: UserError) -> str:
    """Everything that is wrong, where there are no fields to say it at."""
    if isinstance(error, Invalid) and error.fields:
        return " ".join(field_errors(error).values())
    return translate(error.sentence)


@pages.post("/campaigns/<int:number>/test")
@requires("campaigns.edit")
def test(number: int) -> ResponseReturnValue:
    """Save the form that came along, send it to a few addresses; answers with one sentence for the page."""
    campaign_or_404(number)
    given = {name: request.form.get(name, "").strip() for name in ("to", "contact")}
    saved: dict[str, str] = {}
    try:
        if "name" in request.form:
            perform("campaigns.change", which=str(number), **_typed())
            saved["HX-Trigger"] = "mailhub:saved"
        result = perform("campaigns.test", which=str(number), **given)
    except UserError as error:
        return render_template("sending/tested.html", kind="danger", sentence=_whole(error)), 200, saved
    return render_template("sending/tested.html", kind="success", sentence=_sent(result)), 200, saved


def _sent(result: dict[str, Any]) -> str:
    sent, refused = result["sent"], result["refused"]
    sentence = ngettext(
        "%(count)s test mail is on its way.", "%(count)s test mails are on their way.", sent, count=sent
    )
    if refused:
        words = ngettext("%(count)s was refused.", "%(count)s were refused.", refused, count=refused)
        sentence = f"{sentence} {words}"
    return str(sentence)


def _typed() -> dict[str, Any]:
    """The form as arguments of `campaigns.change`; a box that is not ticked says no."""
    form = request.form
    given: dict[str, Any] = {
        name: form[name]
        for name in ("name", "from", "from_name", "reply_to", "replies", "language", "editor", "rate")
        if name in form and (name != "rate" or form[name].strip())
    }
    if "rate" in form and not form["rate"].strip():
        given["rate"] = 0
    for language in LANGUAGES:
        given |= {name: form[name] for name in (f"{part}_{language}" for part in PARTS) if name in form}
    return {
        **given,
        "audience": form.getlist("audience"),
        "exclude": form.getlist("exclude"),
        "track_opens": "track_opens" in form,
        "track_clicks": "track_clicks" in form,
    }


def _filled(campaign: Campaign) -> Campaign:
    """The campaign as it stands in the form, unsaved: nothing typed is lost on an error."""
    form = request.form
    for column, name in (
        ("name", "name"),
        ("from_address", "from"),
        ("from_name", "from_name"),
        ("reply_to", "reply_to"),
        ("replies", "replies"),
    ):
        setattr(campaign, column, form.get(name, getattr(campaign, column)))
    campaign.language = form.get("language", campaign.language)
    campaign.editor = form.get("editor", campaign.editor)
    if request.method == "POST" and "name" in form:
        campaign.include, campaign.exclude = form.getlist("audience"), form.getlist("exclude")
        campaign.track_opens, campaign.track_clicks = "track_opens" in form, "track_clicks" in form
    return campaign


def _filled_texts(campaign: Campaign) -> dict[str, CampaignText]:
    found: dict[str, CampaignText] = {}
    for language in sorted(LANGUAGES, key=lambda each: each != campaign.language):
        parts = {part: request.form.get(f"{part}_{language}", "").replace("\r\n", "\n") for part in PARTS}
        if any(value.strip() for value in parts.values()):
            found[language] = CampaignText(campaign=campaign.id, language=language, **parts)
    return found


def _reader(campaign: Campaign) -> Recipient | None:
    """Whoever the preview is filled in for; someone who is not in the audience is nobody."""
    address = request.values.get("contact", "").strip()
    if not address:
        return None
    try:
        return trying.find_recipient(current_hub(), campaign, address)
    except NotFound:
        return None


def _audiences() -> list[Any]:
    return finding.audiences(current_hub(), current_account().id)


def _domains() -> list[str]:
    return validating.sending_domains(current_hub(), current_account().id)

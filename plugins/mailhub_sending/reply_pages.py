"""Replies as pages: those of one campaign, those of all, one of them, and what becomes of them."""

from typing import Any
from urllib.parse import quote

import flask
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub import Invalid
from mailhub.web.auth import current_account, current_hub, may, perform, requires
from mailhub.web.language import field_errors
from mailhub_sending import replying, validating
from mailhub_sending.framing import frame
from mailhub_sending.models import Campaign, Reply
from mailhub_sending.reply_actions import chosen
from mailhub_sending.showing import campaign_or_404

pages = Blueprint("sending_replies", __name__, template_folder="templates")

KINDS = {
    "open": lazy_gettext("To be answered"),
    "reply": lazy_gettext("Written by people"),
    "autoreply": lazy_gettext("Automatic"),
    "unsubscribe": lazy_gettext("Asked to unsubscribe"),
    "unverified": lazy_gettext("Unverified"),
}
"""The filters, and the words of the kinds."""
BADGES = {
    "reply": ("blue", "mail", lazy_gettext("replied")),
    "autoreply": ("secondary", "clock", lazy_gettext("autoreplied")),
    "unsubscribe": ("orange", "logout", lazy_gettext("asked to unsubscribe")),
}
WHY = {
    "unsubscribe": lazy_gettext("It asks for no more mail, which was done; it was not forwarded."),
    "autoreply": lazy_gettext("Automatic replies are not forwarded: the settings of replies can change that."),
    "loop": lazy_gettext("It was not forwarded, since it had been forwarded from here before."),
    "own": lazy_gettext("It was not forwarded to whoever wrote it."),
    "too_many": lazy_gettext("It was not forwarded: there were too many replies to this message in a day."),
    "unverified": lazy_gettext(
        "It was not forwarded: it is not proved to be from who it says, and the owner of that domain asks to refuse such mail."
    ),
    "held": lazy_gettext("It could not be forwarded when it came: answer it from here."),
}
"""Why a reply stayed here, by the slug in `kept_here`."""


@pages.get("/replies")
@requires("replies.view")
def index() -> str:
    """The replies to all campaigns."""
    return render_template("sending/replies.html", **_leaf(None))


@pages.get("/campaigns/<int:number>/replies")
@requires("replies.view")
def of_campaign(number: int) -> str:
    """The replies to one campaign."""
    campaign = campaign_or_404(number)
    here = validating.takes_replies(current_hub(), campaign)
    return render_template(
        "sending/campaign_replies.html", tab="replies", counts=replying.counts(campaign.id), here=here,
        **_leaf(campaign), **frame(campaign),
    )  # fmt: skip


def _leaf(campaign: Campaign | None) -> dict[str, Any]:
    kind, before = request.args.get("kind", ""), request.args.get("before", type=int)
    kind = kind if kind in KINDS else ""
    rows = replying.page(current_account().id, campaign, kind, before, replying.PAGE + 1)
    older = f"?kind={kind}&before={rows[replying.PAGE - 1].id}" if len(rows) > replying.PAGE else ""
    return {
        "rows": rows[: replying.PAGE], "kind": kind, "kinds": KINDS, "badges": BADGES, "whose": campaign,
        "older": older, "newer": f"?kind={kind}" if before else "",
    }  # fmt: skip


@pages.get("/replies/<int:number>")
@requires("replies.view")
def show(number: int) -> str:
    """One reply: its text alone, never its HTML; its files by name."""
    reply = replying.find(current_account().id, number)
    said = replying.opened(reply)
    return render_template(
        "sending/reply.html", reply=reply, said=said, badges=BADGES, why=WHY.get(reply.kept_here, ""),
        contact=_contact(reply), answer=_answer(reply, said),
    )  # fmt: skip


def _contact(reply: Reply) -> str:
    """The page of whom the message was written to, where contacts are kept and may be seen."""
    key = replying.contact_keys([reply]).get(reply.message_id)
    there = "contacts.show" in flask.current_app.view_functions and may("contacts.view")
    return url_for("contacts.show", number=key) if key and there else ""


def _answer(reply: Reply, said: replying.Opened) -> str:
    """A link that begins an answer in one's own mail program (RFC 6068)."""
    subject = reply.subject if reply.subject.lower().startswith("re:") else f"Re: {reply.subject}"
    thread = f"&In-Reply-To={quote(said.message_id, safe='')}" if said.message_id else ""
    return f"mailto:{quote(said.answered_at, safe='@')}?subject={quote(subject, safe='')}{thread}"


@pages.get("/replies/<int:number>.eml")
@requires("replies.view")
def download(number: int) -> Response:
    """The mail as it came, to be opened in a mail program."""
    reply = replying.find(current_account().id, number)
    headers = {"Content-Disposition": f'attachment; filename="reply-{number}.eml"', "X-Content-Type-Options": "nosniff"}
    return Response(replying.whole(reply), mimetype="message/rfc822", headers=headers)


@pages.post("/replies/<int:number>/<any(handle, reopen):verb>")
@requires("replies.handle")
def handle(number: int, verb: str) -> ResponseReturnValue:
    """Mark it as handled, or as open again."""
    perform("replies.handle", number=number, handled=verb == "handle")
    done = gettext("The reply is handled.") if verb == "handle" else gettext("The reply is open again.")
    flask.flash(done, "success")
    return flask.redirect(url_for(".show", number=number), 303)


@pages.route("/replies/settings", methods=["GET", "POST"])
@requires("replies.handle")
def settings() -> ResponseReturnValue:
    """What becomes of replies in this account."""
    given, errors = chosen(current_hub(), current_account().id), dict[str, str]()
    given["keywords"] = ", ".join(given["keywords"])
    if request.method == "POST":
        form = request.form
        given = {
            "forward_autoreplies": "forward_autoreplies" in form,
            **{name: form.get(name, "") for name in ("keywords", "days")},
        }
        try:
            perform("replies.configure", **given)
        except Invalid as error:
            errors = field_errors(error)
        else:
            flask.flash(gettext("The settings of replies are saved."), "success")
            return flask.redirect(url_for(".index"), 303)
    return render_template("sending/reply_settings.html", given=given, errors=errors), 422 if errors else 200

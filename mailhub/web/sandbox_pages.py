"""The sandbox: mail that was kept instead of sent, as its recipient would have seen it."""

from typing import Any

import flask
from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from mailhub import domains
from mailhub.accounts import OPERATOR
from mailhub.delivery.sandbox import message_of
from mailhub.dkim_check import Verdict, verify
from mailhub.errors import NotFound
from mailhub.hub import Hub
from mailhub.messages import Kept
from mailhub.web import mail_view
from mailhub.web.auth import current_account, current_actor, current_hub, requires
from mailhub.web.first_steps import campaigns_page
from mailhub.web.paging import keyset

pages = Blueprint("sandbox", __name__)

PREVIEW_POLICY = (
    "default-src 'none'; img-src 'self' data: http: https:; style-src 'unsafe-inline'; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail may show pictures and its own styles, nothing else; its links open elsewhere."""
PARTS = ("html", "text", "headers", "source")
SHOWN_SOURCE = 200_000


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


@pages.get("/sandbox")
@requires("sandbox.view")
def index() -> ResponseReturnValue:
    """What was kept, newest first; by recipient."""
    wanted = request.args.get("recipient", "").strip()
    query = _mine().select(Kept.id, Kept.recipient, Kept.subject, Kept.size, Kept.at, Kept.system)
    if wanted:
        query = query.where(Kept.recipient.contains(wanted))
    days = current_hub().config.delivery.sandbox_days
    leaf = keyset(query, Kept.id)
    return render_template(
        "core/sandbox.html",
        leaf=leaf,
        recipient=wanted,
        days=days,
        campaigns=campaigns_page(),
        panels=[] if request.args else _panels(),
    )


def _panels() -> list[Markup]:
    """What plugins kept instead of sending it: on the first page, when nothing is looked for."""
    brought: list[tuple[int, str]] = []
    for _, panels in current_hub().ask_safely("sandbox_panels", hub=current_hub(), actor=current_actor()):
        brought += panels or []
    return [Markup(html) for _, html in sorted(brought)]


def _mine() -> Any:
    account = current_account().id
    query = Kept.select().where(Kept.account_id == account)
    return query if account == OPERATOR else query.where(~Kept.system)


def _find(number: int) -> Kept:
    kept: Kept | None = _mine().where(Kept.id == number).first()
    if kept is None:
        raise NotFound("The sandbox has no mail {number}: it keeps each for some days only.", number=number)
    return kept


@pages.get("/sandbox/<int:number>")
@requires("sandbox.view")
def show(number: int) -> ResponseReturnValue:
    """One mail: as HTML, as text, its headers, its source, and whether its signatures hold."""
    kept = _find(number)
    octets = message_of(kept)
    mail = mail_view.read(octets)
    part = request.args.get("part", "")
    part = part if part in PARTS else "html" if mail.html else "text"
    return render_template(
        "core/sandbox_mail.html",
        kept=kept,
        mail=mail,
        part=part,
        verdicts=[(verdict, reason_of(verdict)) for verdict in verify(octets, _record)],
        source=octets[:SHOWN_SOURCE].decode("utf-8", "replace") if part == "source" else "",
        cut=len(octets) > SHOWN_SOURCE,
    )


def reason_of(verdict: Verdict) -> str:
    """Why a signature does not hold, in the page's language; "" when it does."""
    if verdict.passed:
        return ""
    if _record(f"{verdict.selector}._domainkey.{verdict.domain}".encode()) is None:
        return str(gettext("this server has no such key, so it cannot tell"))
    return str(gettext("the mail was changed after it was signed (%(words)s)", words=verdict.reason))


def _record(name: bytes) -> bytes | None:
    return domains.public_record(name, current_account().id)


@pages.get("/sandbox/<int:number>/preview")
@requires("sandbox.view")
def preview(number: int) -> ResponseReturnValue:
    """The HTML part alone, for the frame of its page, under a policy of its own."""
    mail = mail_view.read(message_of(_find(number)))
    answer = flask.make_response(mail_view.for_frame(mail))
    answer.headers["Content-Security-Policy"] = PREVIEW_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@pages.get("/sandbox/<int:number>/mail.eml")
@requires("sandbox.view")
def download(number: int) -> ResponseReturnValue:
    """The mail byte for byte, as a file that mail programs open."""
    answer = flask.make_response(message_of(_find(number)))
    answer.headers["Content-Type"] = "message/rfc822"
    answer.headers["Content-Disposition"] = f'attachment; filename="mail-{number}.eml"'
    return answer

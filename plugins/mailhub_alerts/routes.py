"""The page on which users say what they want to be told, and which shows what they were told last."""

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub import Invalid
from mailhub.accounts import User
from mailhub.web.auth import current_account, current_actor, current_hub, may, perform, requires
from mailhub.web.language import field_errors
from mailhub_alerts import choices
from mailhub_alerts.following import ENOUGH
from mailhub_alerts.models import ToldAlert
from mailhub_alerts.rules import BOUNCES, CREDIT, DOMAIN, FINISHED, HELD, LANE, PAUSED, STARTED, offered

SHOWN = 20

TITLES = {
    STARTED: (lazy_gettext("A campaign starts"), ""),
    FINISHED: (lazy_gettext("A campaign is finished"), ""),
    PAUSED: (lazy_gettext("A campaign is paused"), lazy_gettext("by somebody else, or by MailHub")),
    HELD: (lazy_gettext("A campaign is held"), lazy_gettext("it waits for a reason that passes, such as credit")),
    BOUNCES: (lazy_gettext("A campaign bounces"), ""),
    CREDIT: (lazy_gettext("Credit is low"), ""),
    DOMAIN: (lazy_gettext("A domain's records are broken"), lazy_gettext("at two looks in a row")),
    LANE: (lazy_gettext("A mailbox provider refuses mail"), lazy_gettext("once a day for each")),
}
WORDS = (
    lazy_gettext("Alerts"),
    lazy_gettext("Mail"),
    lazy_gettext("Choose which alerts one gets"),
    lazy_gettext("Choose which alerts others get"),
)
"""Words that other rooms show and no template holds."""

pages = Blueprint("alerts", __name__, template_folder="templates", url_prefix="/settings/alerts")


def register(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(pages)


@pages.get("")
@requires("alerts.edit")
def index() -> str:
    """One's own, or those of the user named in the address, for who may set them."""
    return _page(choices.whose(current_actor(), request.args.get("user", "")), {})


def _page(user: User, errors: dict[str, str]) -> str:
    hub, account = current_hub(), current_account().id
    told = ToldAlert.of(account).where(ToldAlert.user == user.id).order_by(ToldAlert.id.desc()).limit(SHOWN)
    known = choices.channels(hub)
    return render_template(
        "alerts/index.html",
        whose=user,
        own=user.id == current_actor().user_id,
        others=choices.members(account) if may("alerts.assign") else [],
        titles=TITLES,
        enough=ENOUGH,
        channels=known,
        reached={name: each.reaches(hub, user.id) for name, each in known.items()},
        setups={name: url_for(each.setup) for name, each in known.items() if each.setup},
        chosen=choices.of_user(hub, account, user.id),
        told=list(told),
        errors=errors,
    )


@pages.post("")
@requires("alerts.edit")
def save() -> ResponseReturnValue:
    """Save every line that was changed."""
    user = choices.whose(current_actor(), request.form.get("user", ""))
    held = choices.of_user(current_hub(), current_account().id, user.id)
    known = choices.channels(current_hub())
    errors: dict[str, str] = {}
    for name in offered(current_hub(), current_account().id):
        wanted = request.form.getlist(name)
        threshold = request.form.get(f"{name}.threshold", "").replace(",", ".") or None
        if set(wanted) == set(held[name].channels) & known.keys() and _same(threshold, held[name].threshold):
            continue
        try:
            perform("alerts.change", user=user.email, rule=name, channels=wanted, threshold=threshold)
        except Invalid as error:
            errors |= {f"{name}.{field}": said for field, said in field_errors(error).items()}
    if errors:
        return _page(user, errors), 422
    flask.flash(gettext("The alerts are saved."), "success")
    other = None if user.id == current_actor().user_id else user.email
    return flask.redirect(url_for(".index", user=other), 303)


def _same(given: str | None, held: float | None) -> bool:
    try:
        return (None if given is None else float(given)) == held
    except ValueError:
        return False

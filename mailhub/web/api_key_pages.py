"""API keys: the programs that may ask this account through /api/v1, and as whom."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.accounts import ApiKey
from mailhub.errors import Invalid
from mailhub.vocabulary import Permission
from mailhub.web.auth import current_account, current_hub, may, perform, requires
from mailhub.web.language import field_errors

LIVES = (30, 90, 365, 0)
"""Days a key may live, to choose from; 0: until it is revoked."""
pages = Blueprint("api_keys", __name__, url_prefix="/settings/api-keys")


@pages.get("")
@requires("api_keys.view")
def index() -> ResponseReturnValue:
    """The account's keys, newest first, the revoked ones last."""
    revoked = ApiKey.revoked_at.is_null(False)
    keys = list(ApiKey.of(current_account()).order_by(revoked, ApiKey.id.desc()))
    base = current_hub().config.server.public_url.rstrip("/")
    return render_template("core/api_keys.html", keys=keys, base=base, now=current_hub().ms())


@pages.get("/new")
@requires("api_keys.edit")
def new() -> ResponseReturnValue:
    """The form for a key."""
    return _form({"name": "", "days": "365", "all": "", "scopes": []}, {})


def _form(given: dict[str, object], errors: dict[str, str]) -> str:
    areas: dict[str, list[Permission]] = {}
    for each in current_hub().permissions.values():
        if may(each.name):
            areas.setdefault(each.area, []).append(each)
    return render_template("core/api_key_new.html", given=given, errors=errors, areas=areas, lives=LIVES)


@pages.post("/new")
@requires("api_keys.edit")
def create() -> ResponseReturnValue:
    """Make the key and show its secret, once."""
    form = request.form
    given: dict[str, object] = {name: form.get(name, "") for name in ("name", "days", "all")}
    given["scopes"] = form.getlist("scopes")
    scopes = ["*"] if given["all"] else given["scopes"]
    try:
        made = perform("api_keys.create", name=given["name"], scopes=scopes, days=given["days"])
    except Invalid as error:
        return _form(given, field_errors(error)), 422
    base = current_hub().config.server.public_url.rstrip("/")
    answer = flask.make_response(render_template("core/api_key_made.html", made=made, base=base))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/revoke")
@requires("api_keys.edit")
def revoke() -> ResponseReturnValue:
    """Revoke a key for good."""
    key = request.form.get("key", "")
    perform("api_keys.revoke", key=key)
    flask.flash(gettext("%(key)s is revoked: it opens nothing any more.", key=key), "success")
    return flask.redirect(url_for("api_keys.index"), 303)

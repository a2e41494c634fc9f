"""The activity log on a page: who did what, from which door, when; and whether its chain is whole."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from mailhub.accounts import Membership, User
from mailhub.activity import Activity, first_broken
from mailhub.errors import Sentence
from mailhub.vocabulary import DOORS
from mailhub.web.auth import current_account, current_hub, requires
from mailhub.web.language import translate
from mailhub.web.paging import keyset

pages = Blueprint("activity", __name__, url_prefix="/settings/activity")

_DOORS = {
    "web": lazy_gettext("web"),
    "cli": lazy_gettext("console"),
    "phone": lazy_gettext("phone"),
    "system": lazy_gettext("system"),
    "recipient": lazy_gettext("recipient"),
}
"""Doors whose word is not their name in capitals."""
_BROUGHT = {"slack": "slack", "sms": "sms", "phone": "mobile"}
"""Doors that a plugin brings, and which: they are offered while it is on."""


def door_word(door: str) -> str:
    """A door in the page's language."""
    return str(_DOORS.get(door, door.upper() if len(door) < 5 else door.capitalize()))


def _details(row: Activity) -> dict[str, Any]:
    """What was asked, as far as it is still known and not empty."""
    told = {name: value for name, value in (row.personal or {}).items() if name != "who" and value not in (None, "")}
    return {name: translate(value) if isinstance(value, Sentence) else value for name, value in told.items()}


@pages.get("")
@requires("activity.view")
def index() -> ResponseReturnValue:
    """The log, newest first; by door, user and action. `?check=1` also reads the chain from its first row."""
    account = current_account()
    users = {row.user.id: row.user.name for row in Membership.of(account).select(Membership, User).join(User)}
    titles = {name: action.title for name, action in sorted(current_hub().actions.items()) if action.changes}
    checked = request.args.get("check") == "1"
    return render_template(
        "core/activity.html",
        leaf=keyset(_filtered(), Activity.sequence),
        filters={name: request.args.get(name, "") for name in ("door", "user", "action")},
        doors=_doors(),
        users=users,
        titles=titles,
        checked=checked,
        door_word=door_word,
        details=_details,
        broken=first_broken(account.id) if checked else None,
    )


def _doors() -> list[str]:
    manager = current_hub().manager
    return [each for each in DOORS if each not in _BROUGHT or manager.has_plugin(_BROUGHT[each])]


def _filtered() -> Any:
    query = Activity.of(current_account())
    door, action, user = request.args.get("door"), request.args.get("action"), request.args.get("user", type=int)
    if door:
        query = query.where(Activity.door == door)
    if action:
        query = query.where(Activity.action == action)
    if user:
        query = query.where(Activity.user_id == user)
    return query

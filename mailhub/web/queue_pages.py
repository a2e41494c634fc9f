"""What waits to be sent: an account's own messages and, for the operator, the whole queue and the lanes.

Everything that changes the queue is an action; the pages say which messages are meant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from mailhub.delivery.shaping import of_config
from mailhub.errors import NotFound
from mailhub.hub import Hub
from mailhub.messages import NEVER, Queued
from mailhub.outbox import waiting
from mailhub.outbox.waiting import DELETE, HOLD, RELEASE, RETRY, Chosen
from mailhub.queueing import actions, orders, seeing
from mailhub.web.auth import current_account, current_hub, may, perform, requires, safe_path
from mailhub.web.formats import number
from mailhub.web.paging import keyset

pages = Blueprint("queue", __name__)
SHOWN = 50
"""Groups a page shows; filters find the others."""


@dataclass(frozen=True, slots=True)
class View:
    """One of the two places the queue is seen from: its endpoints, its actions, and what it takes to change something."""

    index: str
    group: str
    act: str
    actions: str
    edit: str
    by_operator: bool


OWN = View("queue.own", "queue.own_group", "queue.own_act", "queue", "queue.edit", False)
SERVER = View("queue.server", "queue.server_group", "queue.server_act", "server_queue", "server.queue", True)


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
    app.jinja_env.globals.update(reason_words=seeing.why, reason_name=seeing.outward, never=NEVER)


@pages.get("/messages/waiting")
@requires("messages.view")
def own() -> ResponseReturnValue:
    """What waits of this account, by destination and reason."""
    return _page(OWN)


@pages.get("/server/queue")
@requires("server.view")
def server() -> ResponseReturnValue:
    """What waits of all accounts."""
    return _page(SERVER)


def _page(view: View) -> ResponseReturnValue:
    running = orders.under_way(current_account().id, view.by_operator)
    if request.headers.get("HX-Request") and not running:
        return "", 200, {"HX-Refresh": "true"}  # all is done: the groups are others now
    chosen, filters = _asked(view)
    is_part = "HX-Request" in request.headers  # how far the orders are; the groups stay as they are
    found = waiting.Groups([], 0, 0) if is_part else waiting.groups(chosen, SHOWN)
    return render_template(
        "core/queue.html", view=view, filters=filters, found=found, running=running, reasons=waiting.REASONS,
        held=(waiting.BY_HAND, waiting.BY_OPERATOR), mine=waiting.BY_HAND, text=_text(view), may_edit=may(view.edit),
        now=current_hub().ms(), due=_due(),
    )  # fmt: skip


def _due() -> Callable[[waiting.Group], int]:
    """When a group is tried again, as far as the lanes say it now."""
    return partial(seeing.next_attempt, closed=seeing.shut(current_hub().ms()))


def _text(view: View) -> Any:
    """How servers' words are shown there."""
    return seeing.masked if view.by_operator else str


def _asked(view: View) -> tuple[Chosen, dict[str, str]]:
    """What the address asks for, and its filters as they go into other addresses."""
    given = {name: request.args.get(name, "").strip() for name in ("domain", "reason", "account")}
    account = request.args.get("account", type=int) if view.by_operator else current_account().id
    filters = {name: value for name, value in given.items() if value and (view.by_operator or name != "account")}
    return Chosen(actions.domain(given["domain"]), seeing.inward(given["reason"] or None), account), filters


@pages.get("/messages/waiting/group")
@requires("messages.view")
def own_group() -> ResponseReturnValue:
    """One group of the account's: what the servers say, and its messages."""
    return _group(OWN)


@pages.get("/server/queue/group")
@requires("server.view")
def server_group() -> ResponseReturnValue:
    """One group of the server's: what the servers say and whose mail it is; messages are shown in their account."""
    return _group(SERVER)


def _group(view: View) -> ResponseReturnValue:
    chosen, filters = _asked(view)
    if chosen.domain is None or chosen.reason is None:
        asked: dict[str, Any] = dict(filters)
        return flask.redirect(url_for(view.index, **asked))
    found = waiting.groups(chosen, 1)
    if not found.rows:
        raise NotFound("Nothing waits there any more: the queue shows what does.")
    mine = chosen._replace(account_id=current_account().id)
    return render_template(
        "core/queue_group.html", view=view, filters=filters, group=found.rows[0], may_edit=may(view.edit),
        held=(waiting.BY_HAND, waiting.BY_OPERATOR), mine=waiting.BY_HAND,
        said=seeing.said(chosen, view.by_operator), parts_of=seeing.parts(chosen) if view.by_operator else [],
        due=_due(), leaf=keyset(seeing.messages_of(mine), Queued.id) if may("messages.view") else None,
    )  # fmt: skip


@pages.post("/messages/waiting/<any(retry, hold, release, delete):verb>")
@requires("queue.edit")
def own_act(verb: str) -> ResponseReturnValue:
    """Do it with what the form chooses of the account's messages."""
    return _act(OWN, verb)


@pages.post("/server/queue/<any(retry, hold, release, delete):verb>")
@requires("server.queue")
def server_act(verb: str) -> ResponseReturnValue:
    """Do it with what the form chooses of everybody's."""
    return _act(SERVER, verb)


def _act(view: View, verb: str) -> ResponseReturnValue:
    names = ("domain", "reason", "all", "account" if view.by_operator else "number")
    given = {name: request.form[name] for name in names if request.form.get(name)}
    done = perform(f"{view.actions}.{verb}", **given)
    flask.flash(_told(verb, done["messages"], done["more"]), "success" if done["messages"] or done["more"] else "info")
    return flask.redirect(safe_path(request.form.get("next")) if request.form.get("next") else url_for(view.index), 303)


def _told(verb: str, done: int, more: int) -> str:
    """What was done, in a sentence."""
    if not done and not more:
        return str(gettext("There was nothing to change: what was meant has left, or is so already."))
    count = number(done or more)
    said = {
        RETRY: ngettext("%(count)s message is tried now.", "%(count)s messages are tried now.", done, count=count),
        HOLD: ngettext("%(count)s message is held.", "%(count)s messages are held.", done, count=count),
        RELEASE: ngettext("%(count)s message is released.", "%(count)s messages are released.", done, count=count),
        DELETE: ngettext("%(count)s message is deleted.", "%(count)s messages are deleted.", done, count=count),
    }[verb]
    if not more:
        return str(said)
    rest = gettext("%(count)s more follow in the background.", count=number(more))
    alone = gettext("%(count)s messages follow in the background.", count=count)
    return f"{said} {rest}" if done else str(alone)


@pages.get("/server/queue/lanes")
@requires("server.view")
def lanes() -> ResponseReturnValue:
    """Each destination's connections, pace and what keeps it; asks for itself every few seconds."""
    now = current_hub().ms()
    found = seeing.all_lanes(now, of_config(current_hub().config).names)
    return render_template("core/queue_lanes.html", lanes=found, due=not found and seeing.is_due(now))

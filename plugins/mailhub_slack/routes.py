"""The Slack page: connect the workspace, choose the channel, confirm and end links. And where Slack's requests arrive."""

from typing import TYPE_CHECKING

import flask
from flask import Blueprint, Flask, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub import Invalid
from mailhub.accounts import OPERATOR
from mailhub.web.auth import current_account, current_actor, current_hub, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub_slack import linking, workspaces
from mailhub_slack.actions import MANAGE
from mailhub_slack.manifest import PATH
from mailhub_slack.models import Channel, LinkRequest, Workspace
from mailhub_slack.workspaces import SECRETS, Secrets

if TYPE_CHECKING:
    from slack_bolt.adapter.flask import SlackRequestHandler

pages = Blueprint("slack", __name__, template_folder="templates", url_prefix="/settings/slack")
arrivals = Blueprint("slack_arrivals", __name__)


def register(app: Flask) -> None:
    """Add the pages, and the address for Slack, which signs its requests and has no form of ours."""
    app.register_blueprint(pages)
    app.register_blueprint(arrivals)
    app.extensions["csrf"].exempt(arrivals)


@arrivals.post(PATH)
def arrive() -> ResponseReturnValue:
    """A command, press or event from Slack. Only what a connected workspace signed just now is read."""
    from slack_bolt.adapter.flask import SlackRequestHandler  # with the first request, not with the first page

    from mailhub_slack.listening import app_of

    hub = current_hub()
    workspace = workspaces.signer(hub, request.get_data(), dict(request.headers))
    if workspace is None:
        current_app.logger.info("a request to %s was refused: no connected workspace signed it just now", PATH)
        return "No connected workspace signed this: check the signing secret, and this server's clock.\n", 401
    workspaces.heard(hub, workspace)
    return _read(SlackRequestHandler(app_of(hub, workspace)))


def _read(handler: "SlackRequestHandler") -> ResponseReturnValue:
    """What Bolt answers. It reads before it calls anybody, and what it stumbles over then is the sender's fault."""
    try:
        answer = handler.handle(request)
        problem = "" if answer.status_code < 500 else answer.status
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        problem = repr(error)
    if problem:
        current_app.logger.warning("a request to %s could not be read: %s", PATH, problem)
        return "This is no command, press or event as Slack sends them.\n", 400
    return answer


@pages.get("")
@requires(linking.PERMISSION)
def index() -> ResponseReturnValue:
    """The account's workspace, the user's own links, the channel."""
    return _index({}, {})


def _index(errors: dict[str, str], given: dict[str, str]) -> str:
    account, actor = current_account(), current_actor()
    channel = Channel.of(account).first()
    workspace = workspaces.of_account(account.id)
    return render_template(
        "slack/index.html",
        workspace=workspace,
        operators=_operators(account.id),
        links=linking.links_of(actor.user_id or 0),
        channel=channel,
        given=given,
        errors=errors,
        endpoint=current_hub().config.server.public_url.rstrip("/") + PATH,
        problem=translate(workspace.problem) if workspace else "",
    )


def _operators(account_id: int) -> Workspace | None:
    """The operator's workspace, for an account that has none of its own."""
    return None if account_id == OPERATOR else workspaces.of_account(OPERATOR)


@pages.post("/connect")
@requires(MANAGE)
def connect() -> ResponseReturnValue:
    """Ask Slack whose token it is, then keep it."""
    given = {name: request.form.get(name, "").strip() for name in SECRETS}
    try:
        said = _introduced(given)
        perform("slack_workspaces.connect", **given)
    except Invalid as error:
        return _index(field_errors(error), {}), 422
    workspace = workspaces.of_account(current_account().id)
    if workspace and said:
        workspaces.remember(workspace, problem="", **said)
    flask.flash(gettext("The workspace is connected. Write /mailhub status in Slack."), "success")
    return flask.redirect(url_for("slack.index"), 303)


def _introduced(given: dict[str, str]) -> dict[str, str]:
    """What Slack says of a new bot token. Raises `Invalid` with a sentence beside its field."""
    from mailhub_slack.calling import Refused, Unreached

    if not given["bot_token"]:
        return {}
    try:
        return workspaces.introduce(Secrets(**given))
    except Refused as error:
        wrong: dict[str, str] = {"bot_token": error.sentence}
        raise Invalid(fields=wrong) from error
    except Unreached as error:
        wrong = {"bot_token": workspaces.UNREACHED}
        raise Invalid(fields=wrong) from error


@pages.post("/disconnect")
@requires(MANAGE)
def disconnect() -> ResponseReturnValue:
    """Forget the workspace."""
    perform("slack_workspaces.disconnect")
    flask.flash(gettext("The workspace is disconnected: its links and cards are forgotten."), "success")
    return flask.redirect(url_for("slack.index"), 303)


@pages.post("/channel")
@requires(MANAGE)
def choose_channel() -> ResponseReturnValue:
    """Choose where cards are posted."""
    channel = request.form.get("channel", "")
    try:
        chosen = perform("slack_channels.choose", channel=channel)["channel"]
    except Invalid as error:
        return _index(field_errors(error), {"channel": channel}), 422
    saved = gettext("Saved: the next campaign that starts is shown there.")
    flask.flash(saved if chosen else gettext("No cards are posted from now on."), "success")
    return flask.redirect(url_for("slack.index"), 303)


@pages.get("/link/<token>")
@requires()
def confirm(token: str) -> ResponseReturnValue:
    """Who would be linked to whom."""
    asked = linking.read(current_hub(), token)
    return render_template("slack/link.html", token=token, asked=asked, workspace=_workspace_of(asked))


@pages.post("/link/<token>")
@requires()
def link(token: str) -> ResponseReturnValue:
    """Link them."""
    made = perform("slack_links.create", token=token)
    flask.flash(gettext("You are linked to %(name)s: go on in Slack.", name=made["slack_name"]), "success")
    return flask.redirect(url_for("slack.index"), 303)


def _workspace_of(asked: LinkRequest) -> Workspace:
    found: Workspace = Workspace.get_by_id(asked.workspace_id)
    return found


@pages.post("/unlink")
@requires(linking.PERMISSION)
def unlink() -> ResponseReturnValue:
    """End a link of one's own."""
    perform("slack_links.delete", number=request.form.get("number", ""))
    flask.flash(gettext("The link is taken away: nothing from that Slack user counts as yours any more."), "success")
    return flask.redirect(url_for("slack.index"), 303)

"""Bolt over a workspace: each request is acknowledged at once, then worked on, whether it came over HTTP or the socket."""

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from mailhub import Hub, UserError
from mailhub.db import close_database
from mailhub_slack import answers, calling, talking, workspaces
from mailhub_slack.models import Workspace
from mailhub_slack.pressing import Press, press
from mailhub_slack.talking import Talk
from mailhub_slack.voice import escape

log = logging.getLogger(__name__)
_theirs = logging.getLogger(f"{__name__}.bolt")
_theirs.setLevel(logging.CRITICAL)  # what fails is said here, once

_apps: dict[int, tuple[int, int, App]] = {}
_lock = threading.Lock()


def app_of(hub: Hub, workspace: Workspace) -> App:
    """The workspace's application in this process; a new one when its secrets were changed."""
    with _lock:
        known = _apps.get(workspace.id)
        if known is None or known[:2] != (id(hub), workspace.changed_at):
            known = (id(hub), workspace.changed_at, build(hub, workspace))
            _apps[workspace.id] = known
        return known[2]


def build(hub: Hub, workspace: Workspace) -> App:
    """An application with MailHub's command, buttons and events."""
    secrets = workspaces.secrets_of(hub, workspace)
    app = App(
        name=_theirs.name,  # Bolt sets the level of the logger of this name, so it must not be `mailhub`
        logger=_theirs,
        client=calling.client(secrets.bot_token),
        signing_secret=secrets.signing_secret,
        authorize=lambda **_: AuthorizeResult(
            enterprise_id=None, team_id=workspace.team, bot_token=secrets.bot_token, bot_id=workspace.bot_id,
            bot_user_id=workspace.bot_user,
        ),
    )  # fmt: skip
    ears = _Ears(hub, workspace)
    app.command("/mailhub")(ears.command)
    app.action(re.compile(".+"))(ears.press)
    for kind in ("app_uninstalled", "tokens_revoked"):
        app.event(kind)(ears.removed)
    return app


class _Ears:
    """The listeners of one workspace. Bolt calls them in threads of its own."""

    def __init__(self, hub: Hub, workspace: Workspace) -> None:
        self._hub = hub
        self._workspace = workspace

    def command(self, ack: Callable[[], None], body: dict[str, Any]) -> None:
        """`/mailhub …`."""
        ack()
        talk = self._talk(body, str(body.get("user_id")), str(body.get("user_name") or ""))
        self._work(talk, str(body.get("trigger_id") or ""), lambda: talking.command(talk, str(body.get("text") or "")))

    def press(self, ack: Callable[[], None], body: dict[str, Any], client: WebClient) -> None:
        """A button."""
        ack()
        user = body.get("user") or {}
        talk = self._talk(body, str(user.get("id")), str(user.get("username") or user.get("name") or ""))
        self._work(talk, str(body.get("trigger_id") or ""), lambda: press(talk, client, Press.of(body)))

    def removed(self, event: dict[str, Any]) -> None:
        """The app was removed from the workspace, or its token revoked."""
        try:
            workspaces.remember(self._workspace, problem=calling.Refused("account_inactive").sentence)
            log.warning("Slack removed the app from workspace %s: %s", self._workspace.id, event.get("type"))
        finally:
            close_database()

    def _talk(self, body: dict[str, Any], slack_user: str, slack_name: str) -> Talk:
        return Talk(self._hub, self._workspace, slack_user, slack_name, str(body.get("response_url") or ""))

    def _work(self, talk: Talk, trigger: str, work: Callable[[], None]) -> None:
        """Do it, unless it was done before; what a person can mend is told to them alone."""
        try:
            if workspaces.first_time(self._hub, trigger and f"{self._workspace.id}:{trigger}"):
                self._tell(talk, work)
        except (calling.Unreached, calling.Refused) as error:
            log.warning("Slack did not take an answer (workspace %s): %s", self._workspace.id, error)
        except Exception:
            log.exception("a request from Slack failed (workspace %s)", self._workspace.id)
        finally:
            close_database()

    def _tell(self, talk: Talk, work: Callable[[], None]) -> None:
        try:
            work()
        except UserError as error:
            talk.reply(answers.said(escape(talk.voice.say(error.sentence))))

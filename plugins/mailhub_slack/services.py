"""What runs all the time beside the elected scheduler: cards kept up to date, sockets kept open.

Slack's library is loaded when there is a workspace to speak to, not before.
"""

import threading
from typing import TYPE_CHECKING

from mailhub import Hub
from mailhub_slack.models import Card, Workspace

if TYPE_CHECKING:
    from mailhub_slack.calling import Peace

LOOK = 0.5
"""Seconds between two looks for cards that are due, or workspaces that were changed."""
AT_ONCE = 50


def tend_cards(hub: Hub, stop: threading.Event) -> None:
    """Post and change cards until `stop`."""
    peace: dict[int, Peace] = {}
    while not stop.wait(LOOK):
        quiet = [number for number, each in peace.items() if each.holds()]
        due = Card.select().where(Card.next_at <= hub.ms(), Card.workspace.not_in(quiet))
        for card in due.order_by(Card.next_at).limit(AT_ONCE):
            if stop.is_set():
                return
            _tend(hub, card, peace)


def _tend(hub: Hub, card: Card, peace: "dict[int, Peace]") -> None:
    from mailhub_slack import calling, posting, workspaces

    workspace: Workspace | None = Workspace.get_or_none(Workspace.id == card.workspace_id)
    if workspace is None:  # disconnected a moment ago, and the card with it
        return
    mine = peace.setdefault(workspace.id, calling.Peace(workspace.team_name or f"workspace {workspace.id}"))
    if mine.holds():
        return
    try:
        posting.show(hub, calling.client(workspaces.secrets_of(hub, workspace).bot_token), card)
        mine.reached()
    except calling.Unreached as error:
        mine.failed(error)
    except calling.Refused as error:
        mine.refused()
        workspaces.complain(workspace, error)


def keep_sockets(hub: Hub, stop: threading.Event) -> None:
    """Keep the sockets of all workspaces in Socket Mode open until `stop`."""
    while not Workspace.select().exists():
        if stop.wait(LOOK):
            return
    from mailhub_slack.sockets import Sockets

    sockets = Sockets(hub)
    try:
        while not stop.wait(LOOK):
            sockets.look()
    finally:
        sockets.close()

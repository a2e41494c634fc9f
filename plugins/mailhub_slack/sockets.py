"""Socket Mode: one WebSocket for each workspace that gave an app-level token, opened by us, so Slack needs no address.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import logging
import os
import socket as lines
from dataclasses import dataclass

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from mailhub import Hub
from mailhub.errors import Sentence
from mailhub_slack import calling, listening, workspaces
from mailhub_slack.models import Workspace

WRONG_TOKEN = Sentence(
    "Slack does not take the app-level token: make one with the scope connections:write and switch Socket Mode on."
)
PING = 3.0
"""Seconds between two looks of Slack's library whether the other side still answers."""
log = logging.getLogger(__name__)


@dataclass
class _Socket:
    """A workspace's socket. `handler` is None while there is none."""

    changed_at: int
    peace: calling.Peace
    handler: SocketModeHandler | None = None
    told: bool = False
    introduced: bool = False


class Sockets:
    """The sockets of this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._open: dict[int, _Socket] = {}
        Workspace.update(connected=False).where(Workspace.connected).execute()

    def look(self) -> None:
        """Open what should be open, close what should not, and write down which are."""
        wanted = {each.id: each for each in workspaces.all_workspaces()}
        for number, socket in list(self._open.items()):
            if number not in wanted or wanted[number].changed_at != socket.changed_at:
                _close(self._open.pop(number))
        for workspace in wanted.values():
            socket = self._open.setdefault(workspace.id, _Socket(workspace.changed_at, _peace(workspace)))
            if not socket.peace.holds():
                self._tend(workspace, socket)

    def close(self) -> None:
        """Close all."""
        for socket in self._open.values():
            _close(socket)
        self._open.clear()
        Workspace.update(connected=False).where(Workspace.connected).execute()

    def _tend(self, workspace: Workspace, socket: _Socket) -> None:
        try:
            if not socket.introduced and not workspace.team:
                workspaces.remember(
                    workspace, problem="", **workspaces.introduce(workspaces.secrets_of(self._hub, workspace))
                )
            socket.introduced = True
            if workspace.app_token:
                self._connect(workspace, socket)
        except calling.Unreached as error:
            socket.peace.failed(error)
        except calling.Refused as error:
            socket.peace.refused()
            workspaces.complain(workspace, error)

    def _connect(self, workspace: Workspace, socket: _Socket) -> None:
        """Open a socket that is not open, and anew one that broke."""
        if socket.handler is None:
            socket.handler = self._opened(workspace)
        if _is_hung_up(socket.handler):
            socket.handler.client.disconnect()  # else the library reads on in circles, for fifteen seconds
        _note(workspace, socket)
        if not socket.told:
            _open_anew(socket.handler)
            _note(workspace, socket)

    def _opened(self, workspace: Workspace) -> SocketModeHandler:
        """Raises `calling.Refused` and `calling.Unreached`."""
        token = workspaces.secrets_of(self._hub, workspace).app_token
        handler = SocketModeHandler(listening.app_of(self._hub, workspace), token, ping_interval=PING)
        try:
            handler.client.connect()
        except Exception as error:
            handler.client.close()
            raise _told(error) from error
        return handler


def _note(workspace: Workspace, socket: _Socket) -> None:
    """Write down whether the socket is open, when that has changed."""
    now = socket.handler is not None and bool(socket.handler.client.is_connected())
    if now == socket.told:
        return
    socket.told = now
    if now:
        socket.peace.reached()
    workspaces.remember(workspace, connected=now, **({"problem": ""} if now else {}))
    log.info("the socket to Slack of workspace %s is %s", workspace.id, "open" if now else "broken")


def _open_anew(handler: SocketModeHandler) -> None:
    """Slack's library does it too, but looks only every few seconds; its lock lets one of us. Raises as `_opened` does."""
    try:
        handler.client.connect_to_new_endpoint()
    except Exception as error:
        raise _told(error) from error


def _is_hung_up(handler: SocketModeHandler) -> bool:
    """Whether Slack has ended the connection, and all it said was read. That is seen beneath TLS.

    Looked at through a copy of the line that has no timeout: with the line's own, the look would wait three seconds for
    something to be said and then take a quiet line for a broken one.
    """
    session = handler.client.current_session
    line = session.sock if session is not None else None
    if line is None:
        return False
    try:
        with lines.socket(fileno=os.dup(line.fileno())) as copy:
            return copy.recv(1, lines.MSG_PEEK | lines.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _told(error: Exception) -> Exception:
    """An error of opening a socket, in our words; one that is none of Slack's or the network's as it is."""
    if isinstance(error, SlackApiError):
        said = calling.told(error)
        if isinstance(said, calling.Refused):
            said.sentence = WRONG_TOKEN
        return said
    if isinstance(error, (OSError, SlackClientError, ValueError)):
        return calling.Unreached(0, False, calling.words(error))
    return error


def _peace(workspace: Workspace) -> calling.Peace:
    return calling.Peace(workspace.team_name or f"workspace {workspace.id}")


def _close(socket: _Socket) -> None:
    if socket.handler is not None:
        socket.handler.client.close()

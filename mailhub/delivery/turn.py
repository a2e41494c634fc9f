"""A lane's use of one connection, from one wait to the next: as many messages as its destination likes on it."""

from typing import TYPE_CHECKING

from mailhub.delivery.smtp_client import Outgoing, SmtpClient

if TYPE_CHECKING:
    from mailhub.delivery.lanes import Lane


class Turn:
    """One turn of a lane on a connection."""

    __slots__ = ("_lane", "_left")

    def __init__(self, lane: "Lane", client: SmtpClient) -> None:
        self._lane = lane
        self._left = lane.pace.per_connection - client.sent if lane.pace.per_connection else -1

    @property
    def used_up(self) -> bool:
        """Whether the connection has carried as many messages as its destination likes."""
        return self._left == 0

    def may_go_on(self) -> bool:
        """Whether there is something to send on it."""
        lane = self._lane
        return lane.backlog > 0 and not self.used_up and not lane.stopped and lane.may_send()

    def next(self) -> Outgoing | None:
        """The next message for this connection."""
        message = self._lane.next_message() if self._left else None
        if message is not None:
            self._left -= 1
        return message

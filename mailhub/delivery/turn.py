"""A lane's use of one connection, from one wait to the next: as many messages as its destination likes on it."""

from typing import TYPE_CHECKING

from mailhub.delivery.smtp_client import Outgoing, SmtpClient

if TYPE_CHECKING:
    from mailhub.delivery.lanes import Lane


OWN = 20
"""Messages a lane sends at least on a connection before it leaves its place to another that waits."""


class Turn:
    """One turn of a lane on a connection."""

    __slots__ = ("_lane", "_left", "_own")

    def __init__(self, lane: "Lane", client: SmtpClient) -> None:
        self._lane = lane
        self._left = lane.pace.per_connection - client.sent if lane.pace.per_connection else -1
        self._own = OWN

    @property
    def used_up(self) -> bool:
        """Whether the connection has carried as many messages as its destination likes."""
        return self._left == 0

    def may_go_on(self) -> bool:
        """Whether there is something to send on it."""
        lane = self._lane
        return lane.backlog > 0 and not self.used_up and not self._yields() and not lane.stopped and lane.may_send()

    def next(self) -> Outgoing | None:
        """The next message for this connection."""
        message = self._lane.next_message() if self._left and not self._yields() else None
        if message is not None:
            self._left -= 1
            self._own -= 1
        return message

    def _yields(self) -> bool:
        """Whether it has sent enough for another lane of the same provider to have the place."""
        return self._own <= 0 and self._lane.pace.places.crowded

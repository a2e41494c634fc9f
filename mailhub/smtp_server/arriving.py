"""The inbound listener: mail from other servers, for those recipients only that somebody here takes mail for.

250 means that it is on disk. Nothing is understood here: that is the engine's, afterwards.
"""

from functools import partial

from mailhub.inbound.arrivals import Came, write
from mailhub.inbound.desks import Kind, desk_of, is_ours
from mailhub.inbound.trace import received
from mailhub.smtp_server.conversation import Conversation
from mailhub.smtp_server.replies import Refused
from mailhub.smtp_server.shared import Shared

GUESSES = 20
"""Recipients nobody here takes mail for, after which a conversation ends; each fifth one is an offence."""


class Arriving(Conversation):
    """A conversation with a server that brings mail. It relays for nobody."""

    def __init__(self, shared: Shared, peer: str) -> None:
        super().__init__(shared, peer)
        self._guesses = 0
        if not shared.guard.is_trusted(peer):
            self.greeting_delay = shared.hub.config.smtp.greeting_delay

    async def _take_recipient(self, address: str) -> str:
        if not await self._is_taken(address):
            raise self._wrong_guess()
        return address

    async def _is_taken(self, address: str) -> bool:
        """Whether somebody here takes mail for an address. Return paths, of which thousands come, ask nobody."""
        assert self.envelope is not None
        hub, sender = self.shared.hub, self.envelope.mail_from or ""
        desk = desk_of(hub, address)
        if desk.kind is Kind.RETURN_PATH:
            return True
        if desk.kind is not Kind.PLUGINS and await self.shared.ask(partial(is_ours, hub, desk.domain)):
            return True
        question = partial(hub.hook.accept_recipient, hub=hub, sender=sender, recipient=address)
        return await self.shared.ask(question) is True

    def _wrong_guess(self) -> Refused:
        self._guesses += 1
        if self._guesses >= GUESSES:
            return Refused(421, "4.7.0", "Too many addresses nobody takes mail for.", close=True, offence="guessing")
        offence = "" if self._guesses % 5 else "guessing"
        return Refused(550, "5.1.1", "Nobody here takes mail for this address.", offence=offence)

    async def _take(self, content: bytes) -> str:
        came = self._came(content)
        await self.shared.committer.commit(partial(self._write, came))
        return "Taken."

    def _came(self, content: bytes) -> Came:
        assert self.envelope is not None
        hub, origin, recipients = self.shared.hub, self._origin(), self.envelope.rcpt_tos
        whole = received(origin, self.hostname, hub.now(), recipients) + content
        policy = hub.config.inbound.policy
        return Came(self.envelope.mail_from or "", tuple(recipients), whole, origin.peer, origin.helo, hub.ms(), policy)

    def _write(self, came: Came) -> None:
        write(self.shared.hub.node.new_ids(1 + len(came.recipients)), came)

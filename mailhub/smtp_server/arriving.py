"""The inbound listener: mail from other servers, for those recipients only that somebody here takes mail for.

250 means that it is on disk. Nothing is understood here: that is the engine's, afterwards. Only where mail that fails its
sender's policy is to be refused is that found out before, beside the loop, for as long as a sender waits gladly.
"""

import asyncio
from functools import partial
from itertools import count

from mailhub.inbound import asking
from mailhub.inbound.arrivals import Came, write
from mailhub.inbound.desks import Kind, desk_of, is_ours
from mailhub.inbound.trace import received
from mailhub.smtp_server.conversation import Conversation
from mailhub.smtp_server.replies import Refused
from mailhub.smtp_server.shared import Shared

GUESSES = 20
"""Recipients nobody here takes mail for, after which a conversation ends; each fifth one is an offence."""

VERDICT = 10.0
"""Seconds a mail waits until it is known whom it is from, where it may be refused for that; then it is taken."""
_numbers = count(-1, -1)


class Arriving(Conversation):
    """A conversation with a server that brings mail. It relays for nobody."""

    line_length = None

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
        if came.policy == "refuse" and any(
            desk_of(self.shared.hub, each).kind is Kind.PLUGINS for each in came.recipients
        ):
            await self._require_sender(came)
        await self.shared.committer.commit(partial(self._write, came))
        return "Taken."

    async def _require_sender(self, came: Came) -> None:
        """Raise `Refused` when the domain a mail says it is from asks for that (DMARC), and it is known in time."""
        envelope = asking.Envelope(next(_numbers), came.content, came.peer, came.helo, came.sender, came.received_at)
        begun = asking.desk(self.shared.hub).ask(envelope)
        if begun is None:
            return
        asked = asyncio.wrap_future(begun)
        done, _ = await asyncio.wait({asked}, timeout=VERDICT)
        if done and asked.result().policy_result == "reject":
            domain = asked.result().dmarc.domain
            sentence = f"The owner of {domain} asks to refuse mail in its name that is not theirs (DMARC)."
            raise Refused(550, "5.7.1", sentence)

    def _came(self, content: bytes) -> Came:
        assert self.envelope is not None
        hub, origin, recipients = self.shared.hub, self._origin(), self.envelope.rcpt_tos
        whole = received(origin, self.hostname, hub.now(), recipients) + content
        policy = hub.config.inbound.policy
        return Came(self.envelope.mail_from or "", tuple(recipients), whole, origin.peer, origin.helo, hub.ms(), policy)

    def _write(self, came: Came) -> None:
        write(self.shared.hub.node.new_ids(1 + len(came.recipients)), came)

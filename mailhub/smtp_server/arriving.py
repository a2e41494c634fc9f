"""The inbound listener: mail from other servers, for those recipients only that a plugin takes mail for."""

from functools import partial

from mailhub.inbound import Mail, receive
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
        assert self.envelope is not None
        hub, sender = self.shared.hub, self.envelope.mail_from or ""
        question = partial(hub.hook.accept_recipient, hub=hub, sender=sender, recipient=address)
        if await self.shared.ask(question) is not True:
            raise self._wrong_guess()
        return address

    def _wrong_guess(self) -> Refused:
        self._guesses += 1
        if self._guesses >= GUESSES:
            return Refused(421, "4.7.0", "Too many addresses nobody takes mail for.", close=True, offence="guessing")
        offence = "" if self._guesses % 5 else "guessing"
        return Refused(550, "5.1.1", "Nobody here takes mail for this address.", offence=offence)

    async def _take(self, content: bytes) -> str:
        await self.shared.committer.commit(partial(self._give, self._mails(content)))
        return "Taken."

    def _mails(self, content: bytes) -> list[Mail]:
        assert self.envelope is not None
        hub, origin = self.shared.hub, self._origin()
        recipients = self.envelope.rcpt_tos
        whole = received(origin, self.hostname, hub.now(), recipients) + content
        sender, at = self.envelope.mail_from or "", hub.ms()
        return [Mail(sender, each, whole, origin.peer, origin.helo, at) for each in recipients]

    def _give(self, mails: list[Mail]) -> None:
        """All or none: the peer hears one answer for all recipients, and what it hears must be true of each."""
        for mail in mails:
            receive(self.shared.hub, mail)

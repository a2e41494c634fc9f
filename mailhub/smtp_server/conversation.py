"""One SMTP conversation: its commands, in order. What may be sent to whom is left to its two kinds."""

import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable

from mailhub.inbound.trace import Origin
from mailhub.smtp_server import paths
from mailhub.smtp_server.dialogue import PACE, Dialogue
from mailhub.smtp_server.reading import LINE_LENGTH, too_large_for
from mailhub.smtp_server.replies import Refused
from mailhub.smtp_server.shared import Shared

ERRANDS = 200
"""Commands that may come without a mail among them."""
_FOREIGN = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "SSH-2.0"})
"""Words of other protocols: somebody makes a browser speak to mail servers."""
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Conversation(Dialogue):
    """What both listeners do alike. `_may_begin`, `_take_recipient` and `_take` are theirs."""

    line_length: int | None = LINE_LENGTH
    """Octets of a mail's line at most; None: of any length."""

    def __init__(self, shared: Shared, peer: str) -> None:
        super().__init__(shared, peer)
        self._errands = 0
        self.commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo, "HELO": self._helo, "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data,
            "RSET": self._rset, "NOOP": self._noop, "QUIT": self._quit, "VRFY": self._vrfy, "STARTTLS": self._starttls,
        }  # fmt: skip

    async def _obey(self, line: bytes) -> None:
        if _CONTROLS.search(line):
            raise Refused(500, "5.5.2", "The command holds control characters.")
        try:
            word, _, argument = line.decode("utf-8").partition(" ")
        except UnicodeDecodeError:
            raise Refused(500, "5.5.2", "The command is neither ASCII nor UTF-8.") from None
        command = self.commands.get(word.upper())
        if command is None:
            foreign = word.upper() in _FOREIGN
            raise Refused(
                500, "5.5.1", "There is no such command here.", close=foreign, offence="commands" if foreign else ""
            )
        self._errands += 1
        if self._errands > ERRANDS:
            raise Refused(421, "4.7.0", "Too many commands without a mail.", close=True, offence="commands")
        await command(argument.strip())

    def _extensions(self) -> list[str]:
        offered = ["PIPELINING", f"SIZE {self.shared.size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        return [*offered, "STARTTLS"] if self.shared.tls and not self.secure else offered

    async def _ehlo(self, name: str) -> None:
        self._hello(name, extended=True)
        lines = [self.hostname, *self._extensions()]
        marked = [f"250-{each}" for each in lines[:-1]] + [f"250 {lines[-1]}"]
        self._outgoing.append(("\r\n".join(marked) + "\r\n").encode("ascii"))

    async def _helo(self, name: str) -> None:
        self._hello(name, extended=False)
        self.say(250, "", self.hostname)

    def _hello(self, name: str, *, extended: bool) -> None:
        if not name:
            raise Refused(501, "5.5.4", "Say your own name too, such as EHLO mail.example.com.")
        assert self.session is not None
        self._forget()
        self.session.host_name, self.session.extended_smtp = name, extended

    async def _mail(self, argument: str) -> None:
        assert self.envelope is not None
        self._require_hello()
        if self.busy:
            raise Refused(503, "5.5.1", "A mail has begun already: send RCPT, DATA or RSET.")
        self._may_begin()
        path = paths.read("FROM", argument)
        self._check_parameters(path.parameters)
        utf8 = "SMTPUTF8" in path.parameters
        _require_utf8(path.address, utf8)
        self.envelope.smtp_utf8, self.envelope.mail_from = utf8, path.address
        self.say(250, "2.1.0", "Sender noted.")

    def _may_begin(self) -> None:
        """Raise `Refused` when this peer may send nothing now."""

    def _known_parameters(self) -> frozenset[str]:
        return frozenset({"SIZE", "BODY", "SMTPUTF8"})

    def _check_parameters(self, given: dict[str, str]) -> None:
        assert self.session is not None
        if given and not self.session.extended_smtp:
            raise Refused(555, "5.5.4", "Parameters need EHLO first.")
        if unknown := [name for name in given if name not in self._known_parameters()]:
            raise Refused(555, "5.5.4", f"The parameter {unknown[0]} is not offered here.")
        if given.get("BODY", "7BIT").upper() not in ("7BIT", "8BITMIME"):
            raise Refused(501, "5.5.4", "BODY is 7BIT or 8BITMIME here.")
        size = given.get("SIZE", "0")
        if not (size.isascii() and size.isdigit()):
            raise Refused(501, "5.5.4", "SIZE is a number of bytes.")
        if len(size) > 15 or int(size) > self.shared.size:
            raise too_large_for(self.shared.size)

    async def _rcpt(self, argument: str) -> None:
        assert self.envelope is not None
        if not self.busy:
            raise Refused(503, "5.5.1", "Send MAIL first.")
        path = paths.read("TO", argument)
        self._check_recipient_parameters(path.parameters)
        limit = self.shared.hub.config.smtp.max_recipients
        if len(self.envelope.rcpt_tos) >= limit:
            raise Refused(452, "4.5.3", f"A mail has {limit} recipients at most: send it again to the others.")
        _require_utf8(path.address, self.envelope.smtp_utf8)
        recipient = await self._take_recipient(path.address)
        if recipient not in self.envelope.rcpt_tos:
            self.envelope.rcpt_tos.append(recipient)
            self._note_recipient(recipient, path.parameters)
        self._errands = 0
        self.say(250, "2.1.5", "Recipient noted.")

    def _check_recipient_parameters(self, given: dict[str, str]) -> None:
        if given:
            raise Refused(555, "5.5.4", f"The parameter {next(iter(given))} is not offered here.")

    def _note_recipient(self, recipient: str, parameters: dict[str, str]) -> None:
        """Keep what was asked for one recipient, when anything may be."""

    @abstractmethod
    async def _take_recipient(self, address: str) -> str:
        """The address as it is kept. Raises `Refused` when nothing is taken for it."""

    async def _data(self, argument: str) -> None:
        assert self.envelope is not None
        self._require_wait("DATA")
        if not self.envelope.rcpt_tos:
            raise Refused(503, "5.5.1", "Send MAIL and at least one RCPT that is taken first.")
        if argument:
            raise Refused(501, "5.5.4", "DATA stands alone.")
        self._expect(PACE)
        self.say(354, "", "Go ahead; end with a dot alone on a line.")
        try:
            with self.shared.committer.expecting():
                taken = await self._take(await self.incoming.content(self.shared.size, self.line_length))
        finally:
            self._forget()
        self.say(250, "2.0.0", taken)

    @abstractmethod
    async def _take(self, content: bytes) -> str:
        """Put a mail on disk and return what the peer is told. Raises `Refused`, `UserError`."""

    def _origin(self, *, login: bool = False) -> Origin:
        assert self.session is not None
        assert self.envelope is not None
        name = self.session.host_name or ""
        return Origin(self.peer, name, self.session.extended_smtp, self.secure, login, self.envelope.smtp_utf8)

    async def _rset(self, argument: str) -> None:
        self._forget()
        self.say(250, "2.0.0", "Forgotten.")

    async def _noop(self, argument: str) -> None:
        self.say(250, "2.0.0", "Nothing done.")

    async def _vrfy(self, argument: str) -> None:
        self.say(252, "2.1.5", "Addresses are checked at RCPT only.")

    async def _quit(self, argument: str) -> None:
        self._farewell(221, "2.0.0", "Good-bye.")

    async def _starttls(self, argument: str) -> None:
        if self.shared.tls is None:
            raise Refused(502, "5.5.1", "There is no TLS here: the server has no certificate.")
        if self.secure or argument:
            raise Refused(503, "5.5.1", "TLS is on already." if self.secure else "STARTTLS stands alone.")
        self._require_wait("STARTTLS")  # what came would be obeyed as if encrypted (RFC 3207 section 6)
        self.tls_context = self.shared.tls
        await self.smtp_STARTTLS("")

    def _require_wait(self, word: str) -> None:
        """Some commands end a group (RFC 2920 section 3.1): what comes behind them means something else, or evil."""
        if self.spoke_ahead:
            sentence = f"Something came behind {word}: wait for its answer."
            raise Refused(554, "5.5.1", sentence, close=True, offence="smuggling")

    def _require_hello(self) -> None:
        assert self.session is not None
        if not self.session.host_name:
            raise Refused(503, "5.5.1", "Say EHLO first.")


def _require_utf8(address: str, announced: bool) -> None:
    if not address.isascii() and not announced:
        raise Refused(553, "5.6.7", "This address needs SMTPUTF8, announced with MAIL (RFC 6531).")

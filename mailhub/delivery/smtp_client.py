"""The outgoing SMTP client: opens a connection to one host (greeting, EHLO, STARTTLS, AUTH) and is then fed messages by
its lane. The transactions are smtp_session's; which host to try, and falling back from TLS, are the caller's."""

import asyncio
import base64
import ipaddress
import re
import ssl
from typing import Literal, cast

from mailhub.address import without_addresses
from mailhub.delivery.smtp_session import SmtpSession
from mailhub.delivery.smtp_words import ConnectFailed, Ended, Offer, Outcome, Outgoing, Reply
from mailhub.delivery.tls import SYSTEM, Trust

__all__ = ["ConnectFailed", "Ended", "Outcome", "Outgoing", "SmtpClient", "Tls", "may_login_in_clear"]

Tls = Literal["none", "opportunistic", "required", "implicit"]

# How long a server is given to say goodbye: QUIT is a courtesy, nothing hangs on its answer.
_FAREWELL = 3.0


class SmtpClient(SmtpSession):
    """One connection to one host: connect(), run() as often as wanted while `open`, quit(). Use it in one event loop.

    host: a name or an address. helo: our name in EHLO. tls: "none"; "opportunistic" (STARTTLS if offered); "required"
    (STARTTLS or failure); "implicit" (TLS from the first octet, RFC 8314). TLS is 1.2 or newer. verify: whether a
    certificate that is not valid for the server's name ends the connection; None: when TLS is required or implicit, and
    whenever a login is given. trust: whose certificates are believed. ssl_context: instead of what verify and trust
    would make. server_name: the name to find in the certificate, when host is an address. source_address: the local IP
    to leave from. Times in seconds (RFC 5321 4.5.3.2); greeting_timeout: for each answer until the first MAIL, None: as
    for commands.

    Attributes: extensions (keyword → parameters), tls ("TLSv1.3 verified", "TLSv1.3", or ""), pipelining, open, sent
    (messages whose dot was answered), ended (why it is over, or None).
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        helo: str,
        tls: Tls,
        username: str = "",
        password: str = "",
        source_address: str | None = None,
        connect_timeout: float = 30.0,
        command_timeout: float = 300.0,
        data_timeout: float = 600.0,
        greeting_timeout: float | None = None,
        ssl_context: ssl.SSLContext | None = None,
        server_name: str = "",
        verify: bool | None = None,
        trust: Trust = SYSTEM,
    ) -> None:
        if not re.fullmatch(r"[!-~]+", helo):
            raise ValueError(f"{helo!r} cannot be our name in EHLO: it must be a host name or an address literal")
        super().__init__(command_timeout, data_timeout)
        self.host = host
        self.port = port
        self.helo = helo
        self.connect_timeout = connect_timeout
        self.greeting_timeout = command_timeout if greeting_timeout is None else greeting_timeout
        self._tls_mode: Tls = tls
        self._login = (username, password)
        self._source_address = source_address
        self._server_name = server_name or host
        self._called = f"{server_name} [{host}]" if server_name and server_name != host else host
        strict = tls in ("required", "implicit") or bool(username) if verify is None else verify
        self._context = ssl_context or (trust.strict if strict else trust.lenient)
        self._trust = trust

    async def connect(self) -> None:
        """Open the connection as far as the first MAIL. Raises ConnectFailed, with everything closed again."""
        try:
            await self._reach()
            if self._tls_mode == "implicit":
                await self._secure()
            await self._greeted()
            await self._say_hello()
            if self._tls_mode in ("opportunistic", "required"):
                await self._start_tls()
            if self._login[0]:
                await self._log_in()
            self._begin_service()
        except BaseException:
            self._end("stopped", 0, "the session was not opened")
            raise

    async def deliver(self, envelope_from: str, recipient: str, message: bytes, *, stuffed: bool = False) -> Outcome:
        """Send one message and wait for what becomes of it. Arguments as in Outgoing."""
        left = [Outgoing(envelope_from, recipient, (message,), stuffed)]
        outcomes: list[Outcome] = []
        await self.run(lambda: left.pop() if left else None, lambda _, outcome: outcomes.append(outcome))
        ended = self.ended or Ended("stopped", 0, "the connection is not open")
        return outcomes[0] if outcomes else ended.before_dot(False, self.tls)

    async def quit(self) -> None:
        """Say QUIT, if there is anybody to say it to, and close. Not while run() is waiting."""
        if self._running is not None:
            raise RuntimeError("this SMTP connection is still running")
        if self.open:
            self._ready = False
            try:
                async with asyncio.timeout(_FAREWELL):
                    await self._ask(b"QUIT")
            except (ConnectFailed, TimeoutError):
                # The server hung up first, or says nothing: either way we are done with it.
                self.abort()
        self.abort()
        if self._transport is not None:
            await asyncio.wait([self._gone], timeout=_FAREWELL)

    def abort(self) -> None:
        """Close at once. A run() under way tells its messages' outcomes as if the connection had been lost."""
        if self._running is None:
            self._end("stopped", 0, "the connection was closed by MailHub")
        else:  # perhaps called by on_outcome, in the middle of an answer: that answer is finished first, and no other
            self._stopping = True
            self._loop.call_soon(self._close, "stopped", "the connection was closed by MailHub")

    async def _reach(self) -> None:
        local = (self._source_address, 0) if self._source_address else None
        try:
            async with asyncio.timeout(self.connect_timeout):
                await self._loop.create_connection(lambda: self, self.host, self.port, local_addr=local)
        except TimeoutError:
            text = f"{self._called} port {self.port} did not answer within {self.connect_timeout:g} s"
            raise ConnectFailed("connect", text) from None
        except (OSError, UnicodeError) as error:
            raise ConnectFailed("connect", f"{self._called} port {self.port} could not be reached: {error}") from error

    async def _greeted(self) -> None:
        reply = await self._reply()
        if reply.code != 220:
            raise _refused("greeting", f"{self._called} greeted with a refusal", reply)

    async def _say_hello(self) -> None:
        name = self.helo.encode()
        reply = await self._ask(b"EHLO " + name)
        if 500 <= reply.code < 600:
            reply = await self._ask(b"HELO " + name)
            self.extensions = {}
        else:
            self.extensions = _extensions(reply)
        if reply.code // 100 != 2:
            raise _refused("hello", f"{self._called} refused our EHLO", reply)

    async def _start_tls(self) -> None:
        if "STARTTLS" not in self.extensions:
            if self._tls_mode == "required":
                raise ConnectFailed("tls", f"{self._called} does not offer STARTTLS, and this route requires it")
            return
        reply = await self._ask(b"STARTTLS")
        if reply.code != 220:
            raise _refused("tls", f"{self._called} offered STARTTLS and refused it", reply)
        if self._replies or self._reader.midway:
            # Whatever came in clear text behind the 220 was put there to be taken for protected (RFC 3207 6).
            raise ConnectFailed("tls", f"{self._called} sent clear text after its answer to STARTTLS")
        await self._secure()
        await self._say_hello()

    async def _secure(self) -> None:
        assert self._transport is not None
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                self._context,
                server_hostname=self._server_name,
                ssl_handshake_timeout=self.connect_timeout,
            )
        except (OSError, ValueError) as error:  # ssl.SSLError and time-outs are OSError; a name may be none: ValueError
            raise ConnectFailed("tls", f"no TLS with {self._called}: {error or type(error).__name__}") from error
        if secured is None:
            raise ConnectFailed("tls", f"{self._called} closed the connection during the TLS handshake")
        self._transport = secured
        connection = secured.get_extra_info("ssl_object")
        verified = self._context.check_hostname or self._trust.believes(connection, self._server_name)
        self.tls = f"{connection.version()} verified" if verified else connection.version()

    async def _log_in(self) -> None:
        assert self._transport is not None
        if not self.tls and not may_login_in_clear(self._transport.get_extra_info("peername")[0]):
            text = f"the login for {self._called} was not sent, since the connection is not encrypted"
            raise ConnectFailed("login", text, temporary=False)
        offered = self.extensions.get("AUTH", "").upper().split()
        username, password = self._login
        if "PLAIN" in offered:
            reply = await self._ask(b"AUTH PLAIN " + _base64(f"\0{username}\0{password}"))
        elif "LOGIN" in offered:
            reply = await self._ask(b"AUTH LOGIN")
            for answer in (username, password):
                if reply.code == 334:
                    reply = await self._ask(_base64(answer))
        else:
            text = f"{self._called} offers neither AUTH PLAIN nor AUTH LOGIN"
            raise ConnectFailed("login", text, temporary=False)
        if reply.code != 235:
            raise _refused("login", f"{self._called} refused the login", reply)

    def _begin_service(self) -> None:
        if self.ended is not None or self._replies or self._reader.midway:
            raise ConnectFailed("protocol", "the server spoke out of turn")
        self._offer = Offer(self.extensions)
        self._ready = True

    async def _ask(self, line: bytes) -> Reply:
        """Send one command and wait for its reply. Raises ConnectFailed."""
        if self._replies or self._reader.midway:
            raise ConnectFailed("protocol", "the server spoke out of turn")
        if self.ended is None:
            self._write(line + b"\r\n")
        return await self._reply()

    async def _reply(self) -> Reply:
        patience = self.command_timeout if self._ready else self.greeting_timeout
        try:
            async with asyncio.timeout(patience):
                while not self._replies and self.ended is None:
                    self._waiter = self._loop.create_future()
                    await self._waiter
        except TimeoutError:
            text = f"the server did not answer within {patience:g} s"
            raise ConnectFailed("timeout", text) from None
        if self._replies:
            return self._replies.popleft()
        ended = cast(Ended, self.ended)
        raise ConnectFailed("protocol" if ended.kind == "protocol" else "lost", ended.text, ended.code)


def may_login_in_clear(peer: str) -> bool:
    """Whether a login may go unencrypted to this IP address: only where it does not leave the machine."""
    return ipaddress.ip_address(peer.partition("%")[0]).is_loopback


def _extensions(reply: Reply) -> dict[str, str]:
    """The keywords of an EHLO answer (RFC 5321 4.1.1.1). Old servers write AUTH=LOGIN for AUTH LOGIN."""
    found: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line[4:].decode("ascii", "replace").strip().partition(" ")
        if keyword.upper().startswith("AUTH="):
            keyword, parameters = "AUTH", f"{keyword[5:]} {parameters}"
        known = found.get(keyword.upper(), "")
        found[keyword.upper()] = f"{known} {parameters}".strip()
    return found


def _refused(kind: Literal["greeting", "hello", "tls", "login"], what: str, reply: Reply) -> ConnectFailed:
    enhanced, text = reply.words()
    if kind == "login":  # whose it is, others need not read
        text = without_addresses(text)
    words = " ".join(word for word in (str(reply.code), enhanced, text) if word)
    return ConnectFailed(kind, f"{what}: {words}", reply.code, temporary=reply.code < 500)


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())

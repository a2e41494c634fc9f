"""One listening socket and whoever comes through it: who may come in, whom a proxy brings, TLS from the first word.

What is said inside is the conversation's.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable

from mailhub.db import now_ms
from mailhub.smtp_server import proxied
from mailhub.smtp_server.dialogue import Dialogue
from mailhub.smtp_server.guard import plain
from mailhub.smtp_server.replies import reply
from mailhub.smtp_server.shared import Shared

BACKLOG = 512
HANDSHAKE = 20.0
"""Seconds a TLS handshake may take."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
log = logging.getLogger(__name__)

Kind = Callable[[Shared, str], Dialogue]


class Door:
    """Takes connections of a socket until it is closed. `implicit`: TLS before the first word (RFC 8314)."""

    def __init__(self, listening: socket.socket, kind: Kind, shared: Shared, *, implicit: bool = False) -> None:
        self.port = int(listening.getsockname()[1])
        self._socket = listening
        self._kind = kind
        self._shared = shared
        self._implicit = implicit
        self._loop = asyncio.get_running_loop()
        self._inside: set[asyncio.Task[None]] = set()
        self._task = self._loop.create_task(self._serve())

    async def close(self) -> None:
        """Take no new connection."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._socket.close()

    async def stop(self) -> None:
        """End what has not become a conversation yet; after `close`."""
        for task in self._inside:
            task.cancel()
        await asyncio.gather(*self._inside, return_exceptions=True)

    async def _serve(self) -> None:
        while True:
            try:
                opened, address = await self._loop.sock_accept(self._socket)
            except OSError as error:  # else the peer left before it came in
                if error.errno in _EXHAUSTED:
                    log.warning("no new SMTP connection can be taken for a second: %s", error.strerror)
                    await asyncio.sleep(1)
                continue
            task = self._loop.create_task(self._welcome(opened, plain(address[0])))
            self._inside.add(task)
            task.add_done_callback(self._inside.discard)

    async def _welcome(self, opened: socket.socket, address: str) -> None:
        """One connection, from its first octet to its last."""
        guard = self._shared.guard
        try:
            peer = await self._brought(opened) if guard.is_proxy(address) else address
        except (proxied.Malformed, TimeoutError, OSError) as error:
            log.debug("a proxy's connection was closed: %r", error)
            opened.close()
            return
        except BaseException:
            opened.close()
            raise
        peer = address if peer is None else peer
        refusal = guard.enter(peer, now_ms())
        try:
            await (self._turn_away(opened, refusal) if refusal else self._converse(opened, peer))
        finally:
            guard.leave(peer)

    async def _brought(self, opened: socket.socket) -> str | None:
        async with asyncio.timeout(proxied.PATIENCE):
            peer = await proxied.read(lambda count: self._loop.sock_recv(opened, count))
        return plain(peer) if peer else peer

    async def _turn_away(self, opened: socket.socket, refusal: str) -> None:
        """One sentence where it can be read, and nothing more."""
        with opened, contextlib.suppress(OSError):
            if not self._implicit:
                opened.send(reply(421, "4.7.0", refusal).encode("ascii") + b"\r\n")

    async def _converse(self, opened: socket.socket, peer: str) -> None:
        certificate = self._shared.certificate
        secured: dict[str, ssl.SSLContext | float] = {}
        if self._implicit and certificate is not None:
            secured = {"ssl": certificate.context, "ssl_handshake_timeout": HANDSHAKE}
        conversation = self._kind(self._shared, peer)
        try:
            await self._loop.connect_accepted_socket(lambda: conversation, opened, **secured)  # type: ignore[arg-type]
        except (OSError, asyncio.CancelledError) as error:  # ssl.SSLError is an OSError
            log.debug("a connection failed before its first word: %r", error)
            opened.close()
            return
        await conversation.ended()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises `OSError`, `socket.gaierror`."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # so that 0.0.0.0 and :: may share a port
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made

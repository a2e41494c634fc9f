"""Both listeners of a process: opened, kept, stopped so that no mail that was promised is lost."""

import asyncio
import errno
import logging
import signal
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.smtp_server.arriving import Arriving
from mailhub.smtp_server.conversation import Conversation
from mailhub.smtp_server.shared import Shared
from mailhub.smtp_server.submission import Submission

GRACE = 5.0
"""Seconds open transactions have to finish at a stop."""
_BACKLOG = 512
log = logging.getLogger(__name__)


class Listener:
    """The submission and the inbound listener. Made and used inside one running loop; `start`, then `stop`."""

    def __init__(self, hub: Hub) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes every line it hears at INFO
        self.hub = hub
        self.submission_port = 0
        self.inbound_port = 0
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Listen; afterwards the ports say where. Raises `UserError`: port in use, certificate that cannot be read."""
        smtp = self.hub.config.smtp
        self.shared = Shared(self.hub, tls_context(self.hub.config))
        try:
            self.submission_port = await self._open(Submission, "submission_port", smtp.submission_port)
            self.inbound_port = await self._open(Arriving, "inbound_port", smtp.inbound_port)
            await self.shared.committer.commit(lambda: self.hub.node)  # taken once, before the first mail
        except BaseException:
            await self.stop(0)
            raise

    async def _open(self, kind: Callable[[Shared], Conversation], key: str, port: int) -> int:
        host = self.hub.config.smtp.host
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: kind(self.shared), host, port, backlog=_BACKLOG)
        except (OSError, socket.gaierror) as error:
            raise UserError(_why(error), host=host, port=port, key=key, error=error.strerror) from error
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def stop(self, grace: float = GRACE) -> None:
        """Take no new connection, let open transactions finish within `grace` seconds, commit, close."""
        self.shared.stopping = True
        for server in self._servers:
            server.close()
        for each in list(self.shared.present):
            each.leave()
        end = asyncio.get_running_loop().time() + grace
        while self.shared.present and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        for each in list(self.shared.present):
            log.warning("an SMTP transaction was cut off: it did not end within %.0f s", grace)
            each.abort()
        await self.shared.stop()


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            "The mail listener cannot use port {port} on {host}: another program has it. "
            "Stop that program, or change smtp.{key} in the configuration."
        )
    if error.errno == errno.EACCES:
        return "Port {port} needs more rights than MailHub has: change smtp.{key}, or give it CAP_NET_BIND_SERVICE."
    return "The mail listener cannot use port {port} on {host} ({error}): check smtp.host and smtp.{key}."


def tls_context(config: Config) -> ssl.SSLContext | None:
    """What STARTTLS shows, or None without a certificate. Raises `UserError` when it cannot be read."""
    if not config.smtp.tls_certificate:
        return None
    base = config.source.parent if config.source else Path.cwd()
    certificate = base / Path(config.smtp.tls_certificate).expanduser()
    key = base / Path(config.smtp.tls_key).expanduser() if config.smtp.tls_key else None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise UserError(
            "The certificate {certificate} cannot be used ({error}): check smtp.tls_certificate and smtp.tls_key.",
            certificate=certificate, error=error.strerror or error,
        ) from error  # fmt: skip
    return context


def run(hub: Hub) -> None:
    """Serve until SIGTERM or SIGINT, finish open transactions, return. Raises `UserError` as `Listener.start`."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(hub))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where it is installed, else asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve(hub: Hub) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listener = Listener(hub)
    await listener.start()
    log.info("SMTP listened on ports %d (submission) and %d (inbound)", listener.submission_port, listener.inbound_port)
    await stop.wait()
    await listener.stop()
    log.info("SMTP stopped")

"""The listeners of a process: opened, kept, stopped so that no mail that was promised is lost."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable

from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.smtp_server import certificates
from mailhub.smtp_server.arriving import Arriving
from mailhub.smtp_server.doors import Door, Kind, listen
from mailhub.smtp_server.shared import Shared
from mailhub.smtp_server.submission import Submission

GRACE = 5.0
"""Seconds open transactions have to finish at a stop."""
log = logging.getLogger(__name__)


class Listener:
    """Submission, the same under TLS, and inbound. Made and used inside one running loop; `start`, then `stop`.

    Afterwards the ports say where; `submission_tls_port` is 0 when it is off.
    """

    def __init__(self, hub: Hub) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes every line it hears at INFO
        self.hub = hub
        self.submission_port = 0
        self.submission_tls_port = 0
        self.inbound_port = 0
        self._doors: list[Door] = []
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen. Raises `UserError`: port in use, certificate or network that cannot be read."""
        smtp = self.hub.config.smtp
        self.shared = Shared(self.hub, certificates.load(self.hub.config))
        try:
            self.submission_port = self._open(Submission, "submission_port", smtp.submission_port)
            if self.shared.certificate is not None and smtp.submission_tls_port:
                self.submission_tls_port = self._open(
                    Submission, "submission_tls_port", smtp.submission_tls_port, implicit=True
                )
            self.inbound_port = self._open(Arriving, "inbound_port", smtp.inbound_port)
            await self.shared.exchange()
            self._keeping = asyncio.get_running_loop().create_task(self.shared.keep_up())
            await self.shared.committer.commit(lambda: self.hub.node)  # taken once, before the first mail
        except BaseException:
            await self.stop(0)
            raise

    def _open(self, kind: Kind, key: str, port: int, *, implicit: bool = False) -> int:
        """Listen on all addresses. A port of 0 becomes a free one, the same for each."""
        for host in self.hub.config.smtp.host:
            try:
                door = Door(listen(host, port), kind, self.shared, implicit=implicit)
            except (OSError, socket.gaierror) as error:
                raise UserError(_why(error), host=host, port=port, key=key, error=error.strerror) from error
            self._doors.append(door)
            port = door.port
        return port

    async def stop(self, grace: float = GRACE) -> None:
        """Take no new connection, let open transactions finish within `grace` seconds, commit, close."""
        self.shared.stopping = True
        if self._keeping is not None:
            self._keeping.cancel()
        for door in self._doors:
            await door.close()
        for each in list(self.shared.present):
            each.leave()
        end = asyncio.get_running_loop().time() + grace
        while self.shared.present and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        for each in list(self.shared.present):
            log.warning("an SMTP transaction was cut off: it did not end within %.0f s", grace)
            each.abort()
        for door in self._doors:
            await door.stop()
        await self._tell_counts()
        await self.shared.stop()

    async def _tell_counts(self) -> None:
        """What was counted since the last exchange."""
        try:
            await self.shared.exchange()
        except Exception:
            log.exception("the last SMTP counts could not be written")


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            "The mail listener cannot use port {port} on {host}: another program has it. "
            "Stop that program, or change smtp.{key} in the configuration."
        )
    if error.errno == errno.EACCES:
        return "Port {port} needs more rights than MailHub has: change smtp.{key}, or give it CAP_NET_BIND_SERVICE."
    return "The mail listener cannot use port {port} on {host} ({error}): check smtp.host and smtp.{key}."


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
    if listener.submission_tls_port:
        log.info("SMTP listened on port %d (submission under TLS)", listener.submission_tls_port)
    await stop.wait()
    await listener.stop()
    log.info("SMTP stopped")

"""What the conversations of a process have in common: the hub, the threads that touch tables, limits, who is there."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mailhub import smtp_bans, smtp_limits
from mailhub.db import close_database, now_ms, sql
from mailhub.hub import Hub
from mailhub.smtp_server.certificates import Certificate
from mailhub.smtp_server.committer import Committer
from mailhub.smtp_server.guard import Guard
from mailhub.smtp_server.meter import Meter

if TYPE_CHECKING:
    from mailhub.smtp_server.dialogue import Dialogue

EXCHANGE = 1.0
"""Seconds between two exchanges with the tables of bans and counts."""
CERTIFICATE = 5
"""Exchanges between two looks at the certificate's files."""
OVERLAP = 60_000
"""Milliseconds looked back for changed bans: clocks of machines differ, and transactions take their time."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class Shared:
    """Made once a process, inside the running loop. Two threads: one writes batches, one answers questions."""

    def __init__(self, hub: Hub, certificate: Certificate | None) -> None:
        self.hub = hub
        self.certificate = certificate
        self.hostname = hub.config.smtp.hostname
        self.size = hub.config.smtp.max_message_size
        self.guard = Guard(hub.config.smtp)
        self.meter = Meter()
        self.present: set[Dialogue] = set()
        self.stopping = False
        self._bans_read = 0
        self._writer = ThreadPoolExecutor(1, "smtp-writer")
        self._reader = ThreadPoolExecutor(1, "smtp-reader")
        self.committer = Committer(self._writer, hub.config.smtp.group_commit)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What STARTTLS shows now, or None without a certificate."""
        return self.certificate.context if self.certificate else None

    async def ask(self, question: Callable[[], T]) -> T:
        """Run what reads tables beside the loop. Raises what it raised."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, _answer, question)

    async def keep_up(self) -> None:
        """Exchange bans and counts with other processes and look at the certificate, for ever."""
        rounds = 0
        while True:
            await asyncio.sleep(EXCHANGE)
            rounds += 1
            try:
                await self.exchange()
                if self.certificate is not None and rounds % CERTIFICATE == 0:
                    self.certificate.look()
            except Exception:  # an outage passes, and nothing that was counted is lost
                log.exception("SMTP bans and limits could not be exchanged and are tried again")

    async def exchange(self) -> None:
        """Bring new bans and counts to their tables, and take in what other processes brought."""
        await self._exchange_bans()
        await self._exchange_counts()

    async def _exchange_bans(self) -> None:
        now, new = now_ms(), dict(self.guard.new)
        if new:
            await self.committer.commit(partial(_ban, new, now))
            self.guard.new = {subject: reason for subject, reason in self.guard.new.items() if subject not in new}
        since = max(0, self._bans_read - OVERLAP)
        self.guard.take(await self.ask(partial(smtp_bans.changed_since, since)), now)
        self._bans_read = now

    async def _exchange_counts(self) -> None:
        present = sorted({each.login_id for each in self.present if each.login_id})
        question = partial(smtp_limits.limits_now, self.hub.config.smtp, present)
        if present:
            read = await self.ask(question)
            self.meter.limits.update(read)
        here = {each.login_id for each in self.present}  # some came meanwhile, with limits of their own
        self.meter.limits = {login: limits for login, limits in self.meter.limits.items() if login in here}
        uses = self.meter.tell()
        if not uses:
            return
        try:
            await self.committer.commit(partial(smtp_limits.add, uses))
        except BaseException:
            self.meter.failed()
            raise
        logins = sorted({each.credential_id for each in uses})
        self.meter.told(await self.ask(partial(smtp_limits.used, logins, now_ms() // smtp_limits.MINUTE)))

    async def stop(self) -> None:
        """Commit what waits, then end the threads and their connections."""
        await self.committer.stop()
        for thread in (self._writer, self._reader):
            await asyncio.get_running_loop().run_in_executor(thread, close_database)
            thread.shutdown()


def _ban(new: dict[str, str], now: int) -> None:
    """Bans of addresses, and of those logins that there are."""
    for subject, reason in new.items():
        if not subject.startswith(smtp_bans.LOGIN) or _is_login(subject.removeprefix(smtp_bans.LOGIN)):
            smtp_bans.ban(subject, reason, now)


def _is_login(login: str) -> bool:
    row: Sequence[int] | None = sql(
        "SELECT 1 FROM smtp_credentials WHERE login = ? AND revoked_at IS NULL", (login,)
    ).fetchone()
    return row is not None


def _answer(question: Callable[[], T]) -> T:
    try:
        return question()
    except Exception:
        close_database()  # a connection that broke is not used again
        raise

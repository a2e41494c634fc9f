"""Opening a lane's connections: which of a destination's hosts, from which address, with which TLS, and what is tried next.

What to do when none can be used is the lane's; the session itself is smtp_client's.
"""

import asyncio
import logging
from typing import NamedTuple

from mailhub.delivery.mta_sts import report
from mailhub.delivery.mx import Mx, NoMail, short_name
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.smtp_client import ConnectFailed, SmtpClient, Tls

LEFT_ALONE = 60.0
"""Seconds for which a host that could not be used is tried after all others."""
MOST_TRIED = 6
"""Hosts tried for one connection: each may take half a minute."""

GREETING = 45.0
"""Seconds a server has for each answer until the first MAIL. RFC 5321 4.5.3.2 says 300, which is long while other servers
of the destination might answer, and while those that never do keep connections that others need."""

NO_TLS = "4.7.10"
"""The enhanced status (RFC 5248) of a destination that answers, and without the TLS that is asked for."""

log = logging.getLogger(__name__)


def status_of(failure: ConnectFailed) -> str:
    """The enhanced status of messages to a destination no session could be opened with (RFC 3463 section 3.5)."""
    return NO_TLS if failure.kind == "tls" else "4.4.1"


class Host(NamedTuple):
    """One address of a destination. `name` is whose certificate is expected."""

    name: str
    address: str


class Dialer:
    """Opens connections by one route and local address: to its smart host, or to the servers of `mx`, which is replaced
    whenever DNS is asked again. `tls` is what the provider's shaping asks for."""

    def __init__(
        self, route: Route, egress: Egress, mx: Mx | None = None, tls: str = "opportunistic", mx_port: int = 25
    ) -> None:
        self.route, self.egress, self.mx = route, egress, mx
        self.port = mx_port if mx is not None and route.port == 25 else route.port
        self._wanted = tls
        self._alone_until: dict[str, float] = {}

    @property
    def tls(self) -> Tls:
        """The TLS its connections have to have (RFC 8461: a certificate too, where the domain's policy says so)."""
        strict = self.certified or self._wanted == "required"
        if strict and (self.route.tls == "opportunistic" or (self.mx is not None and self.route.tls == "none")):
            return "required"
        return self.route.tls

    @property
    def certified(self) -> bool:
        """Whether the destination's policy wants a certificate that bears its servers' names."""
        return self.mx is not None and self.mx.certified

    async def open(self) -> SmtpClient:
        """A connection, as far as the first MAIL. Raises ConnectFailed, the last host's, when none can be used."""
        failure = ConnectFailed("connect", f"no address of {self.route.name} can be reached from here")
        for host in self._in_order()[:MOST_TRIED]:
            try:
                return await self._try(host)
            except ConnectFailed as caught:
                failure = caught
                self._alone_until[host.address] = asyncio.get_running_loop().time() + LEFT_ALONE
        raise failure

    def _in_order(self) -> list[Host]:
        """By preference, those alike in any order (RFC 5321 5.1); last of all those that failed a while ago."""
        now = asyncio.get_running_loop().time()
        self._alone_until = {address: until for address, until in self._alone_until.items() if until > now}
        return sorted(self._hosts(), key=lambda host: self._alone_until.get(host.address, 0.0))

    def _hosts(self) -> list[Host]:
        if self.mx is None:
            return [Host(self.route.host, self.route.host)]
        try:
            return [Host(host.name, address) for host, address in self.mx.attempts(self.egress.address)]
        except NoMail as nowhere:
            raise ConnectFailed("connect", nowhere.outcome.text) from nowhere

    async def _try(self, host: Host) -> SmtpClient:
        try:
            return await self._connect(host, self.tls)
        except ConnectFailed as failure:
            if failure.kind != "tls" or self.tls != "opportunistic" or self.route.username:
                raise
            log.warning("host %s: %s; going on without TLS", host.name, failure.text)
            return await self._connect(host, "none")

    async def _connect(self, host: Host, tls: Tls) -> SmtpClient:
        client = SmtpClient(
            host.address, self.port, helo=self.egress.helo, tls=tls, username=self.route.username,
            password=self.route.password, source_address=self.egress.address or None, server_name=host.name,
            verify=True if self.certified else None, greeting_timeout=GREETING,
        )  # fmt: skip
        await client.connect()
        if self.mx is not None:
            report(short_name(self.mx.key), self.mx.policy, host.name, client.tls)
        return client

"""Questions to DNS servers over UDP: many at once over a few connected sockets; TCP for an answer that was cut off.

dnspython reads the answers and knows the system's servers. Its own sockets, one for each question, cost three times the rest.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from typing import cast

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.resolver

from mailhub.config_sections import DnsConfig
from mailhub.errors import UserError
from mailhub.resolvers import read_resolver

TRIES = 2
"""How often a question is put, each time to the next server."""
_LINES = 4
"""Sockets to one server: each with a port of its own and 65,536 numbers, so that an answer is hard to forge."""
_UNANSWERED = 200
"""Questions one server has at once, the others wait: Linux gives a socket room for 277 small datagrams by default
(net.core.rmem_default, 768 bytes each), and drops what comes on top."""
_PAYLOAD = 1232
_OPT = b"\0\0\x29" + _PAYLOAD.to_bytes(2, "big") + b"\0\0\0\0\0\0"
_ANSWERS = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)

Server = tuple[str, int]


class Unanswered(Exception):
    """No server gave an answer: silence, SERVFAIL, REFUSED, or something that cannot be read."""


def servers(given: Sequence[str]) -> list[Server]:
    """`dns.resolvers` as addresses and ports; none given: the system's. Raises `UserError`."""
    if given:
        return [read_resolver(each) for each in given]
    try:
        system = dns.resolver.Resolver()
    except dns.exception.DNSException as error:
        raise UserError("The system names no DNS server: write one as dns.resolvers in the configuration.") from error
    return [(str(each), system.port) for each in system.nameservers]


class _Line(asyncio.DatagramProtocol):
    """One connected socket: only its server's answers reach it, each matched by number and question."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[bytes, asyncio.Future[bytes]]] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, octets: bytes, addr: object) -> None:
        question, future = self.waiting.get(int.from_bytes(octets[:2], "big"), (b"", None))
        if future is None or future.done() or len(octets) < 12 or not octets[2] & 0x80:
            return
        if octets[12 : 12 + len(question)].lower() == question:
            future.set_result(octets)

    def error_received(self, error: Exception) -> None:
        """Nobody listens there: whoever waits need not wait longer."""
        for _, future in self.waiting.values():
            if not future.done():
                future.set_exception(error)

    async def ask(self, question: bytes, timeout: float) -> bytes:
        assert self.transport is not None
        number = secrets.randbelow(65536)
        while number in self.waiting:
            number = secrets.randbelow(65536)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting[number] = question, future
        try:
            self.transport.sendto(_message(number, question))
            async with asyncio.timeout(timeout):
                return await future
        finally:
            del self.waiting[number]


def _question(name: str, kind: dns.rdatatype.RdataType) -> bytes:
    """A question's octets (RFC 1035 section 4.1.2) for a domain in A-labels and lower case, or "" for the root."""
    labels = [label.encode("ascii") for label in name.split(".")] if name else []
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + kind.to_bytes(2, "big") + b"\0\1"


def _message(number: int, question: bytes) -> bytes:
    return number.to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\1" + question + _OPT


def _read(octets: bytes) -> dns.message.Message:
    """An answer without the records that make no sense, unless there are no others: one bad TXT record hides no SPF."""
    answer = dns.message.from_wire(octets, ignore_trailing=True, continue_on_error=True)
    if answer.errors:
        for found in answer.answer:
            found.items = {each: None for each in found if not isinstance(each, dns.rdata.GenericRdata)}
        answer.answer[:] = [found for found in answer.answer if found.items]
        if not answer.answer:
            raise dns.exception.FormError
    return answer


class Asker:
    """Puts questions to the servers in turn, to each no more at once than its socket can hold.

    Lives in one event loop; `timeout` is seconds a server has for a question, each time.
    """

    def __init__(self, servers: Sequence[Server], timeout: float) -> None:
        self._servers = list(servers)
        self._timeout = timeout
        self._lines: dict[Server, list[_Line]] = {}
        self._room: dict[Server, asyncio.Semaphore] = {each: asyncio.Semaphore(_UNANSWERED) for each in servers}
        self._opening = asyncio.Lock()

    async def ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.message.Message:
        """The answer (NOERROR or NXDOMAIN) about a domain. Raises `Unanswered`."""
        question = _question(name, kind)
        for attempt in range(TRIES):
            answer = await self._try(self._servers[attempt % len(self._servers)], question)
            if answer is not None and answer.rcode() in _ANSWERS:
                return answer
        raise Unanswered(name)

    async def is_heard(self) -> bool:
        """Whether any server answers at all, whatever it says: asked of the root's name servers."""
        question = _question("", dns.rdatatype.NS)
        return any([await self._try(each, question) is not None for each in self._servers])

    async def _try(self, server: Server, question: bytes) -> dns.message.Message | None:
        try:
            async with self._room[server]:
                octets = await (await self._line(server)).ask(question, self._timeout)
            if octets[2] & 0x02:
                return await self._at_length(server, question)
            return _read(octets)
        except (OSError, TimeoutError, EOFError, dns.exception.DNSException):
            return None

    async def _at_length(self, server: Server, question: bytes) -> dns.message.Message:
        query = dns.message.from_wire(_message(secrets.randbelow(65536), question))
        return await dns.asyncquery.tcp(query, server[0], self._timeout, server[1])

    async def _line(self, server: Server) -> _Line:
        async with self._opening:  # of many who ask at once, one opens
            lines = self._lines.setdefault(server, [])
            while len(lines) < _LINES:
                _, line = await asyncio.get_running_loop().create_datagram_endpoint(_Line, remote_addr=server)
                lines.append(line)
        return secrets.choice(lines)

    def close(self) -> None:
        """Close the sockets."""
        for line in (line for lines in self._lines.values() for line in lines):
            with contextlib.suppress(OSError):
                if line.transport is not None:
                    line.transport.close()
        self._lines.clear()


def open_asker(settings: DnsConfig) -> Asker:
    """An asker as the configuration says. Raises `UserError` for DNS servers that make no sense."""
    if settings.timeout <= 0:
        raise UserError("The configuration's dns.timeout must be above 0.")
    return Asker(servers(settings.resolvers), settings.timeout)

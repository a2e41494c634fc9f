"""A DNS server on loopback for tests and benchmarks: real UDP and TCP, with every kind of answer a resolver can give."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from dnslib import AAAA, MX, NS, QTYPE, RCODE, RR, SOA, A, DNSHeader, DNSRecord

SERVFAIL, REFUSED = "SERVFAIL", "REFUSED"


@dataclass(frozen=True)
class Zone:
    """What is said of one domain: `mx` as (preference, host), addresses; or an error, silence, a delay in seconds."""

    mx: tuple[tuple[int, str], ...] = ()
    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    rcode: str = ""
    silent: bool = False
    delay: float = 0.0
    truncated: bool = False
    ttl: int = 300


MAIL = Zone(mx=((10, "mx.example.net"),))
NULL_MX = Zone(mx=((0, "."),))
WEB_ONLY = Zone(a=("192.0.2.1",))
WEB_ONLY_6 = Zone(aaaa=("2001:db8::1",))
NOTHING = Zone()
FAILING = Zone(rcode=SERVFAIL)
SILENT = Zone(silent=True)

Zones = Mapping[str, Zone] | Callable[[str], Zone | None]


def answer_to(query: DNSRecord, zone: Zone | None) -> DNSRecord:
    """What an honest server would say; no zone: the domain does not exist."""
    question = query.q
    reply = DNSRecord(DNSHeader(id=query.header.id, qr=1, ra=1, rd=1), q=question)
    name = question.qname
    if str(name) == ".":
        reply.add_answer(RR(".", QTYPE.NS, rdata=NS("a.root-servers.net."), ttl=300))
        return reply
    if zone is None or zone.rcode:
        reply.header.rcode = getattr(RCODE, zone.rcode if zone else "NXDOMAIN")
    found = [] if zone is None or zone.rcode else _records(zone, QTYPE[question.qtype])
    for record in found:
        reply.add_answer(RR(name, question.qtype, rdata=record, ttl=zone.ttl if zone else 0))
    if not found and not (zone and zone.rcode):
        reply.add_auth(RR(name, QTYPE.SOA, rdata=SOA("ns.example.", "dns.example.", (1, 60, 60, 60, 60)), ttl=60))
    return reply


def _records(zone: Zone, kind: str) -> list[object]:
    if kind == "MX":
        return [MX(host, preference) for preference, host in zone.mx]
    if kind == "A":
        return [A(address) for address in zone.a]
    return [AAAA(address) for address in zone.aaaa] if kind == "AAAA" else []


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: "DnsServer") -> None:
        self.server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, octets: bytes, address: object) -> None:
        zone, reply = self.server.reply(octets)
        if zone is not None and zone.silent:
            return
        if zone is not None and zone.truncated:  # the header with its bit, and the question
            reply = reply[:2] + bytes([reply[2] | 2]) + reply[3:]
        send = self.transport.sendto  # type: ignore[attr-defined]
        if zone is not None and zone.delay:
            asyncio.get_running_loop().call_later(zone.delay, send, reply, address)
        else:
            send(reply, address)


class DnsServer:
    """`with DnsServer({"example.com": MAIL}) as dns:`; `dns.address` is for `verification.resolvers`.

    `zones` maps domains, or is a function of one. `asked` counts questions by domain and kind; `deaf` makes it
    swallow every question, the root's too.
    """

    def __init__(self, zones: Zones) -> None:
        self.zones = zones if callable(zones) else zones.get
        self.asked: dict[tuple[str, str], int] = {}
        self.deaf = False
        self.port = 0
        self._known: dict[bytes, tuple[Zone | None, bytes]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.open(self._loop), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen on one free port, by UDP and TCP."""
        listening = await asyncio.start_server(self._by_tcp, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", self.port))

    def reply(self, octets: bytes) -> tuple[Zone | None, bytes]:
        """The zone a question is about, and the answer; what was asked before is answered from memory."""
        if self.deaf:
            return SILENT, b""
        kept = self._known.get(octets[2:])
        if kept is None:
            query = DNSRecord.parse(octets)
            domain = str(query.q.qname).rstrip(".").lower()
            zone = self.zones(domain)
            kept = self._known[octets[2:]] = zone, answer_to(query, zone).pack()
            self._count(domain, QTYPE[query.q.qtype])
        else:
            query = DNSRecord.parse(octets) if len(self._known) < 1000 else None
            if query is not None:
                self._count(str(query.q.qname).rstrip(".").lower(), QTYPE[query.q.qtype])
        return kept[0], octets[:2] + kept[1][2:]

    def _count(self, domain: str, kind: str) -> None:
        self.asked[domain, kind] = self.asked.get((domain, kind), 0) + 1

    async def _by_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        _, reply = self.reply(await reader.readexactly(length))
        writer.write(len(reply).to_bytes(2, "big") + reply)
        await writer.drain()
        writer.close()

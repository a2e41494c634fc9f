"""A DNS server on loopback for tests and benchmarks: real UDP and TCP, with every kind of answer a resolver can give."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from dnslib import AAAA, CNAME, MX, NS, PTR, QTYPE, RCODE, RR, SOA, TXT, A, DNSHeader, DNSRecord

SERVFAIL, REFUSED = "SERVFAIL", "REFUSED"
PAYLOAD = 1232
"""Octets of the longest answer by UDP; longer ones are cut off and told by TCP."""


@dataclass(frozen=True)
class Zone:
    """What is said of one domain: `mx` as (preference, host), addresses, texts; or an error, silence, a delay in seconds.

    `cname` leads to another domain of the zones, whose records are told with it, unless `alone`. `fails` names the kinds
    of question, such as "AAAA", that get a SERVFAIL while the others are answered.
    """

    mx: tuple[tuple[int, str], ...] = ()
    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    ptr: tuple[str, ...] = ()
    cname: str = ""
    alone: bool = False
    fails: tuple[str, ...] = ()
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


def answer_to(query: DNSRecord, zone: Zone | None, zones: Callable[[str], Zone | None]) -> DNSRecord:
    """What an honest server would say that follows CNAME records; no zone: the domain does not exist."""
    reply = DNSRecord(DNSHeader(id=query.header.id, qr=1, ra=1, rd=1), q=query.q)
    name, kind = query.q.qname, QTYPE[query.q.qtype]
    if str(name) == ".":
        reply.add_answer(RR(".", QTYPE.NS, rdata=NS("a.root-servers.net."), ttl=300))
        return reply
    for _ in range(10):
        error = "NXDOMAIN" if zone is None else "SERVFAIL" if kind in zone.fails else zone.rcode
        if zone is None or error or not zone.cname:
            break
        reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(zone.cname), ttl=zone.ttl))
        if zone.alone or kind == "CNAME":
            return reply
        name = zone.cname
        zone = zones(_domain(name))
    return _end(reply, name, kind, zone, error)


def _end(reply: DNSRecord, name: object, kind: str, zone: Zone | None, error: str) -> DNSRecord:
    found = [] if zone is None or error else _records(zone, kind)
    reply.header.rcode = getattr(RCODE, error or "NOERROR")
    for record in found:
        reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=record, ttl=zone.ttl if zone else 0))
    if not found and error in ("", "NXDOMAIN"):
        reply.add_auth(RR(name, QTYPE.SOA, rdata=SOA("ns.example.", "dns.example.", (1, 60, 60, 60, 60)), ttl=60))
    return reply


def _domain(name: object) -> str:
    return str(name).rstrip(".").lower()


def _records(zone: Zone, kind: str) -> list[object]:
    told: dict[str, list[object]] = {
        "MX": [MX(host, preference) for preference, host in zone.mx],
        "A": [A(address) for address in zone.a],
        "AAAA": [AAAA(address) for address in zone.aaaa],
        "TXT": [TXT([text[at : at + 255] for at in range(0, len(text), 255)] or [""]) for text in zone.txt],
        "PTR": [PTR(host) for host in zone.ptr],
    }
    return told.get(kind, [])


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: "DnsServer") -> None:
        self.server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, octets: bytes, address: object) -> None:
        zone, reply = self.server.reply(octets)
        if zone is not None and zone.silent:
            return
        if (zone is not None and zone.truncated) or len(reply) > PAYLOAD:
            reply = reply[:2] + bytes([reply[2] | 2]) + reply[3:]
        send = self.transport.sendto  # type: ignore[attr-defined]
        if zone is not None and zone.delay:
            asyncio.get_running_loop().call_later(zone.delay, send, reply, address)
        else:
            send(reply, address)


class DnsServer:
    """`with DnsServer({"example.com": MAIL}) as dns:`; `dns.address` is for `dns.resolvers`.

    `zones` maps domains (it may be changed at any time), or is a function of one. `asked` counts questions by domain
    and kind; `deaf` makes it swallow every question, the root's too.
    """

    def __init__(self, zones: Zones) -> None:
        self.zones = zones if callable(zones) else zones.get
        self.asked: dict[tuple[str, str], int] = {}
        self.deaf = False
        self.port = 0
        self._known: dict[bytes, tuple[str, str, Zone | None, bytes]] = {}
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
        """Listen on one free port, by UDP and TCP: what is free for one may be taken for the other."""
        for _ in range(50):
            listening = await asyncio.start_server(self._by_tcp, "127.0.0.1", 0)
            self.port = listening.sockets[0].getsockname()[1]
            with contextlib.suppress(OSError):
                await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", self.port))
                return
            listening.close()
        raise OSError("no port is free for UDP and TCP")

    def reply(self, octets: bytes) -> tuple[Zone | None, bytes]:
        """The zone a question is about, and the answer; what was asked before of the same zone is answered from memory."""
        if self.deaf:
            return SILENT, b""
        domain, kind, zone, reply = self._known.get(octets[2:], ("", "", None, b""))
        if not domain or self.zones(domain) is not zone:
            query = DNSRecord.parse(octets)
            domain, kind = _domain(query.q.qname), QTYPE[query.q.qtype]
            zone = self.zones(domain)
            reply = answer_to(query, zone, self.zones).pack()
            if zone is None or not zone.cname:  # what that leads to may be another zone next time
                self._known[octets[2:]] = domain, kind, zone, reply
        self._count(domain, kind)
        return zone, octets[:2] + reply[2:]

    def _count(self, domain: str, kind: str) -> None:
        self.asked[domain, kind] = self.asked.get((domain, kind), 0) + 1

    async def _by_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        _, reply = self.reply(await reader.readexactly(length))
        writer.write(len(reply).to_bytes(2, "big") + reply)
        await writer.drain()
        writer.close()

"""Names looked up in one event loop, each question asked once however many wait, and remembered for its time to live.

`blocking` is the same for pages and schedules, which have no loop.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.rcode
from dns.rdatatype import AAAA, CNAME, MX, PTR, TXT, A, RdataType

from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Asker, Unanswered, open_asker
from mailhub.dns.names import ascii_name, reverse_name

__all__ = ["Found", "Lookup", "NoSuchName", "Unanswered", "open_lookup"]

SHORTEST, LONGEST = 5, 3600
"""Seconds what a name server said is believed, whatever its own time to live is."""
LONGEST_NONE = 60
"""Seconds it is believed that there is nothing: whoever sets up a domain looks again and again."""
LONGEST_FAILURE = 5
ENTRIES = 20_000
"""Answers kept at most; the ones not asked for longest go."""
CHAIN = 8
"""CNAME records followed one after the other, where the server did not follow them itself."""


class NoSuchName(Exception):
    """The domain does not exist (NXDOMAIN), or cannot: it is no domain name. `expires` as in `Found`."""

    def __init__(self, name: str, expires: float = 0.0) -> None:
        super().__init__(name)
        self.expires = expires


@dataclass(frozen=True, slots=True)
class Found:
    """What dnspython read under a name. `name`: where CNAME records led. `expires`: until when it holds, by the clock."""

    name: str
    records: tuple[Any, ...]
    expires: float


_Kept = Found | NoSuchName | Unanswered
_Key = tuple[str, RdataType]


class Lookup:
    """Lives in one event loop. Names may be Unicode; every question may raise `NoSuchName` or `Unanswered`.

    A name that exists and has no such record gives an empty answer. `clock` tells seconds.
    """

    def __init__(self, asker: Asker, *, entries: int = ENTRIES, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._asker = asker
        self._entries = entries
        self._kept: OrderedDict[_Key, tuple[float, _Kept]] = OrderedDict()
        self._asking: dict[_Key, asyncio.Task[_Kept]] = {}

    async def txt(self, name: str) -> list[str]:
        """The TXT records, each with its strings put together (RFC 7208 section 3.3), in no order."""
        found = await self.find(name, TXT)
        return [b"".join(each.strings).decode("utf-8", "replace") for each in found.records]

    async def mx(self, name: str) -> list[tuple[int, str]]:
        """The mail servers as (preference, host), best first; a null MX (RFC 7505) is [(0, "")]."""
        found = await self.find(name, MX)
        return sorted((each.preference, _written(each.exchange)) for each in found.records)

    async def addresses(self, name: str) -> list[str]:
        """The IPv4 addresses, then the IPv6 ones. When one kind fails and the other has some, those are all."""
        return (await self.addresses_until(name))[0]

    async def addresses_until(self, name: str) -> tuple[list[str], float]:
        """The same, and until when they hold (by the clock): that there are none of one kind does not shorten it."""
        asked = await asyncio.gather(self.find(name, A), self.find(name, AAAA), return_exceptions=True)
        answers = [one for one in asked if isinstance(one, Found)]
        found = [str(each.address) for one in answers for each in one.records]
        for one in asked:
            if isinstance(one, BaseException) and not found:
                raise one
        return found, min(one.expires for one in answers if one.records or not found)

    async def cname(self, name: str) -> str:
        """The name this one stands for (one step), or ""."""
        found = await self.find(name, CNAME)
        return _written(found.records[0].target) if found.records else ""

    async def ptr(self, address: str) -> list[str]:
        """The names an IP address gives itself. Raises ValueError for what is no address."""
        found = await self.find(reverse_name(address), PTR)
        return [_written(each.target) for each in found.records]

    async def find(self, name: str, kind: RdataType) -> Found:
        """The records of one kind with the time until which they hold; CNAME records are followed."""
        try:
            key = ascii_name(name), kind
        except ValueError as error:
            raise NoSuchName(name, self.clock() + LONGEST) from error
        kept = self._recall(key)
        if kept is None:
            # Shielded: others may be waiting for the same answer, and it is worth keeping.
            kept = await asyncio.shield(self._ask_once(key))
        if isinstance(kept, Found):
            return kept
        raise NoSuchName(str(kept), kept.expires) if isinstance(kept, NoSuchName) else Unanswered(str(kept))

    def forget(self, name: str) -> None:
        """Believe nothing any more that was said of a name: somebody has just changed it."""
        with contextlib.suppress(ValueError):
            name = ascii_name(name)
        for key in [key for key in self._kept if key[0] == name]:
            del self._kept[key]

    def close(self) -> None:
        """End the questions and close the sockets."""
        for task in self._asking.values():
            task.cancel()
        self._asker.close()

    def _recall(self, key: _Key) -> _Kept | None:
        expires, kept = self._kept.get(key, (0.0, None))
        if kept is None or expires <= self.clock():
            return None
        self._kept.move_to_end(key)
        return kept

    def _ask_once(self, key: _Key) -> "asyncio.Task[_Kept]":
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.get_running_loop().create_task(self._ask(key))
            task.add_done_callback(lambda _: self._asking.pop(key))
        return task

    async def _ask(self, key: _Key) -> _Kept:
        kept: _Kept
        try:
            kept = await self._follow(*key)
            expires = kept.expires
        except Unanswered as failure:
            kept, expires = failure, self.clock() + LONGEST_FAILURE
        self._kept[key] = expires, kept
        self._kept.move_to_end(key)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)
        return kept

    async def _follow(self, name: str, kind: RdataType) -> Found | NoSuchName:
        expires = self.clock() + LONGEST
        for _ in range(CHAIN):
            answer = await self._asker.ask(name, kind)
            try:
                chain = answer.resolve_chaining()  # type: ignore[attr-defined]
            except dns.exception.DNSException as error:
                raise Unanswered(name) from error
            none = chain.answer is None
            expires = min(expires, self.clock() + _lifetime(chain.minimum_ttl, LONGEST_NONE if none else LONGEST))
            name = _written(chain.canonical_name)
            if answer.rcode() == dns.rcode.NXDOMAIN:
                return NoSuchName(name, expires)
            if not none or not chain.cnames:
                return Found(name, () if none else tuple(chain.answer), expires)
        raise Unanswered(name)


def _lifetime(told: int, most: int) -> int:
    return max(SHORTEST, min(told, most))


def _written(name: object) -> str:
    return str(name).removesuffix(".").lower()


def open_lookup(settings: DnsConfig) -> Lookup:
    """A lookup as the configuration says. Raises `UserError` for DNS servers that make no sense."""
    return Lookup(open_asker(settings))

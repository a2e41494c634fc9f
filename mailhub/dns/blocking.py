"""The lookup for whoever has no event loop and may wait: pages, schedules, commands. One thread in a process keeps it."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as Late
from typing import Any, TypeVar

from dns.rdatatype import RdataType

from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Unanswered, open_asker
from mailhub.dns.lookup import Lookup

PATIENCE = 20.0
"""Seconds a question may take in all, however many servers and CNAME records it leads through."""
KEPT = 4
"""Lookups with settings of their own that one process keeps; only tests have more than one."""

T = TypeVar("T")


class Blocking:
    """`Lookup` with answers instead of awaitables, for any thread. Raises `NoSuchName` and `Unanswered` as that does."""

    def __init__(self, settings: DnsConfig, patience: float = PATIENCE) -> None:
        self._lookup = Lookup(open_asker(settings))
        self._patience = patience
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="dns", daemon=True).start()

    def find(self, name: str, kind: RdataType, patience: float | None = None) -> tuple[Any, ...]:
        """The records of one kind as dnspython has them; `patience` is seconds for this question."""
        return self._wait(self._lookup.find(name, kind), name, patience).records

    def txt(self, name: str) -> list[str]:
        """The TXT records, each with its strings put together, in no order."""
        return self._wait(self._lookup.txt(name), name)

    def mx(self, name: str) -> list[tuple[int, str]]:
        """The mail servers as (preference, host), best first; a null MX (RFC 7505) is [(0, "")]."""
        return self._wait(self._lookup.mx(name), name)

    def addresses(self, name: str) -> list[str]:
        """The IPv4 addresses, then the IPv6 ones."""
        return self._wait(self._lookup.addresses(name), name)

    def cname(self, name: str) -> str:
        """The name this one stands for, or ""."""
        return self._wait(self._lookup.cname(name), name)

    def ptr(self, address: str) -> list[str]:
        """The names an IP address gives itself. Raises ValueError for what is no address."""
        return self._wait(self._lookup.ptr(address), address)

    def forget(self, name: str) -> None:
        """Believe nothing any more that was said of a name: a person has changed it and asks again."""
        self._loop.call_soon_threadsafe(self._lookup.forget, name)

    def close(self) -> None:
        """End the questions and the thread."""
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._lookup.close()
        self._loop.call_later(0, self._loop.stop)

    def _wait(self, question: Coroutine[Any, Any, T], name: str, patience: float | None = None) -> T:
        asked = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return asked.result(self._patience if patience is None else min(patience, self._patience))
        except Late as error:
            asked.cancel()
            raise Unanswered(name) from error


_kept: dict[tuple[int, tuple[str, ...], float], Blocking] = {}
_lock = threading.Lock()


def blocking(settings: DnsConfig) -> Blocking:
    """The process's lookup for these settings, made at first use. Raises `UserError` for servers that make no sense."""
    key = os.getpid(), tuple(settings.resolvers), settings.timeout  # a forked process has no thread of its parent's
    with _lock:
        if key not in _kept:
            _kept[key] = Blocking(settings)
        while len(_kept) > KEPT:
            _kept.pop(next(iter(_kept))).close()
        return _kept[key]

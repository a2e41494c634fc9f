"""Spam traps from the lists an operator loads: plain files, one address or domain a line; kept as numbers, read again when
they change."""

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mailhub.address import address_key, normalise
from mailhub.config import Config
from mailhub.errors import UserError


class Traps(NamedTuple):
    """Addresses by key, sorted (8 bytes each: lists have millions), and whole domains."""

    keys: "array[int]"
    domains: frozenset[str]

    def hold(self, clean: str, domain: str) -> bool:
        """Whether a normalised address, or its domain, is on a list."""
        if domain in self.domains:
            return True
        if not self.keys:
            return False
        key = address_key(clean)
        place = bisect_left(self.keys, key)
        return place < len(self.keys) and self.keys[place] == key


NONE = Traps(array("q"), frozenset())


def load(config: Config) -> Traps:
    """The lists named by `verification.traps`. Raises `UserError` for one that cannot be read."""
    base = config.source.parent if config.source else Path.cwd()
    stamps = []
    for name in config.verification.traps:
        path = str(base / Path(name).expanduser())
        try:
            stat = os.stat(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        stamps.append((path, stat.st_mtime_ns, stat.st_size))
    return _read(tuple(stamps))


@lru_cache(2)
def _read(stamps: tuple[tuple[str, int, int], ...]) -> Traps:
    keys: array[int] = array("q")
    domains: set[str] = set()
    for path, _, _ in stamps:
        try:
            with open(path, encoding="utf-8", errors="replace") as lines:
                _take(lines, keys, domains)
        except OSError as error:
            raise _unreadable(path, error) from error
    return Traps(array("q", sorted(keys)), frozenset(domains))


def _take(lines: Iterable[str], keys: "array[int]", domains: set[str]) -> None:
    for line in lines:
        text = normalise(line.partition("#")[0])
        local, _, domain = text.rpartition("@")
        if local:
            keys.append(address_key(text))
        elif domain:
            domains.add(domain.lower())


def _unreadable(path: str, error: OSError) -> UserError:
    return UserError(
        "The list of spam traps {path} cannot be read ({reason}): correct verification.traps in the configuration.",
        path=path, reason=error.strerror or type(error).__name__,
    )  # fmt: skip

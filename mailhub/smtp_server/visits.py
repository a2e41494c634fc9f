"""How many connections one address has open: a simple limit, so that nobody takes all of them."""

from collections import Counter

PER_ADDRESS = 100
"""Connections one IP address may have open at the same time."""


class Visits:
    """Open connections by IP address, of one process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection in. False when the address has as many as it may; `leave` is due either way."""
        self._open[address] += 1
        return self._open[address] <= PER_ADDRESS

    def leave(self, address: str) -> None:
        """Count a connection out."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]

"""Numbers that mostly follow one another, written short: 5, 6, 7, 9 is [5, 7, 9, 9]."""

from collections.abc import Iterable


def pack(numbers: Iterable[int]) -> list[int]:
    """Return first and last of each run, in order; each number counts once."""
    packed: list[int] = []
    for number in sorted(set(numbers)):
        if packed and number == packed[-1] + 1:
            packed[-1] = number
        else:
            packed += (number, number)
    return packed


def unpack(packed: list[int]) -> list[int]:
    """The numbers again, in order."""
    pairs = zip(packed[::2], packed[1::2], strict=True)
    return [number for first, last in pairs for number in range(first, last + 1)]

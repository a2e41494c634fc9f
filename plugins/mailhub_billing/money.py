"""Amounts as people write them and as the ledger counts them: millionths, whole numbers, never floats."""

import re
from decimal import Decimal

from mailhub import Invalid
from mailhub.errors import Sentence

MILLION = 1_000_000
LARGEST = 10**15
"""The largest amount taken at once: a thousand million of the currency, in millionths."""
_WRITTEN = re.compile(r"\d{1,12}([.,]\d{1,6})?")


def parse(field: str, text: str, most: int = LARGEST) -> int:
    """`12.5` or `12,50` as millionths, zero to `most`. Raises `Invalid` at `field`."""
    plain = text.strip()
    if not (plain.isascii() and _WRITTEN.fullmatch(plain)):
        raise Invalid(fields={field: Sentence("{text} is no amount: write one such as 12.50.", text=plain[:40])})
    amount = int(Decimal(plain.replace(",", ".")) * MILLION)
    if amount > most:
        raise Invalid(
            fields={field: Sentence("{text} is too much: write {most} at most.", text=plain, most=as_text(most))}
        )
    return amount


def as_decimal(amount: int) -> Decimal:
    """Millionths as an exact number of the currency."""
    return Decimal(amount) / MILLION


def as_text(amount: int) -> str:
    """Millionths as plain text, without zeros at the end: `0.0045`."""
    sign, rest = ("-" if amount < 0 else ""), abs(amount)
    whole, part = divmod(rest, MILLION)
    return f"{sign}{whole}" + (f".{part:06d}".rstrip("0") if part else "")

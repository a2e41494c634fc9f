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


def parse_sum(field: str, text: str) -> int:
    """A sum that was paid, as millionths. Raises `Invalid` at `field`, also for `1,000`, which some read as a thousand.

    Prices have many decimals, sums have not: `parse` takes what one mail costs.
    """
    plain = text.strip()
    found = _WRITTEN.fullmatch(plain)
    if found and found[1] and len(found[1]) == len(",000"):
        whole, decimals = plain[: found.start(1)], found[1][1:]
        sentence = Sentence(
            "{text} can be read in two ways: write {more} or {less}.",
            text=plain, more=whole + decimals, less=f"{whole}.{decimals[:2] if decimals.endswith('0') else decimals + '0'}",
        )  # fmt: skip
        raise Invalid(fields={field: sentence})
    return parse(field, plain)


def parse_count(field: str, text: str, most: int) -> int:
    """A number of mails, zero to `most`, in digits alone: `1,000` is one to some and a thousand to others. Raises `Invalid`."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= len(str(LARGEST))):
        refused = Sentence("{amount} is no number of mails: write a whole one in digits alone.", amount=plain[:40])
        raise Invalid(fields={field: refused})
    if int(plain) > most:
        raise Invalid(fields={field: Sentence("{text} is too much: write {most} at most.", text=plain, most=most)})
    return int(plain)


def as_decimal(amount: int) -> Decimal:
    """Millionths as an exact number of the currency."""
    return Decimal(amount) / MILLION


def as_text(amount: int) -> str:
    """Millionths as plain text, without zeros at the end: `0.0045`."""
    sign, rest = ("-" if amount < 0 else ""), abs(amount)
    whole, part = divmod(rest, MILLION)
    return f"{sign}{whole}" + (f".{part:06d}".rstrip("0") if part else "")

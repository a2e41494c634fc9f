"""How long an SMS is: 160 signs of the GSM alphabet (3GPP TS 23.038), or 70 when one sign is outside it (UCS-2)."""

from typing import NamedTuple

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
"""These take the place of two."""

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "•": "-",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "œ": "oe", "Œ": "OE", "ç": "Ç",
    }
)  # fmt: skip


class Length(NamedTuple):
    """`encoding` is GSM-7 or UCS-2, `signs` what is counted, `segments` how many SMS are paid."""

    encoding: str
    signs: int
    segments: int


def plain(text: str) -> str:
    """A text in the signs every phone writes: a typographic apostrophe would halve what an SMS holds.

    The small ç is not in the alphabet and its capital is; inside quotation marks of French, spaces go.
    """
    return text.replace("«\u00a0", '"').replace("\u00a0»", '"').translate(_PLAIN).replace("\0", "")


def measure(text: str) -> Length:
    """How long a text is as an SMS. Longer ones are sent in segments of 153 (GSM-7) or 67 (UCS-2)."""
    signs = [2 if sign in EXTENDED else 1 for sign in text if sign in BASIC or sign in EXTENDED]
    if len(signs) == len(text):
        return Length("GSM-7", sum(signs), _segments(signs, 160, 153))
    units = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    return Length("UCS-2", sum(units), _segments(units, 70, 67))


def _segments(units: list[int], alone: int, each: int) -> int:
    """No sign is cut in two by the end of a segment."""
    if sum(units) <= alone:
        return 1
    segments, room = 1, each
    for unit in units:
        if unit > room:
            segments, room = segments + 1, each
        room -= unit
    return segments

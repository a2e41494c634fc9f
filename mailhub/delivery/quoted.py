"""Quoted-printable (RFC 2045, 6.7) in pieces: each is encoded by itself, and joined in any order they are legal.

The result is also its own relaxed DKIM form (RFC 6376, 3.4.4) and needs neither dot-stuffing nor "From " escaping,
so that nothing has to look at a body again. Which pieces a mail is made of is left to `compile` and `mime`.
"""

import re
from binascii import b2a_qp

SOFT = b"=\r\n"

# A line and its "=" leave two of the 76 for a leading "." or "F" that must be spelt =2E or =46 afterwards.
_LIMIT = 73
_PLAIN = re.compile(r"(?!\.|From )[!-<>-~]+(?: [!-<>-~]+)*")


def encode(text: str) -> bytes:
    """Return `text` in quoted-printable UTF-8 with CRLF line ends (CR, LF and CRLF in `text` are all line ends).

    Expects to stand at the beginning of a line; ends where the text ends. No line is longer than 76 characters.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # The C encoder folds by its own rules: its soft breaks are the only "=\n" and are taken out again.
    lines = b2a_qp(text.encode("utf-8", "replace")).replace(b"=\n", b"")
    lines = lines.replace(b"\t", b"=09").replace(b"  ", b" =20")
    if len(lines) > _LIMIT:
        lines = b"\n".join([line if len(line) <= _LIMIT else _fold(line) for line in lines.split(b"\n")])
    return _guard_line_starts(lines).replace(b"\n", b"\r\n")


def piece(text: str) -> bytes:
    """Return `text` encoded so that anything may follow: it begins on a new line and leaves a new line behind.

    `b"".join(map(piece, texts))` decodes to `"".join(texts)`. A text that ends in a line end needs no soft break.
    """
    if len(text) <= _LIMIT and _PLAIN.fullmatch(text):
        return text.encode("ascii") + SOFT
    encoded = encode(text)
    if not encoded or encoded.endswith(b"\n"):
        return encoded
    return encoded + SOFT


def _fold(line: bytes) -> bytes:
    parts, start, equals = [], 0, ord("=")
    while len(line) - start > _LIMIT:
        end = start + _LIMIT
        # An escape (=C3) stays in one part.
        if line[end - 1] == equals:
            end -= 1
        elif line[end - 2] == equals:
            end -= 2
        parts.append(line[start:end])
        start = end
    return b"=\n".join([*parts, line[start:]])


def _guard_line_starts(lines: bytes) -> bytes:
    if b"\n" in lines:
        lines = lines.replace(b"\n.", b"\n=2E").replace(b"\nFrom ", b"\n=46rom ")
    if lines.startswith(b"."):
        return b"=2E" + lines[1:]
    if lines.startswith(b"From "):
        return b"=46rom " + lines[5:]
    return lines

"""Octets to text as mail writes them: transfer encodings, charsets, encoded words. What is broken is read as far as it can be."""

import binascii
import codecs
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

_ENCODED = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,30})?\?([bBqQ])\?([^?]*)\?=(\s+(?==\?))?")
_OTHER_THAN_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UUENCODED = re.compile(rb"(?:^|\n)begin [0-7]{3,4} [^\r\n]*\r?\n")
# Codecs that turn text into text only: no compression, and none that takes long on purpose (punycode, idna).
_SAFE = re.compile(r"utf|iso|cp\d|koi|gb|big5|euc|shift|johab|hz|mac|ascii|latin|tis|ptcp|kz|hp")
_WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso8859-1": "cp1252", "ascii": "", "euc_kr": "cp949",
    "iso2022_jp": "iso2022_jp_ext", "big5": "big5hkscs", "iso8859-9": "cp1254", "tis-620": "cp874",
}  # fmt: skip
"""Codecs and the wider ones that are really meant; "" stands for whatever fits."""
_NAMES = {
    "x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "cp-850": "cp850", "iso-8859-8-i": "iso8859-8",
    "unicode-1-1-utf-7": "utf-7", "x-euc-jp": "euc_jp", "ansi": "cp1252", "x-mac-roman": "mac_roman",
}  # fmt: skip


def decoded(raw: bytes, encoding: str) -> bytes:
    """Octets without their transfer encoding (RFC 2045 section 6); an unknown one leaves them as they are."""
    encoding = encoding.strip().strip('"').lower()
    if encoding in ("", "7bit", "8bit", "binary"):
        return raw
    if encoding.startswith("base64"):
        return _unbased(raw)
    if encoding.startswith("quoted"):
        return binascii.a2b_qp(raw)
    return _unuuencoded(raw) if "uu" in encoding else raw


def text_of(octets: bytes, charset: str, longest: int) -> str:
    """The first octets as text, by the charset where it is one, else by what fits; line ends are line feeds."""
    text = _text(octets[:longest], codec_of(charset), len(octets) > longest)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def said(octets: bytes) -> str:
    """A header's octets as text: UTF-8 (RFC 6532), else what an old program meant."""
    return octets.decode("ascii") if octets.isascii() else _text(octets, "", False)


def spoken(text: str) -> bytes:
    """The octets of a header's text, as `said` reads them."""
    return text.encode("utf-8", "replace")


def words(value: str) -> str:
    """A header's value with its encoded words decoded (RFC 2047), those split inside a character too."""
    if "=?" not in value:
        return value
    pieces, at, held, charset = [], 0, b"", ""
    for match in _ENCODED.finditer(value):
        if held and (match.start() > at or match[1].lower() != charset):
            pieces.append(_text(held, codec_of(charset), False))
            held = b""
        pieces.append(value[at : match.start()])
        held, charset, at = held + _word(match[2], match[3]), match[1].lower(), match.end()
    return "".join((*pieces, _text(held, codec_of(charset), False), value[at:]))


def percent_decoded(value: str) -> str:
    """A parameter's extended value, `utf-8'fr'na%C3%AFf` (RFC 2231 section 4)."""
    charset, quote, rest = value.partition("'")
    if not quote or "'" not in rest:
        return value
    return _text(unquote_to_bytes(rest.partition("'")[2]), codec_of(charset), False)


@lru_cache(maxsize=256)
def codec_of(charset: str) -> str:
    """The codec for a charset's name, "" for one that is unknown, dangerous or says nothing."""
    charset = charset.strip().strip("'\"").lower()[:60]
    try:
        name = codecs.lookup(_NAMES.get(charset, charset)).name
    except (LookupError, ValueError):
        return ""
    return _WIDER.get(name, name) if _SAFE.match(name) else ""


def _text(octets: bytes, codec: str, cut: bool) -> str:
    if octets.isascii() and (not codec or codec in ("utf-8", "cp1252")) and b"\x1b$" not in octets:
        return octets.decode("ascii")
    for name in (codec, "iso2022_jp_ext" if b"\x1b$" in octets else "", "utf-8"):
        if name:
            try:
                return octets.decode(name)
            except (UnicodeError, ValueError):
                if cut and name == codec:
                    return octets.decode(name, "replace")
    return octets.decode("cp1252", "replace")


def _word(encoding: str, text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    return _unbased(octets) if encoding in "bB" else binascii.a2b_qp(octets, header=True)


def _unbased(raw: bytes) -> bytes:
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        letters = _OTHER_THAN_BASE64.sub(b"", raw)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _unuuencoded(raw: bytes) -> bytes:
    found = _UUENCODED.search(raw)
    if found is None:
        return raw
    pieces = []
    for line in raw[found.end() :].split(b"\n"):
        line = line.rstrip(b"\r")
        if line in (b"", b"end", b"`"):
            break
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = ((line[0] - 32) & 63) * 4 // 3 + 2  # an old encoder's trailing letters
            try:
                pieces.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                break
    return b"".join(pieces)

"""Header values as bytes: encoded words (RFC 2047), addresses with names (RFC 5322), dates, folding.

Values lose their control characters here, so that nothing put into a header can begin another one.
"""

import re
from base64 import b64encode
from functools import lru_cache
from time import gmtime

import idna

from mailhub.errors import UserError

_LINE = 76
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_SPACES = re.compile(r"[\x00-\x20\x7f]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_DOT_ATOM = re.compile(r"[^\s.@\"(),:;<>\[\]\\]+(?:\.[^\s.@\"(),:;<>\[\]\\]+)*")
_CHARACTERS = re.compile(r"=[C-F].(?:=[89AB].)+|=..|.")
# What RFC 2047, 5(3) allows in a word of a display name; subjects are spelt the same way.
_LITERAL = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_Q = tuple(chr(byte) if byte in _LITERAL else "_" if byte == 32 else f"={byte:02X}" for byte in range(256))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clean(value: str) -> str:
    """Return `value` on one line: control characters are gone, line ends and tabs became one space."""
    if _CONTROLS.search(value):
        value = _CONTROLS.sub(" ", value)
    return value.strip(" ")


def token(value: str) -> bytes:
    """Return an ASCII value such as a Message-ID or a URL without any white space or control character."""
    if _SPACES.search(value):
        value = _SPACES.sub("", value)
    return value.encode("ascii", "ignore")


def text(value: str, used: int = 0) -> bytes:
    """Return `value` for an unstructured header whose name takes `used` columns; folded, encoded when needed."""
    value = _SPACES.sub(" ", value).strip(" ")
    if not value.isascii() or "=?" in value:
        return _encoded_words(value, used)
    if used + len(value) <= _LINE:
        return value.encode("ascii")
    if max(map(len, value.split(" "))) > _LINE - 2:
        return _encoded_words(value, used)
    return _fold(value, used)


def address(mailbox: str, name: str = "", used: int = 0) -> bytes:
    """Return `mailbox` (local@domain) with its display name, for a header whose name takes `used` columns.

    International domains become A-labels; a local part beyond ASCII stays UTF-8 (RFC 6532), which only
    a server with SMTPUTF8 takes. Raises UserError when `mailbox` is no address.
    """
    ascii_address = mailbox.encode("ascii") if _ADDRESS.fullmatch(mailbox) else _spell(mailbox)
    name = clean(name)
    if not name:
        return ascii_address
    phrase = _phrase(name, used)
    last_line = len(phrase) - phrase.rfind(b"\n") - 1 + (0 if b"\n" in phrase else used)
    gap = b" " if last_line + len(ascii_address) + 3 <= _LINE else b"\r\n "
    return phrase + gap + b"<" + ascii_address + b">"


def phrase(name: str, used: int = 0) -> bytes:
    """Return what makes a mailbox with this display name of an ASCII address, by `%`: `"Ada"\\r\\n <%b>`, or `%b`."""
    name = clean(name)
    return _phrase(name, used).replace(b"%", b"%%") + b"\r\n <%b>" if name else b"%b"


@lru_cache(maxsize=16)
def date(timestamp: int) -> str:
    """Return the Date header (RFC 5322, 3.3) for Unix seconds, in UTC. One second's messages share one string."""
    at = gmtime(timestamp)
    return (
        f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} "
        f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} +0000"
    )


def _spell(mailbox: str) -> bytes:
    local, at, domain = clean(mailbox).rpartition("@")
    if not (local and at and domain):
        raise UserError(f"“{clean(mailbox)}” is not an e-mail address: write it as name@example.com.")
    try:
        ascii_domain = domain.encode("ascii") if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else _a_labels(domain)
    except UnicodeError:
        raise UserError(f"The domain of “{clean(mailbox)}” cannot be written in DNS: correct it.") from None
    if not _DOT_ATOM.fullmatch(local) and not re.fullmatch(r'"(?:[^"\\]|\\.)*"', local):
        local = '"' + local.replace("\\", r"\\").replace('"', r"\"") + '"'
    return local.encode("utf-8", "replace") + b"@" + ascii_domain


def _a_labels(domain: str) -> bytes:
    return idna.encode(domain, uts46=True)


def _phrase(name: str, used: int) -> bytes:
    if not name.isascii() or "=?" in name or len(name) > _LINE - used:
        return _encoded_words(name, used)
    if _ATOMS.fullmatch(name):
        return name.encode("ascii")
    return ('"' + name.replace("\\", r"\\").replace('"', r"\"") + '"').encode("ascii")


def _fold(value: str, used: int) -> bytes:
    lines, line = [], ""
    for word in value.split(" "):
        if line and used + len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line]).encode("ascii")


def _encoded_words(value: str, used: int) -> bytes:
    octets = value.encode("utf-8", "replace")
    spelt = "".join(map(_Q.__getitem__, octets))
    if len(spelt) * 2 > len(octets) * 3:
        return b"\r\n ".join(b"=?utf-8?b?" + b64encode(chunk) + b"?=" for chunk in _cut(octets, used))
    if used + 12 + len(spelt) <= _LINE:
        return b"=?utf-8?q?" + spelt.encode("ascii") + b"?="
    return b"\r\n ".join(b"=?utf-8?q?" + word.encode("ascii") + b"?=" for word in _gather(spelt, used))


def _cut(octets: bytes, used: int) -> list[bytes]:
    chunks, start, room = [], 0, (_LINE - 12 - used) // 4 * 3
    while start < len(octets):
        end = min(start + room, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        chunks.append(octets[start:end])
        start, room = end, (_LINE - 13) // 4 * 3
    return chunks


def _gather(spelt: str, used: int) -> list[str]:
    words, word, room = [], "", _LINE - 12 - used
    for character in _CHARACTERS.findall(spelt):
        if len(word) + len(character) > room:
            words.append(word)
            word, room = "", _LINE - 13
        word += character
    return [*words, word]

"""What a conversation hears: commands line by line, then a mail up to its dot. Every form of smuggling ends here.

Only CRLF ends a line and only CRLF.CRLF ends a mail (RFC 5321 sections 2.3.8 and 4.1.1.4). A CR or LF alone is never
mended: what another server would read as the end of a mail must not pass through this one. Nor must a NUL, which some
drop, or a line end with its eighth bit set, which some cut off.
"""

import re
from collections.abc import Awaitable, Callable

from mailhub.smtp_server.replies import Refused

COMMAND_LENGTH = 12_288
"""Octets of a command line: what RFC 4954 section 4 wants for AUTH."""
LINE_LENGTH = 4096
"""Octets of a line in a mail that is handed in to be sent on, CRLF not counted. RFC 5321 says 998; older programs write
more. What comes to stay is taken with lines of any length: a report of a bounce is worth more than its form."""
_DOT = b"\r\n.\r\n"
_DISGUISED = re.compile(rb"\x8d\x8a\.(?:\x8d\x8a|\r\n)|\r\n\.\x8d\x8a")


class Gone(Exception):
    """The peer has closed its side: nothing more will be heard."""


class Incoming:
    """Octets from a peer, by `receive`, which returns b"" at the end."""

    def __init__(self, receive: Callable[[], Awaitable[bytes]]) -> None:
        self._receive = receive
        self._buffer = bytearray()

    @property
    def waiting(self) -> bool:
        """True when octets came that nobody has asked for yet."""
        return bool(self._buffer)

    async def line(self) -> bytes:
        """The next command without its CRLF. Raises `Refused` for a line that is too long or ends otherwise, `Gone`."""
        too_long = False
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > COMMAND_LENGTH:
                too_long = True
                del self._buffer[:-1]
            await self._more()
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if too_long or end > COMMAND_LENGTH:
            raise Refused(500, "5.5.2", "The command line is too long.")
        if not line.endswith(b"\r\n"):
            raise Refused(500, "5.5.2", "The command does not end with CR LF (RFC 5321 section 2.3.8).")
        return line[:-2]

    async def content(self, limit: int, line: int | None = LINE_LENGTH) -> bytes:
        """A mail of at most `limit` octets up to its dot, dots unstuffed (RFC 5321 section 4.5.2), with lines of at most
        `line` octets (None: of any length).

        Raises `Refused`: too large or a line too long (heard to its end first), a CR or LF alone (at once, and the
        connection must close: what follows cannot be told from commands). Raises `Gone`.
        """
        too_large, sound, searched = False, 0, 0
        while (end := self._end(searched)) < 0:
            sound = self._require_line_ends(sound)
            if len(self._buffer) > limit + len(_DOT):
                too_large = True
                cut = max(0, sound - len(_DOT) - 1)  # one more: what is left never passes for the mail's beginning
                del self._buffer[:cut]
                sound -= cut
            searched = max(0, len(self._buffer) - len(_DOT))
            await self._more()
        content = bytes(self._buffer[:end])
        del self._buffer[: end + 3]
        _require_line_ends(content, sound, len(content))
        if too_large or len(content) > limit:
            raise too_large_for(limit)
        if line is not None:
            _require_short_lines(content, line)
        content = content.removeprefix(b".").replace(b"\r\n.", b"\r\n")
        _require_plain_ends(content)
        return content

    def _end(self, searched: int) -> int:
        """Where the dot that ends the mail stands, or -1."""
        if searched == 0 and self._buffer.startswith(b".\r\n"):
            return 0
        found = self._buffer.find(_DOT, searched)
        return found + 2 if found >= 0 else -1

    def _require_line_ends(self, start: int) -> int:
        end = len(self._buffer) - self._buffer.endswith(b"\r")
        _require_line_ends(self._buffer, start, end)
        return end

    async def _more(self) -> None:
        chunk = await self._receive()
        if not chunk:
            raise Gone
        self._buffer += chunk


def too_large_for(limit: int) -> Refused:
    """The refusal of a mail of more than `limit` octets."""
    return Refused(552, "5.3.4", f"The mail is larger than {limit} bytes, the most this server takes.")


def _require_line_ends(octets: bytes | bytearray, start: int, end: int) -> None:
    """Three counts see what a pattern would take twenty times as long for."""
    if not octets.count(b"\r\n", start, end) == octets.count(b"\n", start, end) == octets.count(b"\r", start, end):
        sentence = "The mail holds a CR or LF alone: end its lines with CR LF."
        raise Refused(554, "5.6.11", sentence, close=True, offence="smuggling")


def _require_plain_ends(content: bytes) -> None:
    if b"\0" in content:
        sentence = "The mail holds a NUL: encode what is not text."
        raise Refused(554, "5.6.11", sentence, close=True, offence="smuggling")
    if b"\x8d\x8a" in content and _DISGUISED.search(b"\r\n%b\r\n" % content):
        sentence = "The mail holds a line end with its eighth bit set, next to a dot: encode what is not text."
        raise Refused(554, "5.6.11", sentence, close=True, offence="smuggling")


def _require_short_lines(content: bytes, length: int) -> None:
    position = 0
    while len(content) - position > length + 2:
        newline = content.rfind(b"\n", position, position + length + 2)
        if newline < 0:
            raise Refused(500, "5.6.0", f"The mail has a line of more than {length} bytes: wrap or encode it.")
        position = newline + 1

"""Any mail, in octets, becomes a bounded list of parts: whatever it holds, nothing is raised and nothing takes long.

What a part says is left to those who read it: bounces, reports, replies.
"""

from mailhub.parts.decoding import decoded, spoken, text_of, words
from mailhub.parts.header import Field, Header, header_end

__all__ = ["MOST_DEPTH", "MOST_PARTS", "Field", "Header", "Part", "header_of", "parts_of", "words"]

MOST_PARTS = 500
"""Parts beyond which a mail is not cut further."""
MOST_DEPTH = 12
"""Multiparts and mails inside each other, beyond which a part stays one block."""
LONGEST_TEXT = 1 << 20
"""Octets of a part that become text."""
_LONGEST_BOUNDARY = 200
_MAILS = frozenset(("message/rfc822", "message/global", "message/news"))


class Part:
    """One part of a mail; the first of a mail is the mail itself, with its header.

    kind: "text/plain", in lower case; "text/plain" too where the mail says nothing. name: the file name, or "". header: its own
    fields. depth: 0 for the mail, one more for each multipart or mail around it. within: how many mails it lies inside
    of, so 0 for all that the sender wrote and 1 for what a bounce returns. raw: its octets as they came, without the
    header; those of a multipart are what stands before its first part.
    """

    __slots__ = ("_body", "_text", "depth", "header", "kind", "name", "parameters", "raw", "within")

    def __init__(self, header: Header, raw: bytes, depth: int, within: int, usual: str) -> None:
        self.header, self.raw, self.depth, self.within = header, raw, depth, within
        self.kind, self.parameters = header.kind(usual)
        self.name = self.parameters.get("name", "") if "content-disposition" not in header else header.file_name()
        self._body: bytes | None = None
        self._text: str | None = None

    @property
    def body(self) -> bytes:
        """Its octets, decoded of the transfer encoding (RFC 2045 section 6): as far as they can be, never an error."""
        if self._body is None:
            self._body = decoded(self.raw, self.header.get("content-transfer-encoding"))
        return self._body

    @property
    def text(self) -> str:
        """Its first million octets as text with bare line feeds: by its charset, else by what fits."""
        if self._text is None:
            self._text = text_of(self.body, self.parameters.get("charset", ""), LONGEST_TEXT)
        return self._text

    def __repr__(self) -> str:
        return f"<Part {self.kind} {self.name!r} depth {self.depth} within {self.within}, {len(self.raw)} octets>"


def parts_of(content: bytes) -> list[Part]:
    """All parts of a mail, from the outside in and from top to bottom: at least one, the mail itself.

    The mail may have CRLF, LF or CR as line ends, and begin with blank lines, a byte order mark or an mbox `From ` line. A
    multipart whose boundary is missing or wrong is cut where its parts begin; one without any stays one part.
    """
    found: list[Part] = []
    _read(_opened(content), 0, 0, "text/plain", found)
    return found


def header_of(content: bytes) -> Header:
    """The header alone: a little quicker than all the parts."""
    content = _opened(content)
    return Header(content[: header_end(content)[0]])


def _opened(content: bytes) -> bytes:
    """The mail from its first field on."""
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = content.removeprefix(b"\xef\xbb\xbf")
    if content[:1] in (b"\r", b"\n", b" "):
        content = content.lstrip(b" \t\r\n")
    while content.startswith((b"From ", b">From ")):
        content = content.partition(b"\n")[2]
    return content


def _read(content: bytes, depth: int, within: int, usual: str, found: list[Part]) -> None:
    end, start = header_end(content)
    part = Part(Header(content[:end]), content[start:], depth, within, usual)
    found.append(part)
    if depth >= MOST_DEPTH:
        return
    if part.kind.startswith("multipart/"):
        _read_multipart(part, found)
    elif part.kind in _MAILS:
        _read(_opened(part.body.lstrip(b"\r\n")), depth + 1, within + 1, "text/plain", found)


def _read_multipart(part: Part, found: list[Part]) -> None:
    content = part.raw
    boundary = spoken(part.parameters.get("boundary", ""))[:_LONGEST_BOUNDARY]
    pieces = _cut(content, boundary, MOST_PARTS - len(found)) if boundary else []
    if not pieces and (guess := _boundary_in(content)) and guess != boundary:
        pieces = _cut(content, guess, MOST_PARTS - len(found))
    if not pieces:
        return
    part.raw = content[: pieces[0][2]]
    usual = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    for start, end, _ in pieces:
        if len(found) >= MOST_PARTS:
            return
        _read(content[start:end], part.depth + 1, part.within, usual, found)


def _cut(content: bytes, boundary: bytes, most: int) -> list[tuple[int, int, int]]:
    """Where the parts start and end, and where the line before each begins (RFC 2046 section 5.1.1)."""
    line = b"--" + boundary
    pieces: list[tuple[int, int, int]] = []
    begun, at, lines = -1, content.find(line), 0
    while at >= 0 and len(pieces) < most:
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        rest = content[at + len(line) : min(end, at + len(line) + 80)].strip()
        if rest in (b"", b"--") and (at == 0 or content[at - 1] == 10):
            if begun >= 0:
                pieces.append((begun, _before(content, at), lines))
            if rest:
                return pieces
            begun, lines = end + 1, at
        at = content.find(line, max(end, at + 1))
    if begun >= 0 and begun <= len(content) and len(pieces) < most:
        pieces.append((begun, len(content), lines))
    return pieces


def _before(content: bytes, at: int) -> int:
    """Where the line end before a delimiter begins: it belongs to the delimiter."""
    return max(0, at - (2 if content[at - 2 : at] == b"\r\n" else 1))


def _boundary_in(content: bytes) -> bytes:
    """The boundary, where the header does not say it: the first line with two hyphens that a part's header follows."""
    at = 0 if content.startswith(b"--") else content.find(b"\n--") + 1
    for _ in range(20):
        if content[at : at + 2] != b"--":
            return b""
        line, _, rest = content[at + 2 : at + 1024].partition(b"\n")
        if line.strip(b"- \r") and rest[:8].lower() == b"content-":
            return line.strip()
        at = content.find(b"\n--", at) + 1
    return b""

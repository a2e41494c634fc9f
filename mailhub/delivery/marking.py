"""A whole mail made ready to be followed: its HTML gets slots for a pixel and for links, filled in for each recipient.

Works on bytes: only the HTML parts are written anew (UTF-8, quoted-printable), everything else stays as it came. Mail that
somebody signed or encrypted is left alone, since a changed byte would break it.
"""

import binascii
import re
from base64 import b64decode
from email.message import Message as Header
from email.parser import BytesHeaderParser
from html import unescape
from quopri import decodestring
from typing import NamedTuple

from mailhub.delivery.quoted import piece

CLICK, OPEN = b"c", b"o"
"""The slots: where links of this message begin, and the address of its pixel. In a marked mail each stands between NULs."""
DEPTH = 10
_UNTOUCHABLE = {"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
_REST = r"(?:[^>\"']|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+(?:>|\Z)"
"""What follows a tag's name."""
# Comments and texts of their own are passed by. What is never closed lasts to the end, as in browsers: whatever begins
# also matches, so that nothing is read twice, and a hostile mail takes no longer than another one.
_TAG = re.compile(
    r"<!--(?:-?>|(?:[^-]|-(?!-!?>))*+(?:--!?>|\Z))"
    rf"|<(style|script|title|textarea)(?=[\s/>]){_REST}(?:[^<]|<(?!/\1[\s/>]))*+(?:</\1[^>]*+)?"
    rf"|(?P<link><(?:a|area)(?=\s){_REST})",
    re.I,
)
_HREF = re.compile(r"(?<=\s)href\s*=\s*(?:\"(?P<two>[^\"]*)\"|'(?P<one>[^']*)'|(?P<bare>[^\s\"'>]+))", re.I)
_END = re.compile(r"</body\s*>", re.I)


class Marked(NamedTuple):
    """The mail with its slots, and the addresses of its links by number. No slots: there was nothing to follow."""

    mail: bytes
    links: list[str]


def mark(mail: bytes, *, opens: bool, clicks: bool) -> Marked:
    """Give a mail (CRLF line ends, no NUL) its slots. What cannot be understood is left as it is."""
    if b"\0" in mail or not (opens or clicks):
        return Marked(mail, [])
    links: dict[str, int] = {}
    return Marked(_mark_part(mail, opens, clicks, links, DEPTH), list(links))


def fill(parts: list[bytes], click_base: str, pixel: str) -> bytes:
    """The mail for one recipient; `parts` is a marked mail, split at its NULs."""
    values = {CLICK: piece(click_base), OPEN: piece(pixel)}
    made = parts.copy()
    made[1::2] = [values[name] for name in parts[1::2]]
    return b"".join(made)


def _mark_part(part: bytes, opens: bool, clicks: bool, links: dict[str, int], depth: int) -> bytes:
    head, separator, body = part.partition(b"\r\n\r\n")
    if part.startswith(b"\r\n"):  # a part without a header is plain text
        return part
    header = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
    kind = header.get_content_type()
    if not separator or kind in _UNTOUCHABLE or not depth:
        return part
    if kind.startswith("multipart/"):
        return head + separator + _mark_parts(body, header, opens, clicks, links, depth - 1)
    if kind != "text/html" or header.get_content_disposition() == "attachment":
        return part
    html = _text(body, header)
    return part if html is None else _header_for_ours(head) + separator + _slots(html, opens, clicks, links)


def _mark_parts(
    body: bytes, header: Header, opens: bool, clicks: bool, links: dict[str, int], depth: int
) -> bytes:  # fmt: skip
    boundary = header.get_boundary()
    if not boundary:
        return body
    line = b"\r\n--" + boundary.encode("ascii", "replace")
    first, *others = (b"\r\n" + body).split(line)
    made = [first]
    for each in others:
        rest, begin, part = each.partition(
            b"\r\n"
        )  # what follows the boundary on its line: white space, or -- at the end
        is_part = begin and not rest.strip()
        made.append(rest + begin + _mark_part(part, opens, clicks, links, depth) if is_part else each)
    return line.join(made)[2:]


def _text(body: bytes, header: Header) -> str | None:
    """The part's text; None when it cannot be read."""
    encoding = str(header.get("Content-Transfer-Encoding", "7bit")).strip().lower()
    try:
        octets = b64decode(body) if encoding == "base64" else body
    except binascii.Error:
        return None
    octets = decodestring(octets) if encoding == "quoted-printable" else octets
    try:
        return octets.decode(header.get_content_charset("utf-8"))
    except (LookupError, UnicodeError):
        return None


_OURS = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
_REPLACED = re.compile(rb"content-(?:type|transfer-encoding)[ \t]*:[^\r]*(?:\r\n[ \t][^\r]*)*(?:\r\n|\Z)", re.I)


def _header_for_ours(head: bytes) -> bytes:
    kept: list[bytes] = []
    for field in re.findall(rb"[^\r]+(?:\r\n[ \t][^\r]*)*(?:\r\n|\Z)", head):
        if not _REPLACED.fullmatch(field):
            kept.append(field.removesuffix(b"\r\n"))
    return b"\r\n".join([*kept, _OURS])


def _slots(html: str, opens: bool, clicks: bool, links: dict[str, int]) -> bytes:
    """HTML as quoted-printable with its slots; it ends a line."""
    pieces: list[str | bytes] = []
    at = 0
    for start, end, number in _places(html, links) if clicks else ():
        pieces += [html[at:start] + 'href="', CLICK, f'/{number}"']
        at = end
    rest = html[at:]
    if opens:
        ends = [found.start() for found in _END.finditer(rest)]
        place = ends[-1] if ends else len(rest)
        pieces += [rest[:place] + '<img src="', OPEN, '" alt="" width="1" height="1">']
        rest = rest[place:]
    pieces.append(rest if rest.endswith("\n") else rest + "\n")
    return b"".join(b"\0" + each + b"\0" if isinstance(each, bytes) else piece(each) for each in pieces)


def _places(html: str, links: dict[str, int]) -> list[tuple[int, int, int]]:
    """Where the attributes of links to the web stand, with the number of each; one address has one number."""
    places = []
    for tag in _TAG.finditer(html):
        if tag["link"] is None or (found := _HREF.search(tag["link"])) is None:
            continue
        address = unescape(found["two"] or found["one"] or found["bare"] or "").strip()
        if address.lower().startswith(("http://", "https://")):
            number = links.setdefault(address, len(links))
            places.append((tag.start() + found.start(), tag.start() + found.end(), number))
    return places

"""The header of a mail as it came, field by field, in bytes: nothing is decoded that need not be."""

import re
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.policy import SMTP, EmailPolicy
from email.utils import getaddresses
from typing import Any, NamedTuple

from mailhub.errors import Invalid

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*")
_WITH_ADDRESSES = frozenset(
    f"{prefix}{name}" for name in ("from", "sender", "reply-to", "to", "cc") for prefix in ("", "resent-")
)
_PLAIN = frozenset({"date", "in-reply-to", "message-id", "received", "references", "resent-date", "resent-message-id"})
"""Fields without any text that could be encoded."""
_UTF8 = SMTP.clone(utf8=True)
_MARKS = re.compile(r'\\.|["()<>]', re.DOTALL)


class Field(NamedTuple):
    """A header field: its name in lower case, and all its bytes with the last CRLF."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """What stands after the colon, unfolded (RFC 5322 section 2.2.3)."""
        text = self.raw.partition(b":")[2].replace(b"\r\n", b"").decode("utf-8", "replace")
        return text.replace("\0", "").strip()


def split(content: bytes) -> tuple[list[Field], bytes]:
    """The header's fields and the body (after the empty line). Lines end with CRLF.

    Raises `Invalid` when something before the empty line is no field.
    """
    fields, position = [], 0
    while position < len(content) and not content.startswith(b"\r\n", position):
        found = _FIELD.match(content, position)
        if found is None:
            line = content[position : position + 60].partition(b"\r\n")[0].decode("ascii", "replace")
            raise Invalid("The mail's header has a line that is no header field ({line}): send a valid one.", line=line)
        fields.append(Field(found[1].decode("ascii").lower(), found[0]))
        position = found.end()
    return fields, content[position + 2 :]


def addresses(field: Field) -> list[str]:
    """The addresses of a field such as From, without their names; what is no address is left as it is."""
    try:
        return [address for _, address in getaddresses([field.value])]
    except RecursionError:  # a thousand comments within each other
        return [field.value]


def is_closed(text: str) -> bool:
    """Whether each comment, quoted string and angle bracket of a structured text ends (RFC 5322 section 3.2): readers
    disagree on the addresses of one that does not."""
    comments, quoted, angles = 0, False, 0
    for mark in _MARKS.findall(text):
        if quoted or (mark == '"' and not comments):
            quoted = quoted != (mark == '"')
        elif mark in "()":
            comments += 1 if mark == "(" else -1
            if comments < 0:
                return False
        elif not comments and mark in "<>":
            angles = 1 if mark == "<" else 0
    return not (comments or quoted or angles)


def words(field: Field) -> str:
    """The text of a field such as Subject, its encoded words (RFC 2047) decoded."""
    value = field.value
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value))).replace("\0", "")
    except (HeaderParseError, LookupError, ValueError):
        return value


def encoded(field: Field, utf8: bool) -> bytes:
    """A field that holds more than ASCII, folded anew with its text encoded (RFC 2047, RFC 2231).

    A server that lacks SMTPUTF8 can take it then. Addresses beyond ASCII cannot be encoded: with `utf8` they stay, else
    `Invalid` is raised. Octets that are no UTF-8 are read as Latin-1.
    """
    octets, _, raw = field.raw.partition(b":")
    name = octets.decode("ascii").rstrip()
    beyond = field.name in _PLAIN or not all(each.isascii() for each in _addresses_within(field))
    if beyond and not utf8:
        raise Invalid(
            "The mail's header {name} holds signs beyond ASCII that cannot be encoded: announce SMTPUTF8 with MAIL.",
            name=name,
        )
    if field.name in _PLAIN:
        return field.raw
    return _fold(name, _text(raw), _UTF8 if beyond else SMTP)


def _addresses_within(field: Field) -> list[str]:
    return addresses(field) if field.name in _WITH_ADDRESSES else []


def _fold(name: str, value: str, policy: "EmailPolicy[Any]") -> bytes:
    try:
        folded: str = policy.header_factory(name, value).fold(policy=policy)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        folded = f"{name}: {Header(value, 'utf-8', header_name=name).encode(linesep=chr(13) + chr(10))}\r\n"
    return folded.encode("utf-8")


def _text(raw: bytes) -> str:
    unfolded = raw.replace(b"\r\n", b"").strip()
    try:
        return unfolded.decode("utf-8")
    except UnicodeDecodeError:
        return unfolded.decode("latin-1")

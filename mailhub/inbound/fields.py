"""The header of a mail as it came, field by field, in bytes: nothing is decoded that need not be."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import NamedTuple

from mailhub.errors import Invalid

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*")


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
    return [address for _, address in getaddresses([field.value])]


def words(field: Field) -> str:
    """The text of a field such as Subject, its encoded words (RFC 2047) decoded."""
    value = field.value
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value))).replace("\0", "")
    except (HeaderParseError, LookupError, ValueError):
        return value

"""A submitted mail whose author may not use that domain: its From gets an address of the account, nothing is lost.

Answers go to the author, or where the mail asked for them already; the author's own line stays as X-Original-From.
"""

from collections.abc import Set
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.utils import getaddresses

from mailhub.inbound.fields import Field, split
from mailhub.inbound.repairing import VOUCHING, Repaired, domains_named

_LINE = 76


def rewrite(mail: Repaired, address: str) -> Repaired:
    """The mail as from `address` with its author's display name. Lines end with CRLF; nothing else is touched."""
    fields, body = split(mail.content)
    author = next(each for each in fields if each.name == "from")
    answered = any(each.name == "reply-to" for each in fields)
    made = [part for each in fields for part in _rewritten(each, author, address, answered)]
    return mail._replace(content=b"".join([*made, b"\r\n", body]), authors=[address])


def drop_vouchers(mail: Repaired, domains: Set[str]) -> Repaired:
    """The mail without the Sender and Resent fields that name one of these domains; several authors keep a Sender."""
    fields, body = split(mail.content)
    kept = [each for each in fields if each.name not in VOUCHING or not domains & domains_named(each)]
    lines = [each.raw for each in kept]
    if len(mail.authors) > 1 and not any(each.name == "sender" for each in kept):  # RFC 5322 section 3.6.2
        lines.append(f"Sender: <{mail.authors[0]}>\r\n".encode())
    return mail._replace(content=b"".join([*lines, b"\r\n", body]), vouchers=mail.vouchers - domains)


def _rewritten(field: Field, author: Field, address: str, answered: bool) -> list[bytes]:
    if field.name in ("x-original-from", "sender"):
        return []  # only what is written here says who wrote
    if field is not author:
        return [field.raw]
    line = b"From: " + mailbox(_display_name(author), address) + b"\r\n"
    value = author.raw.partition(b":")[2]
    kept = [b"X-Original-From:" + value]
    return [line, *kept] if answered else [line, b"Reply-To:" + value, *kept]


def _display_name(author: Field) -> str:
    """The first author's name, decoded; their address when they gave none."""
    name, address = getaddresses([author.value])[0]
    try:
        decoded = str(make_header(decode_header(name))) if "=?" in name else name
    except (HeaderParseError, LookupError, ValueError):
        decoded = ""
    return " ".join(decoded.replace("\0", "").split()) or address


def mailbox(name: str, address: str) -> bytes:
    """`"Ada Lovelace" <mail@example.com>` as bytes for a header (RFC 5322, RFC 2047), folded where it is long."""
    if name.isascii():
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        joined = f"{quoted} <{address}>"
        return joined.encode("ascii") if len(joined) <= _LINE else f"{quoted}\r\n <{address}>".encode("ascii")
    encoded = Header(name, "utf-8", maxlinelen=_LINE, header_name="From").encode(linesep="\r\n")
    return f"{encoded}\r\n <{address}>".encode("ascii")

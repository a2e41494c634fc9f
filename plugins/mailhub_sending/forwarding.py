"""A reply written anew for those who answer it: from an address of the account, so that DMARC holds; the body as it came."""

from email.utils import formatdate

from mailhub import Hub
from mailhub.delivery import headers
from mailhub.errors import UserError
from mailhub.inbound.fields import Field, encoded
from mailhub.parts import Header
from mailhub.parts.header import header_end
from mailhub_sending import mailto
from mailhub_sending.reply_reading import FORWARDED, Letter, Mailbox, mailboxes

_KEPT = frozenset(
    ("date", "message-id", "in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding",
     "content-language", "content-disposition", "thread-topic", "thread-index", "importance", "priority", "x-priority",
     "auto-submitted", "precedence")
)  # fmt: skip
"""What goes along, each once; who it went through, blind copies and signatures that hold no more do not."""
LINE = b"\r\n"


def write(
    hub: Hub, content: bytes, letter: Letter, sender: Mailbox, to: str, number: int, doubtful: bool = False
) -> bytes:
    """The reply as a mail from `sender` to one address, with CRLF line ends; whoever answers it writes to its author.

    `number` is the message it is a reply to. Date, Message-ID and threads stay, the body is not touched. `doubtful`: the
    checks of its author's domain failed, and whoever reads it must know, since here it gets a signature that holds.
    """
    end, start = header_end(content)
    made = [
        b"From: " + headers.address(sender.address, _shown(letter.author, sender, doubtful), used=6),
        b"Reply-To: " + _written(letter.answers, 10),
        b"To: " + headers.address(to, used=4),
        *_copies(hub, content[:end]),
        b"Subject: " + headers.text(letter.subject, used=9),
        *_along(content[:end]),
        FORWARDED.encode() + b": " + hub.tokens.sign("forwarded", number.to_bytes(8, "big")).encode(),
    ]
    names = {line.partition(b":")[0].lower() for line in made}
    if b"date" not in names:
        made.append(b"Date: " + formatdate(hub.clock()).encode())
    if b"message-id" not in names:
        made.append(b"Message-ID: <" + f"{letter.digest}.reply@{sender.address.rpartition('@')[2]}".encode() + b">")
    return LINE.join(made) + LINE * 2 + content[start:]


def is_ours(hub: Hub, header: Header) -> bool:
    """Whether a mail is one that was written here and came back."""
    return any(hub.tokens.read("forwarded", each) is not None for each in header.all(FORWARDED)[:10])


def _shown(author: Mailbox, sender: Mailbox, doubtful: bool) -> str:
    """The name in From. The warning is in English, as is "via": the reader's language is not known here."""
    name = author.name or author.address
    via = f"{name} via {sender.name}" if sender.name else name
    return f"{via} (unverified)" if doubtful else via


def _copies(hub: Hub, head: bytes) -> list[bytes]:
    """Who else got the reply, so that all can be answered; our own reply addresses are not among them."""
    shown = [each for each in mailboxes(Header(head).get("cc")) if mailto.read_reply(hub, each.address) is None]
    return [b"Cc: " + b",\r\n ".join(_written(each, 4) for each in shown)] if shown else []


def _written(mailbox: Mailbox, used: int) -> bytes:
    try:
        return headers.address(mailbox.address, mailbox.name, used=used)
    except UserError:
        return headers.address(mailbox.address, used=used)


def _along(head: bytes) -> list[bytes]:
    """The fields that stay as they were, octets beyond ASCII encoded."""
    found: dict[str, bytes] = {}
    lines = head.replace(b"\r", b"").replace(b"\0", b"").split(b"\n")
    for number, line in enumerate(lines):
        name = line.partition(b":")[0].decode("latin-1").strip().lower()
        if name in _KEPT and name not in found:
            following = lines[number + 1 : number + 200]
            last = next((at for at, each in enumerate(following) if each[:1] not in (b" ", b"\t")), len(following))
            found[name] = LINE.join([line, *following[:last]])
    return [_ascii(Field(name, raw + LINE)).removesuffix(LINE) for name, raw in found.items()]


def _ascii(field: Field) -> bytes:
    return field.raw if field.raw.isascii() else encoded(field, utf8=True)

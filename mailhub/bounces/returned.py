"""The mail that came back, as far as a bounce or complaint holds it: its header, and what leads to the message we sent."""

from mailhub.bounces.addresses import addresses_in
from mailhub.bounces.reading import Original
from mailhub.parts import Header, Part

_HEADERS = frozenset(("text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers", "message/global-headers"))
_OUR_SIDE = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "apparently-to", "to")
_NAMED = ("x-original-message-id", "original-message-id", "x-ms-exchange-message-original-id")
_RECIPIENTS = (
    "x-hmxmroriginalrecipient", "x-failed-recipients", "to", "cc", "bcc", "resent-to", "x-envelope-to", "x-original-to",
    "delivered-to", "x-rcpt-to", "envelope-to", "x-apparently-to", "apparently-to", "x-actual-recipient",
)  # fmt: skip
MOST_FIELDS = 200


def returned_header(parts: list[Part], rest: str) -> Header:
    """The returned mail's header: of a part that is a mail or a header, else of the text that follows the mail's own words."""
    for part in parts:
        if part.kind in _HEADERS and part.within == 0:
            return Header(part.body.lstrip())
        if part.within == 1:
            return part.header
    return Header(_from_first_field(rest).encode("utf-8", "replace"))


def _from_first_field(rest: str) -> str:
    lines = rest.split("\n")[:400]
    for number, line in enumerate(lines):
        name, colon, _ = line.partition(":")
        if colon and 1 < len(name) < 60 and " " not in name.strip() and name == name.strip():
            kept = []
            for each in lines[number:]:
                if not each.strip():
                    break
                kept.append(each)
            if len(kept) > 1:
                return "\n".join(kept)
    return ""


def recipients_of(header: Header) -> list[str]:
    """To whom a returned mail went, by its fields."""
    found: dict[str, None] = {}
    for name in _RECIPIENTS:
        for value in header.all(name)[:20]:
            found.update(dict.fromkeys(addresses_in(value[:4000])))
    return list(found)


def senders_of(header: Header) -> list[str]:
    """From whom a returned mail came, by its fields."""
    return [
        address
        for name in ("return-path", "sender", "from", "reply-to")
        for address in addresses_in(header.get(name)[:1000])
    ]


def original_of(top: Header, returned: Header, senders: list[str]) -> Original:
    """What leads to our message. top: the header of the mail that came; senders: those its report names."""
    addresses: dict[str, None] = {}
    for name in _OUR_SIDE:
        for value in top.all(name)[:10]:
            addresses.update(dict.fromkeys(addresses_in(value[:2000])))
    for name in ("return-path", "x-envelope-from", "x-return-path", "errors-to"):
        addresses.update(dict.fromkeys(addresses_in(returned.get(name)[:1000])))
    addresses.update(dict.fromkeys(senders))
    fields = tuple(returned.fields[:MOST_FIELDS])
    return Original(_message_id(top, returned), tuple(addresses), fields)


def _message_id(top: Header, returned: Header) -> str:
    values = [returned.get("message-id"), *(top.get(name) for name in _NAMED), top.get("in-reply-to")]
    if references := top.get("references").split():
        values.append(references[-1])
    return next((found for value in values if (found := value.strip().strip("<>").strip())), "")[:998]

"""A kept mail taken apart for a page: headers, text, HTML with its own pictures."""

import email
import email.policy
import re
from base64 import b64encode
from dataclasses import dataclass
from email.message import EmailMessage

_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_HTML = re.compile(r"<html[^>]*>", re.IGNORECASE)
BASE = '<base target="_blank">'


@dataclass(frozen=True, slots=True)
class MailView:
    """What a page shows of a mail. `html` is "" when there is none; `attachments` are (name, type, size in bytes)."""

    headers: list[tuple[str, str]]
    subject: str
    sender: str
    text: str
    html: str
    attachments: list[tuple[str, str, int]]


def read(octets: bytes) -> MailView:
    """Take a mail apart; parts that cannot be read are shown as far as they can be."""
    mail = email.message_from_bytes(octets.replace(b"\0", b""), policy=email.policy.default)  # no charset has a NUL
    assert isinstance(mail, EmailMessage)
    return MailView(
        headers=[(name, _unfolded(value)) for name, value in mail.raw_items()],
        subject=str(mail["subject"] or ""),
        sender=str(mail["from"] or ""),
        text=_content(mail.get_body(("plain",))),
        html=_with_pictures(_content(mail.get_body(("html",))), mail),
        attachments=[_described(part) for part in mail.iter_attachments()] if mail.is_multipart() else [],
    )


def _unfolded(value: object) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", str(value)).strip()


def _content(part: object) -> str:
    if not isinstance(part, EmailMessage):
        return ""
    octets = part.get_payload(decode=True)
    octets = octets if isinstance(octets, bytes) else b""
    try:
        return octets.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # a charset nobody knows
        return octets.decode("utf-8", "replace")


def _octets(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _described(part: EmailMessage) -> tuple[str, str, int]:
    return part.get_filename() or "", part.get_content_type(), len(_octets(part))


def _with_pictures(html: str, mail: EmailMessage) -> str:
    """Put the mail's own pictures where `cid:` points to them, since a frame cannot ask for them."""
    if "cid:" not in html.lower():
        return html
    pictures = {
        str(part["content-id"]).strip(" <>"): _as_address(part)
        for part in mail.walk()
        if part["content-id"] and part.get_content_maintype() == "image"
    }
    return _CID.sub(lambda found: pictures.get(found[1], found[0]), html)


def _as_address(part: EmailMessage) -> str:
    return f"data:{part.get_content_type()};base64,{b64encode(_octets(part)).decode()}"


def for_frame(mail: MailView) -> str:
    """The HTML with its links opening in a new tab; the mail's words stay as they are."""
    for place in (_HEAD, _HTML):
        if place.search(mail.html):
            return place.sub(lambda found: found[0] + BASE, mail.html, count=1)
    return BASE + mail.html

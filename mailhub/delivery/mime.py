"""A compiled content becomes one recipient's mail: headers and a multipart/alternative body, joined from ready pieces.

Signing is left to `dkim`, sending to the SMTP client, and what a token means to `tokens`.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from html import escape
from typing import NamedTuple

from mailhub.delivery import headers
from mailhub.delivery.assembly import Body, Template, Values
from mailhub.delivery.content import Compiled
from mailhub.delivery.headers import date

__all__ = ["Header", "Renderer", "Urls", "date", "join"]

Header = tuple[bytes, bytes]

_ONE_CLICK = (b"List-Unsubscribe-Post", b"List-Unsubscribe=One-Click")
_ENCODING = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'


class Urls(NamedTuple):
    """The addresses that belong to one message; an empty one leaves out what it is for.

    `click_base` is followed by `/N` in every numbered link and has no slash at its end. `leave` and `reply` are mail
    addresses: where a reader unsubscribes by writing, and where replies go instead of the content's own reply address.
    """

    unsubscribe: str = ""
    click_base: str = ""
    open_pixel: str = ""
    leave: str = ""
    reply: str = ""


class Renderer:
    """One compiled content in its fast form: prepared once per process, then a few microseconds per message."""

    def __init__(self, compiled: Compiled, *, language: str = "", feedback_id: str = "") -> None:
        """`language` fills `{{ language }}`; `feedback_id` is the value of the Feedback-ID header, if any.

        Raises UserError when the sender's or the reply address is none.
        """
        self._compiled = compiled
        self._language = {"language": language} if language else {}
        self._subject = Template(compiled.subject, html=False)
        # No encoded text can hold "=_", so this boundary cannot occur inside (RFC 2045, 6.7, note).
        boundary = b"=_" + blake2b(compiled.to_json().encode(), digest_size=12).hexdigest().encode()
        self._body = _prepare_body(compiled, boundary)
        self._from = (b"From", headers.address(compiled.from_address, compiled.from_name, used=6))
        self._reply_name = headers.phrase(compiled.from_name, used=10)
        self._reply_to = _reply_to(compiled)
        self._static = _static_headers(boundary, feedback_id)

    def render(
        self,
        fields: Mapping[str, str],
        *,
        to: str,
        message_id_header: str,
        date: str,
        urls: Urls = Urls(),  # noqa: B008 - a tuple cannot be changed
        to_name: str = "",
    ) -> tuple[list[Header], bytes]:
        """Return headers (name and folded value, no line end) and body (CRLF lines, relaxed form) of one message.

        `fields` are the recipient's values by name, `message_id_header` is `<id@domain>`, `date` comes from `date`.
        Raises UserError when the content fails for these values or `to` is no address.
        """
        own = {"address": to, "unsubscribe_url": urls.unsubscribe, "click_base": urls.click_base, **self._language}
        own["open_pixel"] = _PIXEL.format(escape(urls.open_pixel)) if urls.open_pixel else ""
        values = Values(fields, own)
        lines = [
            (b"Date", date.encode("ascii")),
            self._from,
            (b"To", headers.address(to, to_name, used=4)),
            (b"Subject", headers.text(self._subject.render(values), used=9)),
            (b"Message-ID", headers.token(message_id_header)),
        ]
        if urls.unsubscribe:
            by_mail = b",\r\n <mailto:%b>" % headers.token(urls.leave) if urls.leave else b""
            lines.append((b"List-Unsubscribe", b"<" + headers.token(urls.unsubscribe) + b">" + by_mail))
            lines.append(_ONE_CLICK)
        lines += [(b"Reply-To", self._reply_name % headers.token(urls.reply))] if urls.reply else self._reply_to
        return lines + self._static, self._body.render(values)

    def render_preview(self, fields: Mapping[str, str], *, address: str = "", unsubscribe_url: str = "#") -> "Preview":
        """Return subject, HTML and text as their reader sees them, links untouched. Raises UserError as `render`."""
        values = Values(fields, {"address": address, "unsubscribe_url": unsubscribe_url, **self._language})
        return Preview(
            subject=headers.clean(self._subject.render(values)),
            html=Template(self._compiled.untracked_html(), html=True).render(values),
            text=Template(self._compiled.text, html=False).render(values),
        )


class Preview(NamedTuple):
    """A content filled in for one recipient, decoded, for a page."""

    subject: str
    html: str
    text: str


def join(lines: Sequence[Header], body: bytes, signatures: bytes = b"") -> bytes:
    """Return the whole message: `signatures` as `Signer.sign` made them, headers, an empty line, the body."""
    block = b"".join([b"%b: %b\r\n" % line for line in lines])
    return b"".join((signatures, block, b"\r\n", body))


def _reply_to(compiled: Compiled) -> list[Header]:
    return [(b"Reply-To", headers.address(compiled.reply_to, used=10))] if compiled.reply_to else []


def _static_headers(boundary: bytes, feedback_id: str) -> list[Header]:
    lines = []
    if feedback_id:
        lines.append((b"Feedback-ID", headers.token(feedback_id)))
    lines.append((b"MIME-Version", b"1.0"))
    lines.append((b"Content-Type", b'multipart/alternative;\r\n boundary="' + boundary + b'"'))
    return lines


def _prepare_body(compiled: Compiled, boundary: bytes) -> Body:
    parts: list[bytes | Template] = []
    for kind, source in ((b"plain", compiled.text), (b"html", compiled.html)):
        if source or (kind == b"plain" and not compiled.html):
            ended = source if source.endswith("\n") else source + "\n"
            framing = b"--" + boundary + b"\r\nContent-Type: text/" + kind + b'; charset="utf-8"\r\n' + _ENCODING
            parts += [framing, Template(ended, html=kind == b"html"), b"\r\n"]
    return Body([*parts, b"--" + boundary + b"--\r\n"])

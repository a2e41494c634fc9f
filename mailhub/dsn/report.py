"""The form of a notice: multipart/report with words for people, fields for machines and what was sent (RFC 3464)."""

import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from mailhub.db import from_ms

HEADER_LENGTH = 32_768
"""Octets of the original's header that are sent back at most."""
WHOLE_LENGTH = 262_144
"""Octets of an original that is sent back whole when its submitter asked for that."""
_DIAGNOSTIC_LENGTH = 900
_ESCAPED = re.compile(r"\+([0-9A-F]{2})")

SUBJECTS = {
    "en": {
        "failed": "Your mail could not be delivered",
        "delayed": "Your mail is delayed",
        "relayed": "Your mail was delivered",
    },
    "fr": {
        "failed": "Votre message n’a pas pu être remis",
        "delayed": "Votre message est retardé",
        "relayed": "Votre message a été remis",
    },
}
_LINES = {
    "en": {
        "about": "This is MailHub at {host}. Your mail “{subject}”:",
        "failed": "could not be delivered to {address}: {reason}",
        "delayed": "has not been delivered to {address} yet. {reason}",
        "answered": "The last answer was: {text}",
        "silent": "No server has answered about it yet.",
        "later": "It goes on being tried: there is no need to send it again.",
        "relayed": "was delivered to the mail server of {address}, which promised nothing more.",
        "expired": "it was tried for as long as this server is configured to; the last answer was: {text}",
        "end": "Nothing more will be tried. What the servers said is attached.",
    },
    "fr": {
        "about": "Ici MailHub sur {host}. Votre message « {subject} » :",
        "failed": "n’a pas pu être remis à {address} : {reason}",
        "delayed": "n’a pas encore été remis à {address}. {reason}",
        "answered": "Dernière réponse : {text}",
        "silent": "Aucun serveur n’a encore répondu à son sujet.",
        "later": "Les essais continuent : inutile de l’envoyer de nouveau.",
        "relayed": "a été remis au serveur de messagerie de {address}, qui n’a rien promis de plus.",
        "expired": "les essais ont duré aussi longtemps que ce serveur le permet ; dernière réponse : {text}",
        "end": "Il n’y aura pas d’autre essai. Les réponses des serveurs sont jointes.",
    },
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one recipient. `kind` is an outcome of the ledger, or "deferred"; `orcpt` as its submitter gave it, or
    ""; `at` in ms (0: nobody was asked yet), as is `until`: when what is delayed is given up."""

    address: str
    kind: str
    code: int
    enhanced: str
    text: str
    at: int
    orcpt: str = ""
    until: int = 0

    @property
    def action(self) -> str:
        """The Action field: relayed, since the next server took it on; delayed; or failed."""
        return {"delivered": "relayed", "deferred": "delayed"}.get(self.kind, "failed")

    @property
    def status(self) -> str:
        """The Status field (RFC 3463), the server's where it fits the action."""
        first = "2" if self.kind == "delivered" else "5"
        if self.enhanced.startswith(f"{first}.") or (self.kind == "expired" and self.enhanced.startswith("4.")):
            return self.enhanced
        return {"delivered": "2.0.0", "deferred": "4.0.0", "expired": "4.4.7", "refused": "5.7.1"}.get(
            self.kind, "5.0.0"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A notice about one mail. `envid` as its submitter gave it; `arrived` in ms; `original` the mail or its beginning."""

    hostname: str
    sender: str
    recipient: str
    language: str
    subject: str
    original: bytes
    whole: bool
    envid: str
    arrived: int
    at: int
    number: int
    fates: Sequence[Fate]

    @property
    def title(self) -> str:
        """The notice's own subject."""
        actions = {each.action for each in self.fates}
        return SUBJECTS[self.language][next(each for each in ("failed", "delayed", "relayed") if each in actions)]

    def content(self) -> bytes:
        """The notice as it leaves, with CRLF."""
        boundary = f"=_mailhub_{self.number}"
        parts = [self._header(boundary), self._words(), self._fields(), self._original()]
        return f"\r\n--{boundary}\r\n".encode().join(parts) + f"\r\n--{boundary}--\r\n".encode()

    def _header(self, boundary: str) -> bytes:
        lines = [
            f"Date: {format_datetime(from_ms(self.at))}",
            f"From: MailHub <{self.sender}>",
            f"To: <{self.recipient}>",
            f"Subject: {_encoded(self.title)}",
            f"Message-ID: <{self.number}.notice@{self.sender.rpartition('@')[2]}>",
            "Auto-Submitted: auto-replied",  # RFC 3834: nobody's holiday notice answers it
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
        ]
        return ("\r\n".join(lines) + "\r\n").encode("utf-8")

    def _words(self) -> bytes:
        words = _LINES[self.language]
        lines = [words["about"].format(host=self.hostname, subject=self.subject), ""]
        lines += [f"- {self._sentence(each)}" for each in self.fates]
        if any(each.action == "failed" for each in self.fates):
            lines += ["", words["end"]]
        if any(each.action == "delayed" for each in self.fates):
            lines += ["", words["later"]]
        body = quopri.encodestring("\n".join([*lines, ""]).encode("utf-8")).replace(b"\n", b"\r\n")
        return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body

    def _sentence(self, fate: Fate) -> str:
        words = _LINES[self.language]
        reason = f"{fate.code or ''} {fate.enhanced} {fate.text}".strip()
        if fate.kind == "expired":
            reason = words["expired"].format(text=reason)
        elif fate.action == "delayed":
            reason = words["answered"].format(text=reason) if reason else words["silent"]
        return words[fate.action].format(address=fate.address, reason=reason)

    def _fields(self) -> bytes:
        lines = [f"Reporting-MTA: dns; {self.hostname}"]
        if self.envid:
            lines.append(f"Original-Envelope-Id: {_ascii(decoded(self.envid))}")
        lines.append(f"Arrival-Date: {format_datetime(from_ms(self.arrived))}")
        for each in self.fates:
            lines += ["", *_recipient_fields(each)]
        return ("Content-Type: message/delivery-status\r\n\r\n" + "\r\n".join(lines) + "\r\n").encode("ascii")

    def _original(self) -> bytes:
        kind = "message/rfc822" if self.whole else "text/rfc822-headers"
        octets = self.original if self.whole else header_of(self.original)
        encoding = "" if octets.isascii() else "Content-Transfer-Encoding: 8bit\r\n"
        return f"Content-Type: {kind}\r\n{encoding}\r\n".encode("ascii") + octets


def _recipient_fields(fate: Fate) -> list[str]:
    lines = []
    if fate.orcpt:
        kind, _, address = fate.orcpt.partition(";")
        lines.append(f"Original-Recipient: {_ascii(kind)}; {_ascii(decoded(address))}")
    lines += [f"Final-Recipient: {_typed(fate.address)}", f"Action: {fate.action}", f"Status: {fate.status}"]
    if fate.code:
        said = f"{fate.code} {fate.enhanced} {fate.text}"[:_DIAGNOSTIC_LENGTH]
        lines.append(f"Diagnostic-Code: smtp; {_ascii(' '.join(said.split()))}")
    if fate.at:
        lines.append(f"Last-Attempt-Date: {format_datetime(from_ms(fate.at))}")
    if fate.until:
        lines.append(f"Will-Retry-Until: {format_datetime(from_ms(fate.until))}")
    return lines


def header_of(content: bytes) -> bytes:
    """A mail's header without its empty line, cut at a line's end when it is long."""
    header = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    if len(header) <= HEADER_LENGTH:
        return header
    end = header.rfind(b"\r\n", 0, HEADER_LENGTH)
    return header[: end + 2] if end >= 0 else header[:HEADER_LENGTH] + b"\r\n"


def decoded(xtext: str) -> str:
    """The text behind xtext (RFC 3461 section 4)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), xtext)


def _ascii(text: str) -> str:
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


def _typed(address: str) -> str:
    """An address with its type; beyond ASCII in the form of RFC 6533 section 3 that seven bits carry."""
    if address.isascii():
        return f"rfc822; {_ascii(address)}"
    return "utf-8; " + "".join(each if " " < each <= "~" else f"\\x{{{ord(each):X}}}" for each in address)


def _encoded(text: str) -> str:
    """A short text as one encoded word (RFC 2047), if it needs to be."""
    if text.isascii():
        return text
    return "=?utf-8?q?" + "".join(
        chr(octet) if chr(octet).isascii() and chr(octet).isalnum() else "_" if octet == 32 else f"={octet:02X}"
        for octet in text.encode("utf-8")
    ) + "?="  # fmt: skip

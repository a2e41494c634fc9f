"""The words of SMTP: replies read, envelope and content put into wire form, and what became of a message.
Nothing here touches the network (smtp_session does), and what an outcome leads to is decided by whoever settles it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["delivered", "deferred", "bounced", "unsent"]
Stage = Literal["mail", "rcpt", "data", "dot", "empty dot", "rset", ""]

End = Literal["closed", "lost", "timeout", "protocol", "stopped"]

# RFC 5321 4.5.3.1.5 allows 512 octets a reply line; chatty servers go beyond, endless lines are an attack.
LONGEST_LINE = 4096
LONGEST_REPLY = 65536
LONGEST_TEXT = 500

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_ADDRESS = re.compile(
    r'(?:[^\s<>"\\\x00-\x1f\x7f]+|"(?:[^"\\<>\x00-\x1f\x7f]|\\[^<>\x00-\x1f\x7f])*")(?:@[^\s<>"\\@\x00-\x1f\x7f]+)?'
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message.

    kind: "unsent" means nothing happened to it: it may be given back without counting an attempt.
    code: the SMTP code, 0 when no answer was read. enhanced: "5.1.1", or "". text: the server's words without the
    enhanced status, at most 500 characters. tls: the version in use, or "". in_doubt: it may have been delivered
    although no answer was read. stage: the command that was answered; "" when MailHub itself decided.
    """

    kind: Kind
    code: int
    enhanced: str
    text: str
    tls: str = ""
    in_doubt: bool = False
    stage: Stage = ""


PASSED_ON = "passed_on"
"""The ledger's reason of mail whose submitter hears of its delivery from the next server."""


@dataclass(frozen=True, slots=True)
class Dsn:
    """What a submitter asked to be told (RFC 3461), as MAIL and RCPT say it: checked, each word empty or as it came."""

    ret: str = ""
    envid: str = ""
    notify: str = ""
    orcpt: str = ""

    @property
    def of_mail(self) -> str:
        """Parameters of MAIL, each with a space before it."""
        return "".join(f" {name}={value}" for name, value in (("RET", self.ret), ("ENVID", self.envid)) if value)

    @property
    def of_recipient(self) -> str:
        """Parameters of RCPT, likewise."""
        return "".join(f" {name}={value}" for name, value in (("NOTIFY", self.notify), ("ORCPT", self.orcpt)) if value)

    @property
    def wants_success(self) -> bool:
        """Whether the submitter wants to hear that it arrived."""
        return "SUCCESS" in self.notify.split(",")

    def without(self, word: str) -> "Dsn":
        """The same but for one word of `notify`; NEVER when none is left: nothing would mean failures."""
        if word not in self.notify.split(","):
            return self
        return replace(self, notify=",".join(each for each in self.notify.split(",") if each != word) or "NEVER")


@dataclass(slots=True, eq=False)
class Outgoing:
    """One message to one recipient.

    envelope_from: "" for the null sender. parts: the message, joined when it leaves. stuffed: the caller vouches that
    no line starts with a dot and that every line ends with CRLF (campaign mail is compiled so): no pass is made over
    it. about: the caller's own, handed back untouched. dsn: said to a server that offers DSN, and to no other.
    passed_on: the server was asked to tell of success.
    """

    envelope_from: str
    recipient: str
    parts: Sequence[bytes]
    stuffed: bool = False
    about: object = None
    dsn: Dsn | None = None
    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a connection is over. "closed": the server said 421; "stopped": MailHub did it. code: of SMTP, or 0."""

    kind: End
    code: int
    text: str

    def in_doubt(self, tls: str) -> Outcome:
        """The outcome of a message whose dot was sent and never answered."""
        words = "connection lost" if self.kind == "lost" else self.text
        text = f"{words} after the message was sent; it may have been delivered"
        return Outcome("deferred", 0, "", text, tls, True, "dot")

    def before_dot(self, begun: bool, tls: str) -> Outcome:
        """The outcome of a message whose content was not sent; begun: whether its MAIL had been answered."""
        return Outcome("deferred" if begun else "unsent", self.code, "", self.text, tls)


class ConnectFailed(Exception):
    """No session could be opened. kind tells how far it got; code is the SMTP code, or 0; temporary: worth a retry."""

    def __init__(
        self,
        kind: Literal["connect", "greeting", "hello", "tls", "login", "lost", "timeout", "protocol"],
        text: str,
        code: int = 0,
        temporary: bool = True,
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.code = code
        self.temporary = temporary


class Reply:
    """One whole reply (RFC 5321 4.2): its code and its lines, undecoded until somebody asks."""

    __slots__ = ("code", "lines")

    def __init__(self, code: int, lines: list[bytes]) -> None:
        self.code = code
        self.lines = lines

    def words(self) -> tuple[str, str]:
        """The enhanced status of the first line (RFC 2034) or "", and the text on one line without it."""
        enhanced, texts = "", []
        for line in self.lines:
            text = line[4:].decode("utf-8", "replace")
            if found := _ENHANCED.match(text):
                enhanced = enhanced or found[1]
                text = text[found.end() :]
            texts.append(text)
        return enhanced, _one_line(" ".join(texts))

    def outcome(self, stage: Stage, tls: str) -> Outcome:
        """The outcome this reply stands for, by its class alone: 2xx, 4xx or anything else."""
        kind: Kind = "delivered" if self.code < 300 else "deferred" if self.code < 500 else "bounced"
        enhanced, text = self.words()
        return Outcome(kind, self.code, enhanced, text, tls, False, stage)


def _one_line(text: str) -> str:
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return text[:LONGEST_TEXT].strip()


class ReplyReader:
    """Cuts received bytes into replies, however the network cut them. After a fault it reads nothing any more."""

    __slots__ = ("_lines", "_rest", "_size", "fault")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0
        self.fault = ""

    @property
    def midway(self) -> bool:
        """Whether part of a reply has been read."""
        return bool(self._rest or self._lines)

    def feed(self, received: bytes) -> list[Reply]:
        """The replies completed by these bytes. What cannot be a reply sets `fault` (a sentence)."""
        replies: list[Reply] = []
        if self.fault:
            return replies
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            if not self._fits(line):
                return replies
            self._lines.append(line[:-1] if line.endswith(b"\r") else line)
            if line[3:4] != b"-":
                replies.append(Reply(int(line[:3]), self._lines))
                self._lines, self._size = [], 0
        if len(self._rest) > LONGEST_LINE:
            self.fault = f"the server sent a reply line longer than {LONGEST_LINE} octets"
        return replies

    def _fits(self, line: bytes) -> bool:
        self._size += len(line)
        if len(line) > LONGEST_LINE:
            self.fault = f"the server sent a reply line longer than {LONGEST_LINE} octets"
        elif self._size > LONGEST_REPLY:
            self.fault = f"the server sent a reply longer than {LONGEST_REPLY} octets"
        elif not line[:3].isdigit() or line[:1] not in b"2345" or line[3:4] not in b" -\r":
            self.fault = f"the server sent something that is no SMTP reply: {_one_line(line[:80].decode('latin-1'))!r}"
        elif self._lines and line[:3] != self._lines[0][:3]:
            self.fault = "the server changed the code within one reply"
        return not self.fault


class Offer:
    """What the server offered in its answer to EHLO, as far as a transaction needs it."""

    __slots__ = ("dsn", "eight_bit", "limit", "pipelining", "size", "utf8")

    def __init__(self, extensions: Mapping[str, str]) -> None:
        self.pipelining = "PIPELINING" in extensions
        self.eight_bit = "8BITMIME" in extensions
        self.utf8 = "SMTPUTF8" in extensions
        self.dsn = "DSN" in extensions
        self.size = "SIZE" in extensions
        limit = extensions.get("SIZE", "")
        # RFC 1870 4: no number, or 0, means that no fixed limit is declared.
        self.limit = int(limit) if limit.isascii() and limit.isdigit() else 0


class Prepared:
    """A message in wire form, and how far its transaction has come."""

    __slots__ = ("begun", "commands", "content", "message", "verdict")

    def __init__(self, message: Outgoing, commands: bytes, content: bytes) -> None:
        self.message = message
        self.commands = commands
        self.content = content
        self.begun = False
        self.verdict: Outcome | None = None


def prepare(message: Outgoing, offer: Offer) -> Prepared | Outcome:
    """The message ready to be written, or the reason why this server cannot be given it."""
    sender, recipient = message.envelope_from, message.recipient
    if not _ADDRESS.fullmatch(recipient):
        return Outcome("bounced", 501, "5.1.3", "The recipient's address is not one that SMTP can carry.")
    if sender and not _ADDRESS.fullmatch(sender):
        return Outcome("bounced", 501, "5.1.7", "The sender's address is not one that SMTP can carry.")
    ascii_only = sender.isascii() and recipient.isascii()
    if not ascii_only and not offer.utf8:
        return Outcome("bounced", 553, "5.6.7", "The receiving server does not take addresses beyond ASCII (SMTPUTF8).")
    content, size = wire_content(message.parts, message.stuffed)
    if offer.limit and size > offer.limit:
        return Outcome("bounced", 552, "5.3.4", f"The message has {size} octets; the server takes up to {offer.limit}.")
    declared = f" SIZE={size}" if offer.size else ""
    if offer.eight_bit and not content.isascii():
        declared += " BODY=8BITMIME"
    if not ascii_only:
        declared += " SMTPUTF8"
    asked = ""
    if offer.dsn and message.dsn is not None:
        declared += message.dsn.of_mail
        asked = message.dsn.of_recipient
        message.passed_on = message.dsn.wants_success
    commands = f"MAIL FROM:<{sender}>{declared}\r\nRCPT TO:<{recipient}>{asked}\r\nDATA\r\n"
    return Prepared(message, commands.encode(), content)


def wire_content(parts: Sequence[bytes], stuffed: bool) -> tuple[bytes, int]:
    """The content as it goes over the wire, without the final dot, and its size before dot-stuffing (RFC 1870 6.1).

    Unless `stuffed`, every bare CR or LF becomes CRLF, since a server that reads one as a line end could be made to
    see a second message, and leading dots are doubled (RFC 5321 4.5.2).
    """
    content = b"".join(parts)
    if not stuffed:
        ends = content.count(b"\r\n")
        if content.count(b"\n") != ends or content.count(b"\r") != ends:
            content = _LINE_END.sub(b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    size = len(content)
    if not stuffed:
        content = content.replace(b"\r\n.", b"\r\n..")
        if content.startswith(b"."):
            content = b"." + content
    return content, size

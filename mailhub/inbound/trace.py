"""The Received line: where a mail came from, who took it, how and when (RFC 5321 section 4.4)."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")


@dataclass(frozen=True, slots=True)
class Origin:
    """How a mail came: the peer's IP address ("": a proxy did not know), the name it gave, what the conversation was."""

    peer: str
    helo: str
    extended: bool = True
    tls: bool = False
    login: bool = False
    utf8: bool = False

    @property
    def protocol(self) -> str:
        """The keyword of RFC 3848 and RFC 6531 section 4.3, such as ESMTPSA."""
        if not self.extended:
            return "SMTP"
        return ("UTF8SMTP" if self.utf8 else "ESMTP") + ("S" if self.tls else "") + ("A" if self.login else "")


def received(origin: Origin, hostname: str, at: datetime, recipients: list[str]) -> bytes:
    """The field, folded, with its CRLF. It names the recipient only when there is but one."""
    name = origin.helo if _NAME.fullmatch(origin.helo) else "unknown"
    literal = f"[IPv6:{origin.peer}]" if ":" in origin.peer else f"[{origin.peer}]" if origin.peer else "unknown"
    to = f"\r\n\tfor <{recipients[0]}>" if len(recipients) == 1 else ""
    by = f"\r\n\tby {hostname} (MailHub) with {origin.protocol}"
    return f"Received: from {name} ({literal}){by}{to};\r\n\t{format_datetime(at)}\r\n".encode("utf-8", "replace")

"""Received mail: handed in with a login, or come from elsewhere, kept on disk and understood afterwards. Knows no SMTP.

Everything here that touches tables runs in the caller's transaction, unless it says otherwise.
"""

from dataclasses import dataclass

from mailhub.authentication.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came for one recipient.

    `sender` is the envelope's (empty for a bounce), `content` the whole with CRLF, our Authentication-Results and our
    Received line on top, `peer` the IP address it came from, `helo` the name given there, `received_at` ms since 1970.
    `verdicts` say who it is from; None when nobody asked.
    """

    sender: str
    recipient: str
    content: bytes
    peer: str
    helo: str
    received_at: int
    verdicts: Verdicts | None = None

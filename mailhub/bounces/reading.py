"""What is read of a mail that came back: its kind, each recipient's outcome, and what tells which mail of ours it was."""

from dataclasses import dataclass
from typing import Literal

from mailhub.parts import Field

Kind = Literal["bounce", "complaint", "autoreply", "delayed", "delivered", "other"]
Class = Literal["hard", "soft", "block", "unknown"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a server's answer means: whose fault and how lasting, and a reason of the vocabulary (docs/bounces.md)."""

    class_: Class
    reason: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of the mail to one address.

    address: as the report says it, the address that was written to where it names one. class_: None unless it bounced.
    reason: a slug of the vocabulary, or "complaint", "autoreply", "delivered". status: RFC 3463, as "5.1.1". code: of
    SMTP, as 550. line: the words it was read from, on one line, at most 500 characters; "" where there were none.
    """

    address: str
    class_: Class | None
    reason: str
    status: str | None
    code: int | None
    line: str


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that came back, as far as it was returned.

    message_id: without its brackets, "" where unknown. addresses: where its return path may be, most likely first: the
    address this mail came to (Delivered-To, X-Original-To, To), then the returned mail's Return-Path and
    the addresses reports name as its sender; each once. fields: the returned mail's header.
    """

    message_id: str
    addresses: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail that was read. recipients: each address once, in the order of the mail."""

    kind: Kind
    recipients: tuple[Recipient, ...]
    original: Original

"""A mail that came to a reply address, read: who wrote it, what they say, what kind of answer it is."""

import re
from email.utils import getaddresses
from hashlib import blake2b
from typing import NamedTuple

from mailhub import Hub
from mailhub.address import check, normalise
from mailhub.bounces import classify
from mailhub.inbound import Mail
from mailhub.parts import Part, parts_of, words
from mailhub_sending.reply_text import asks_to_leave, is_attached, own_text, text_of

REPLY, AUTOREPLY, UNSUBSCRIBE = KINDS = ("reply", "autoreply", "unsubscribe")
KEYWORDS_SETTING = "sending.optout_keywords"
FORWARDED = "MailHub-Forwarded"
"""The field by which a reply that was forwarded is known when it comes back."""
MOST_NAMES = 100
_PROGRAMS = re.compile(
    r"(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|réponse automatique|absence du bureau|"
    r"message d[’']absence|automatische antwort|abwesenheitsnotiz|respuesta automática|risposta automatica|automatisch antwoord)"
    r"\s*[:(-]",
    re.I,
)
_ROBOTS = ("mailer-daemon", "postmaster")


class Mailbox(NamedTuple):
    """An address, normalised, and the name beside it, decoded; each may be ""."""

    address: str
    name: str


class Letter(NamedTuple):
    """A mail as it matters here. `own` is what its author wrote; `answers` who they want to be answered at."""

    author: Mailbox
    answers: Mailbox
    subject: str
    text: str
    own: str
    digest: str
    parts: list[Part]


def read(mail: Mail) -> Letter:
    """Read a mail, whatever it holds; never raises."""
    parts = parts_of(mail.content)
    header = parts[0].header
    text = text_of(parts)
    author = mailbox(header.get("from")) or Mailbox(normalise(mail.sender), "")
    told = header.get("message-id").strip() or header.get("date") + text
    return Letter(
        author=author,
        answers=mailbox(header.get("reply-to")) or author,
        subject=" ".join(header.words("subject").replace("\0", "").split())[:500],
        text=text,
        own=own_text(text),
        digest=blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        parts=parts,
    )


def mailbox(value: str) -> Mailbox | None:
    """The first mailbox of a header's value that can be written to; None when there is none."""
    return next(iter(mailboxes(value)), None)


def mailboxes(value: str) -> list[Mailbox]:
    """Those of the first hundred mailboxes of a header's value that can be written to."""
    try:
        pairs = getaddresses([value[:8000].replace("\0", "")])[:MOST_NAMES]
    except RecursionError:  # a thousand comments within each other
        return []
    named = [Mailbox(normalise(address), " ".join(words(name).split())[:200]) for name, address in pairs]
    return [each for each in named if check(each.address) is None]


def kind_of(hub: Hub, account_id: int, mail: Mail, letter: Letter, original: str) -> str | None:
    """What kind of answer it is; None when it is none: a bounce or a complaint that took the wrong way.

    `original` is the subject of what is answered. Robots and mail without a sender (RFC 3834) are never asked for words.
    """
    kind = classify(mail.content).kind
    robot = not mail.sender or mail.sender.lower().startswith(_ROBOTS)
    if kind in ("bounce", "complaint", "delayed", "delivered"):
        return None
    if kind == "autoreply" or robot or _is_automatic(letter):
        return AUTOREPLY
    keywords = hub.setting(account_id, KEYWORDS_SETTING)
    return UNSUBSCRIBE if asks_to_leave(letter.own, letter.subject, original, keywords) else REPLY


def _is_automatic(letter: Letter) -> bool:
    """A subject as only programs begin it, or a receipt (RFC 8098): of what came as an answer that is enough."""
    receipt = any(part.kind == "message/disposition-notification" and part.within == 0 for part in letter.parts)
    return receipt or _PROGRAMS.match(letter.subject) is not None


def confirmed(mail: Mail) -> bool | None:
    """Whether the mail is from whom it says, by DMARC; None when that says nothing."""
    return {"pass": True, "fail": False}.get(mail.verdicts.dmarc.result) if mail.verdicts else None


def is_refused(mail: Mail) -> bool:
    """Whether the owner of its author's domain asks that mail like this be refused, whatever share of it they ask for."""
    return confirmed(mail) is False and mail.verdicts is not None and mail.verdicts.dmarc.policy == "reject"


def attachments(parts: list[Part]) -> list[tuple[str, str, int]]:
    """The files of a mail: (name or "", kind, size in bytes); mails within are one file each."""
    return [
        (each.name, each.kind, len(each.body))
        for each in parts[1:]
        if each.within == 0 and not each.kind.startswith("multipart/") and (is_attached(each) or not _is_text(each))
    ]


def _is_text(part: Part) -> bool:
    return part.kind in ("text/plain", "text/html")

"""Complaints: reports of feedback loops (RFC 5965), and the older forms of Microsoft, AOL and SpamCop."""

from mailhub.bounces.addresses import MOST, addresses_in, from_verp
from mailhub.bounces.phrases import plain
from mailhub.bounces.reading import Recipient
from mailhub.bounces.reports import groups_of
from mailhub.bounces.returned import recipients_of
from mailhub.bounces.wording import one_line
from mailhub.parts import Header, Part

COMPLAINT = "complaint"
NO_COMPLAINTS = frozenset(("not-spam", "auth-failure", "dmarc", "dkim", "xarf", "notspam"))
"""Feedback types that are about something else: a mail taken out of the junk folder, an authentication that failed."""
_JUNK_REPORTS = (
    "complaint about message from",
    "client tos notification",
    "email feedback report for ip",
    "abuse report for ip",
    "spam complaint about",
)


def feedback(parts: list[Part]) -> dict[str, str] | None:
    """The fields of a feedback report by their names in lower case, those of several recipients on lines; None for none."""
    for part in parts:
        if part.within == 0 and part.kind in ("message/feedback-report", "message/x-feedback-report"):
            return _joined(part.text)
    if "feedback-report" in parts[0].header.get("content-type").lower():
        for part in parts[1:]:
            if part.within == 0 and "feedback-type:" in part.text[:4000].lower():
                return _joined(part.text)
    return None


def is_old_form(top: Header, returned: Header, subject: str) -> bool:
    """Whether a mail without such a report is a complaint all the same: as Microsoft, AOL and SpamCop write or wrote them."""
    if "x-hmxmroriginalrecipient" in returned:
        return True
    sender = top.get("from").lower()
    if "scomp@aol" in sender or "reports.spamcop.net" in sender or "x-spamcop-sourceip" in top:
        return True
    return subject.startswith(_JUNK_REPORTS) and bool(returned.fields)


def complained(fields: dict[str, str], top: Header, returned: Header, words: str) -> tuple[Recipient, ...]:
    """Who complained: as the report says it, else by the return path the mail had, else by whom it was addressed to."""
    named = addresses_in(fields.get("original-rcpt-to", "")) or addresses_in(returned.get("x-hmxmroriginalrecipient"))
    named = named or _by_path(fields, returned) or addresses_in(fields.get("removal-recipient", ""))
    if not named:
        senders = set(addresses_in(fields.get("original-mail-from", "")) + addresses_in(returned.get("from")))
        named = [each for each in recipients_of(returned) if each not in senders]
    kind = fields.get("feedback-type", "")
    line = one_line(f"Feedback-Type: {kind}" if kind else top.words("subject") or words)
    return tuple(Recipient(each, None, COMPLAINT, None, None, line) for each in named[:MOST])


def is_complaint(fields: dict[str, str]) -> bool:
    """Whether a feedback report is one: of abuse, fraud, a virus, or a wish to hear no more."""
    return plain(fields.get("feedback-type", "abuse")).strip() not in NO_COMPLAINTS


def _by_path(fields: dict[str, str], returned: Header) -> list[str]:
    paths = addresses_in(fields.get("original-mail-from", "")) + addresses_in(returned.get("return-path"))
    return [found for path in paths if (found := from_verp(path))][:1]


def _joined(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for group in groups_of(text.replace("\nOriginal-Rcpt-To", "\n\nOriginal-Rcpt-To")[:64_000]):
        for name, value in group.items():
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    return fields

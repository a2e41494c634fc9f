"""One mail read: what kind of thing came back, about whom, and which mail of ours it was.

In this order: a complaint says so; a delivery report says so; a mail system's sentences; an answering machine; else it is
somebody's mail. Nothing of the returned mail decides anything.
"""

from dataclasses import dataclass

from mailhub.bounces.addresses import MOST, addresses_in, from_verp, same
from mailhub.bounces.codes import code_in, precise, status_in
from mailhub.bounces.complaints import complained, feedback, is_complaint, is_old_form
from mailhub.bounces.forms import forms, is_surely_autoreply, plain_subject
from mailhub.bounces.freeform import Named, named_in, names_surely
from mailhub.bounces.judging import judge, worded
from mailhub.bounces.phrases import plain
from mailhub.bounces.reading import Kind, Reading, Recipient
from mailhub.bounces.reports import Outcome, Report, better_status, read_report, status_parts
from mailhub.bounces.returned import original_of, recipients_of, returned_header, senders_of
from mailhub.bounces.senders import (
    answers_by_itself,
    automatic,
    has_null_path,
    is_daemon,
    is_daemon_name,
    is_list,
    is_machine,
    is_reply,
)
from mailhub.bounces.wording import cut_returned, one_line, own_words
from mailhub.parts import Header, Part, parts_of

DELIVERED = "delivered"
AUTOREPLY = "autoreply"


@dataclass(slots=True)
class Mail:
    """A mail in the middle of being read. words: its own; returned: the header of the mail it returns."""

    parts: list[Part]
    top: Header
    subject: str
    words: str
    returned: Header
    daemon: bool
    _named: list[Named] | None = None

    @property
    def named(self) -> list[Named]:
        """The recipients its own words name."""
        if self._named is None:
            self._named = named_in(self.words, recipients_of(self.returned), _ours(self))
        return self._named

    @property
    def opening(self) -> str:
        """The first of its own words, plain."""
        return plain(self.words)


def classify(content: bytes) -> Reading:
    """What came back, in any mail at all: never an error, and never long.

    A mail with several outcomes lists each recipient; its kind is the gravest: bounce, delayed, delivered.
    """
    mail = _opened(parts_of(content))
    fields = feedback(mail.parts)
    if fields is not None:
        return _complaint(mail, fields) if is_complaint(fields) else _reading(mail, "other", ())
    report = read_report(status_parts(mail.parts, mail.daemon or _is_report(mail.top)))
    if report.outcomes:
        return _reported(mail, report)
    if is_old_form(mail.top, mail.returned, mail.subject):
        return _complaint(mail, {})
    if kind := _free_kind(mail):
        return _sentences(mail, kind)
    if _is_autoreply(mail):
        return _reading(mail, "autoreply", _answering(mail))
    return _reading(mail, "other", ())


def _opened(parts: list[Part]) -> Mail:
    top = parts[0].header
    words, rest = cut_returned(own_words(parts))
    return Mail(parts, top, plain_subject(top.words("subject")), words, returned_header(parts, rest), is_daemon(top))


def _is_report(top: Header) -> bool:
    kind = top.get("content-type").lower()
    return "multipart/report" in kind and "disposition-notification" not in kind


def _reading(mail: Mail, kind: Kind, recipients: tuple[Recipient, ...], senders: list[str] | None = None) -> Reading:
    return Reading(kind, recipients, original_of(mail.top, mail.returned, senders or []))


def _complaint(mail: Mail, fields: dict[str, str]) -> Reading:
    senders = addresses_in(fields.get("original-mail-from", ""))
    return _reading(mail, "complaint", complained(fields, mail.top, mail.returned, mail.words), senders)


# ---------------------------------------------------------------- reports


def _reported(mail: Mail, report: Report) -> Reading:
    actions = {outcome.action for outcome in report.outcomes}
    kind: Kind = "bounce" if "failed" in actions else "delayed" if "delayed" in actions else "delivered"
    missing = _guessed(mail) if any(not outcome.address for outcome in report.outcomes) else []
    recipients: dict[str, Recipient] = {}
    for outcome in report.outcomes:
        address = outcome.address or (missing.pop(0) if missing else "")
        if address:
            recipients.setdefault(address.casefold(), _of_outcome(mail, outcome, address))
    return _reading(mail, kind, tuple(recipients.values()), report.senders)


def _of_outcome(mail: Mail, outcome: Outcome, address: str) -> Recipient:
    """The diagnostic's words decide; where they say nothing the mail's own words do, and else the status."""
    words = outcome.words
    if not worded(words) and not precise(status_in(words)) and not _telling(outcome.status):
        about = [each for each in mail.named if any(same(each.address, one) for one in (address, *outcome.others))]
        more = [text for each in about for text in each.words] or [mail.words[:3000]]
        words = next((text for text in more if worded(text)), "") or words or more[0]
    status = better_status(outcome.status, status_in(words))
    code = code_in(words)
    if outcome.action == "delivered":
        return Recipient(address, None, DELIVERED, status, code, one_line(words))
    judgement = judge(code or _code_of(outcome.status), status_in(words) or status, words)
    class_ = judgement.class_ if outcome.action == "failed" else None
    return Recipient(address, class_, judgement.reason, status, code, one_line(words))


def _telling(status: str | None) -> bool:
    """Whether a status by itself says enough: not 5.0.0, nor one of those that servers use for everything."""
    return precise(status) and status not in (
        "5.7.1",
        "5.5.0",
        "5.3.0",
        "5.2.0",
        "5.1.0",
        "5.4.0",
        "5.6.0",
        "5.7.0",
        "5.5.4",
        "5.5.1",
        "5.3.5",
    )


def _code_of(status: str | None) -> int | None:
    return int(status[0]) * 100 + 50 if status and status[0] in "45" else None


# ---------------------------------------------------------------- sentences


def _free_kind(mail: Mail) -> Kind | None:
    """The kind of a mail whose words are a mail system's; None for any other mail."""
    failed = "x-failed-recipients" in mail.top
    table = forms()
    about = (
        table.bounce_subjects.begin(mail.subject)
        or table.delay_subjects.begin(mail.subject)
        or table.delivered_subjects.begin(mail.subject)
    )
    if not failed and not _is_report(mail.top):
        if is_reply(mail.subject) and not mail.daemon:
            return None
        if is_list(mail.top) and not has_null_path(mail.top):
            return None
        if not mail.daemon and not (about and _is_surely_returned(mail)):
            return None
        if table.autoreply_subjects.begin(mail.subject) and not about:
            return None
    opening = mail.opening
    if not failed and not (about and table.openings.within(opening)) and not _names_a_failure(mail, about):
        return None
    if table.delay_subjects.begin(mail.subject) or (table.delays.within(opening) and not table.final.within(opening)):
        return "delayed"
    if table.delivered_subjects.begin(mail.subject) and table.delivered.within(opening):
        return "delivered"
    return "bounce"


def _is_surely_returned(mail: Mail) -> bool:
    """Whether a mail that no mail system seems to have written returns another one, or comes from a machine with an answer."""
    if mail.returned.fields:
        return True
    machine = automatic(mail.top) not in ("", "no") or is_machine(mail.top)
    return machine and names_surely(mail.words) and bool(worded(mail.words) or status_in(mail.words))


def _names_a_failure(mail: Mail, about: bool) -> bool:
    """Whether a mail system's words name somebody, and a reason; without a subject about it, with words that open such mails."""
    if not addresses_in(mail.words[:8000]) or not (worded(mail.words) or code_in(mail.words)):
        return False
    return about or forms().openings.within(mail.opening)


def _sentences(mail: Mail, kind: Kind) -> Reading:
    named = mail.named
    if failed := _failed(mail.top):
        known = {one.casefold(): each for each in named for one in (each.address, *each.also)}
        named = list(
            {id(found): found for each in failed if (found := known.get(each.casefold()) or Named(each, []))}.values()
        )
    if not named:
        named = [Named(each, []) for each in _guessed(mail)]
    recipients = tuple(_of_sentence(mail, each, kind) for each in named[:MOST])
    if not recipients and not _certain(mail):
        return _reading(mail, "other", ())
    return _reading(mail, kind, recipients)


def _certain(mail: Mail) -> bool:
    return mail.daemon and forms().bounce_subjects.begin(mail.subject)


def _of_sentence(mail: Mail, named: Named, kind: Kind) -> Recipient:
    words = next((text for text in named.words if worded(text)), "")
    if not words:
        whole = mail.words[:4000]
        words = next((text for text in named.words if status_in(text) or code_in(text)), "") or whole
    code, status = code_in(words), status_in(words)
    if kind == "delivered":
        return Recipient(named.address, None, DELIVERED, status, code, one_line(words))
    judgement = judge(code, status, words)
    return Recipient(
        named.address, judgement.class_ if kind == "bounce" else None, judgement.reason, status, code, one_line(words)
    )


def _failed(top: Header) -> list[str]:
    return [each for value in top.all("x-failed-recipients") for each in addresses_in(value)]


def _guessed(mail: Mail) -> list[str]:
    """Whom a bounce is about whose report names nobody: by its header, words, return path, or the returned mail's recipient."""
    if named := _failed(mail.top) or [each.address for each in mail.named]:
        return named
    ways = [each for name in ("delivered-to", "x-original-to", "to") for each in addresses_in(mail.top.get(name))]
    paths = [found for each in ways if (found := from_verp(each))]
    expected = addresses_in(mail.returned.get("to"))
    return paths[:1] or (expected if len(expected) == 1 else [])


def _ours(mail: Mail) -> list[str]:
    """Addresses on our side: whom the bounce is for, and the returned mail's senders."""
    return [each for name in ("to", "delivered-to", "from") for each in addresses_in(mail.top.get(name))] + senders_of(
        mail.returned
    )


# ---------------------------------------------------------------- answering machines


def _is_autoreply(mail: Mail) -> bool:
    table = forms()
    opening = mail.opening
    machine = answers_by_itself(mail.top)
    if (
        table.challenges.within(opening)
        and (machine or mail.daemon or is_reply(mail.subject))
        and not is_list(mail.top)
    ):
        return True
    if is_list(mail.top) and not machine:
        return False
    if machine or (
        has_null_path(mail.top) and not is_daemon_name(mail.top.words("from")) and table.autoreplies.within(opening)
    ):
        return True
    if is_surely_autoreply(mail.subject) or _is_receipt(mail):
        return True
    subject = mail.subject
    while is_reply(subject):
        subject = subject.partition(":")[2].strip()
    about = table.autoreply_subjects.begin(subject)
    if about and (automatic(mail.top) not in ("", "no") or mail.daemon or "x-auto-response-suppress" in mail.top):
        return True
    return (about or table.autoreply_elsewhere.within(f" {subject} ")) and table.autoreplies.within(opening)


def _is_receipt(mail: Mail) -> bool:
    """Whether a ticket system confirms what it got; nothing but its header says that a machine wrote it."""
    if automatic(mail.top) in ("", "no"):
        return False
    return forms().receipts.within(f" {mail.subject} ") or forms().receipts.within(mail.opening[:1000])


def _answering(mail: Mail) -> tuple[Recipient, ...]:
    """Who was written to: the one whose machine answers."""
    line = one_line(mail.top.words("subject"))
    sender = addresses_in(mail.top.get("from")) or addresses_in(mail.top.get("reply-to"))
    return tuple(Recipient(each, None, AUTOREPLY, None, None, line) for each in sender[:1])

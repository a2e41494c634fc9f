"""Failure reports: one mail that failed DMARC, DKIM or SPF, told in the abuse format (RFC 6591, RFC 5965)."""

from collections.abc import Sequence

from mailhub.parts import Header, Part, header_of, words
from mailhub.reports.records import Failure, Report
from mailhub.reports.values import LONGEST_TEXT, address, count, domain, moment, text, word

_ORIGINALS = (
    "message/rfc822",
    "message/rfc822-headers",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_KINDS = ("message/feedback-report", "text/feedback-report")


def read_failure(parts: Sequence[Part]) -> Failure | None:
    """The failure a mail reports, or None for a mail that is no such report: complaints have another Feedback-Type."""
    told = next((each for each in parts if each.kind in _KINDS), None)
    if told is None:
        return None
    said = header_of(told.body.lstrip(b"\r\n"))
    if word(said.get("feedback-type")) not in ("auth-failure", "dmarc") and "auth-failure" not in said:
        return None
    return _failure(parts[0].header, said, _original(parts, told))


def _original(parts: Sequence[Part], told: Part) -> Header:
    """The header of the mail that failed, as far as the reporter gives it."""
    after = parts[parts.index(told) + 1 :]
    for each in after:
        if each.kind in _ORIGINALS:
            return header_of(each.body.lstrip(b"\r\n"))
    return header_of(b"")


def _failure(mail: Header, said: Header, original: Header) -> Failure:
    author = _domain_of(original.words("from"))
    at = moment(said.get("arrival-date") or said.get("received-date") or mail.get("date"))
    return Failure(
        report=Report(
            _domain_of(mail.words("from")), text(_bare(mail.words("from"))), text(mail.get("message-id")).strip("<>"), at, at
        ),
        domain=domain(said.get("reported-domain")) or author,
        auth_failure=word(said.get("auth-failure")), delivery_result=word(said.get("delivery-result")),
        identity_alignment=word(said.get("identity-alignment")), source_ip=address(said.get("source-ip").partition(" ")[0]),
        count=count(said.get("incidents"), missing=1), header_from=author,
        envelope_from=_bare(said.get("original-mail-from")), envelope_to=_bare(said.get("original-rcpt-to")),
        dkim_domain=domain(said.get("dkim-domain")), dkim_selector=text(said.get("dkim-selector")),
        spf_dns=text(said.get("spf-dns"), LONGEST_TEXT),
        authentication_results=text(said.get("authentication-results"), LONGEST_TEXT),
        message_id=text(original.get("message-id")).strip("<>"), subject=text(words(original.get("subject")), LONGEST_TEXT),
    )  # fmt: skip


def _bare(value: str) -> str:
    """The address of a field, without a name and brackets."""
    return text(value.rpartition("<")[2].partition(">")[0]) if "<" in value else text(value)


def _domain_of(value: str) -> str:
    return domain(_bare(value).rpartition("@")[2])

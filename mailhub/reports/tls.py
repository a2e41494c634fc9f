"""SMTP TLS reports (RFC 8460): one JSON document with a policy for each domain, whoever wrote it."""

import json
from collections.abc import Iterator
from typing import Any

from mailhub.reports.records import Report, Tls, TlsFailure, Unreadable
from mailhub.reports.unpacking import MIB
from mailhub.reports.values import LONGEST_TEXT, address, count, domain, moment, text, word

LARGEST = 8 * MIB
"""Octets of a document: it is read at once. Real ones have a few thousand."""
MOST_POLICIES = 10_000
MOST_DETAILS = 10_000
"""Kinds of failure of one policy."""
MOST_LINES = 100


def read_tls(chunks: Iterator[bytes]) -> Iterator[Tls]:
    """The policies of one report. Raises `Unreadable` when the document is none."""
    found = _even(_loaded(_whole(chunks)))
    if not {"policies", "organization-name", "report-id"} & found.keys():
        raise Unreadable("It is JSON, but no TLS report: that names an organization and its policies.")
    span = _even(found.get("date-range"))
    report = Report(
        text(found.get("organization-name")), text(found.get("contact-info")), text(found.get("report-id")),
        moment(span.get("start-datetime")), moment(span.get("end-datetime")),
    )  # fmt: skip
    for each in _listed(found.get("policies"))[:MOST_POLICIES]:
        if isinstance(each, dict):
            yield _tls(report, _even(each))


def _whole(chunks: Iterator[bytes]) -> bytes:
    made = bytearray()
    for chunk in chunks:
        made += chunk
        if len(made) > LARGEST:
            raise Unreadable("It is JSON of more than {size} MiB, which no report needs: ask its sender about it.",
                             size=LARGEST // MIB)  # fmt: skip
    return bytes(made)


def _loaded(octets: bytes) -> Any:
    try:
        written = octets.decode("utf-8")
    except UnicodeDecodeError:
        written = octets.decode("latin-1")
    try:
        return json.JSONDecoder(strict=False).raw_decode(written.lstrip("\ufeff \t\r\n\0"))[0]
    except (ValueError, RecursionError):
        raise Unreadable("Its JSON is broken or cut off: ask its sender for it again.") from None


def _tls(report: Report, found: dict[str, Any]) -> Tls:
    policy, summary = _even(found.get("policy")), _even(found.get("summary"))
    details = [_even(each) for each in _listed(found.get("failure-details"))[:MOST_DETAILS] if isinstance(each, dict)]
    return Tls(
        report, domain(policy.get("policy-domain")), word(policy.get("policy-type")),
        _lines(policy.get("policy-string")), _lines(policy.get("mx-host")),
        count(summary.get("total-successful-session-count")), count(summary.get("total-failure-session-count")),
        tuple(_failure(each) for each in details),
    )  # fmt: skip


def _failure(found: dict[str, Any]) -> TlsFailure:
    return TlsFailure(
        word(found.get("result-type")), address(found.get("sending-mta-ip")), domain(found.get("receiving-mx-hostname")),
        domain(found.get("receiving-mx-helo")), address(found.get("receiving-ip")), count(found.get("failed-session-count")),
        text(found.get("failure-reason-code"), LONGEST_TEXT),
        text(found.get("additional-information") or found.get("additional-info-uri"), LONGEST_TEXT),
    )  # fmt: skip


def _even(found: Any) -> dict[str, Any]:
    """An object with its names in lower case and hyphens; empty for anything else."""
    return {name.lower().replace("_", "-"): value for name, value in found.items()} if isinstance(found, dict) else {}


def _listed(found: Any) -> list[Any]:
    """A list; one thing alone is a list of one."""
    return found if isinstance(found, list) else [found] if found else []


def _lines(found: Any) -> tuple[str, ...]:
    return tuple(made for each in _listed(found)[:MOST_LINES] if (made := text(each, LONGEST_TEXT)))

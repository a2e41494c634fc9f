"""Records as flat objects for JSON: keys in the standards' own words, every key always there, null where nothing was said."""

from collections.abc import Callable
from typing import Any

from mailhub.reports.records import Aggregate, Failure, Record, Report, Tls
from mailhub.reports.values import iso


def flat(record: Record) -> dict[str, Any]:
    """One record as `mailhub mail report` prints it: `kind` is dmarc, tls or failure; moments are ISO 8601 in UTC."""
    if isinstance(record, Aggregate):
        return _aggregate(record)
    return _tls(record) if isinstance(record, Tls) else _failure(record)


def _report(kind: str, report: Report) -> dict[str, Any]:
    return {
        "kind": kind, "org": report.org or None, "contact": report.contact or None, "report_id": report.report_id or None,
        "begin": iso(report.begin), "end": iso(report.end),
    }  # fmt: skip


def _aggregate(record: Aggregate) -> dict[str, Any]:
    policy = record.policy
    return {
        **_report("dmarc", record.report),
        **_said(policy, ("domain", "adkim", "aspf", "p", "sp", "np")), "pct": policy.pct, **_said(policy, ("fo", "testing")),
        "source_ip": record.source_ip or None, "count": record.count, **_said(record, ("disposition", "dkim", "spf")),
        "reasons": [_said(each, each._fields) for each in record.reasons],
        **_said(record, ("header_from", "envelope_from", "envelope_to")),
        "auth_dkim": [_said(each, each._fields) for each in record.auth_dkim],
        "auth_spf": [_said(each, each._fields) for each in record.auth_spf],
    }  # fmt: skip


def _tls(record: Tls) -> dict[str, Any]:
    return {
        **_report("tls", record.report), **_said(record, ("domain", "policy_type")),
        "policy": list(record.policy), "mx": list(record.mx), "successful": record.successful, "failed": record.failed,
        "failures": [
            {**_said(each, ("type", "sending_ip", "receiving_mx", "receiving_helo", "receiving_ip")), "count": each.count,
             **_said(each, ("reason", "additional"))}
            for each in record.failures
        ],
    }  # fmt: skip


def _failure(record: Failure) -> dict[str, Any]:
    names = ("header_from", "envelope_from", "envelope_to", "dkim_domain", "dkim_selector", "spf_dns",
             "authentication_results", "message_id", "subject")  # fmt: skip
    return {
        **_report("failure", record.report),
        **_said(record, ("domain", "auth_failure", "delivery_result", "identity_alignment", "source_ip")),
        "count": record.count, **_said(record, names),
    }  # fmt: skip


def _said(thing: object, names: tuple[str, ...]) -> dict[str, str | None]:
    """Texts by name; null for an empty one."""
    get: Callable[[str], str] = thing.__getattribute__
    return {name: get(name) or None for name in names}

"""DMARC aggregate reports (RFC 7489 appendix C, RFC 9990): one XML document, read as a stream, whoever wrote it."""

from collections import deque
from collections.abc import Iterator

from mailhub.reports.records import Aggregate, DkimResult, Policy, Reason, Report, SpfResult
from mailhub.reports.trees import Tree, children
from mailhub.reports.values import LONGEST_TEXT, address, count, domain, moment, share, text, word

MOST_RESULTS = 100
"""Signatures, SPF results and reasons of one record that are kept."""
_HELD = 10_000
"""Records that may come before what they belong to is told; RFC 7489 puts it first."""
_NOTHING: Tree = {}


def read_aggregate(chunks: Iterator[bytes]) -> Iterator[Aggregate]:
    """The records of one report as they come; one that says neither whence nor how many is left out.

    Raises `Unreadable` when the document is none or breaks off; what came before has been given by then.
    """
    report, policy = Report(), Policy()
    told: set[str] = set()
    held: deque[Tree] = deque()
    for name, tree in children(chunks, "feedback"):
        if not isinstance(tree, dict):
            continue
        if name == "record":
            held.append(tree)
        elif name == "report_metadata":
            report = _report(tree)
            told.add(name)
        elif name == "policy_published":
            policy = _policy(tree)
            told.add(name)
        if len(told) == 2 or len(held) > _HELD:
            yield from _records(held, report, policy)
    yield from _records(held, report, policy)


def _records(held: deque[Tree], report: Report, policy: Policy) -> Iterator[Aggregate]:
    while held:
        record = _record(held.popleft(), report, policy)
        if record is not None:
            yield record


def _report(tree: Tree) -> Report:
    span = _under(tree, "date_range")
    contact = text(_first(tree, "email")) or text(_first(tree, "extra_contact_info"))
    return Report(
        text(_first(tree, "org_name")), contact, text(_first(tree, "report_id")),
        moment(_first(span, "begin")), moment(_first(span, "end")),
    )  # fmt: skip


def _policy(tree: Tree) -> Policy:
    p, sp, np, adkim, aspf = (word(_first(tree, name)) for name in ("p", "sp", "np", "adkim", "aspf"))
    return Policy(
        domain(_first(tree, "domain")), adkim, aspf, p, sp, np,
        share(_first(tree, "pct")), text(_first(tree, "fo"), 32), word(_first(tree, "testing")),
    )  # fmt: skip


def _record(tree: Tree, report: Report, policy: Policy) -> Aggregate | None:
    row = _under(tree, "row")
    source, mails = address(_first(row, "source_ip")), _first(row, "count")
    if not source and not mails:
        return None
    evaluated, names, results = (
        _under(row, "policy_evaluated"),
        _under(tree, "identifiers"),
        _under(tree, "auth_results"),
    )
    return Aggregate(
        report, policy, source, count(mails, missing=1), word(_first(evaluated, "disposition")),
        word(_first(evaluated, "dkim")), word(_first(evaluated, "spf")), _reasons(evaluated),
        domain(_first(names, "header_from")), _sender(names, "envelope_from"), domain(_first(names, "envelope_to")),
        tuple(
            DkimResult(domain(_first(each, "domain")), text(_first(each, "selector")), word(_first(each, "result")),
                       text(_first(each, "human_result"), LONGEST_TEXT))
            for each in _all(results, "dkim")
        ),
        tuple(
            SpfResult(domain(_first(each, "domain")), word(_first(each, "scope")), word(_first(each, "result")),
                      text(_first(each, "human_result"), LONGEST_TEXT))
            for each in _all(results, "spf")
        ),
    )  # fmt: skip


def _sender(names: Tree, name: str) -> str:
    """The envelope's sender: a domain, or the address some write; "" for the null path, which some write as <>."""
    return domain(_first(names, name)).strip("<>")


def _reasons(evaluated: Tree) -> tuple[Reason, ...]:
    return tuple(
        Reason(word(_first(each, "type")), text(_first(each, "comment"), LONGEST_TEXT))
        for each in _all(evaluated, "reason")
    )


def _first(tree: Tree, name: str) -> str:
    """The text of the first child of a name; "" where it is none."""
    found = tree.get(name)
    return found[0] if found and isinstance(found[0], str) else ""


def _under(tree: Tree, name: str) -> Tree:
    found = tree.get(name)
    return found[0] if found and isinstance(found[0], dict) else _NOTHING


def _all(tree: Tree, name: str) -> list[Tree]:
    return [each for each in tree.get(name, [])[:MOST_RESULTS] if isinstance(each, dict)]

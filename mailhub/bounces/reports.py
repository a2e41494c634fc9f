"""Delivery status notifications (RFC 3464, RFC 6533): the fields of the part that machines read, however they are written."""

import re
from dataclasses import dataclass, field

from mailhub.bounces.addresses import MOST, addresses_in, spelt, typed
from mailhub.bounces.codes import precise
from mailhub.parts import Part

STATUS_KINDS = frozenset(("message/delivery-status", "message/global-delivery-status", "message/x-delivery-status"))
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*)")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_DIAGNOSTIC = re.compile(r"^\s*(?:smtp|esmtp|lmtp|x-[a-z0-9-]{1,30}|x400|dns|unix|local)\s*;\s*", re.IGNORECASE)
_LOOKS_SO = re.compile(r"^(?:final-recipient|original-recipient)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"^(?:action|status|diagnostic-code)[ \t]*:", re.IGNORECASE | re.MULTILINE)
LONGEST = 256_000

ACTIONS = {
    "failed": "failed", "failure": "failed", "fail": "failed", "error": "failed", "undeliverable": "failed",
    "bounced": "failed", "rejected": "failed", "delayed": "delayed", "delay": "delayed", "deferred": "delayed",
    "delivered": "delivered", "relayed": "delivered", "expanded": "delivered", "success": "delivered",
}  # fmt: skip
"""What RFC 3464 and others call an action, and our word for it."""


@dataclass(slots=True)
class Outcome:
    """What a report says of one recipient: the action in our word, the status as written, the diagnostic's words."""

    address: str
    action: str
    status: str | None
    words: str
    others: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """A whole report: its outcomes, and the addresses its fields name as the mail's sender."""

    outcomes: list[Outcome]
    senders: list[str]


def status_parts(parts: list[Part], loosely: bool) -> list[Part]:
    """The parts machines read, outside of the returned mail. loosely: also those that are only written like one."""
    found = [part for part in parts if part.kind in STATUS_KINDS and part.within == 0]
    if not found and loosely:
        found = [part for part in parts if part.within == 0 and _is_text(part) and _looks_so(part.text[:LONGEST])]
    return found


def read_report(parts: list[Part]) -> Report:
    """What the parts say, each recipient once; the first word about one counts, a failure more than anything else."""
    outcomes: dict[str, Outcome] = {}
    senders: list[str] = []
    for part in parts:
        for group in groups_of(part.text[:LONGEST]):
            senders += addresses_in(group.get("x-postfix-sender", "") or group.get("original-sender", ""))
            outcome = _outcome(group)
            if outcome is None or len(outcomes) >= MOST:
                continue
            known = outcomes.get(outcome.address.casefold())
            if known is None or (known.action != "failed" and outcome.action == "failed"):
                outcomes[outcome.address.casefold()] = outcome
    return Report(list(outcomes.values()), senders)


def groups_of(text: str) -> list[dict[str, str]]:
    """The groups of fields of a report, by their names in lower case; a second recipient begins a group of its own."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text.split("\n"):
        if not line.strip():
            name = ""
            if groups[-1]:
                groups.append({})
            continue
        if line[:1] in (" ", "\t"):
            if name:
                groups[-1][name] = f"{groups[-1][name]} {line.strip()}"[:4000]
            continue
        if found := _FIELD.match(line):
            name = found[1].lower()
            if name in groups[-1]:
                if name not in ("final-recipient", "original-recipient"):
                    continue
                groups.append({})
            groups[-1][name] = found[2].strip()[:4000]
        elif name:
            groups[-1][name] = f"{groups[-1][name]} {line.strip()}"[:4000]  # wrapped without the blank before it
    return [group for group in groups if group]


def _outcome(group: dict[str, str]) -> Outcome | None:
    if not {"final-recipient", "original-recipient", "action"} & group.keys() or not (
        {"action", "status", "diagnostic-code"} & group.keys()
    ):
        return None
    names = [
        typed(spelt(group.get("original-recipient", ""))), typed(group.get("final-recipient", "")),
        typed(group.get("x-actual-recipient", "")), typed(group.get("x-display-name", "")),
    ]  # fmt: skip
    address, *others = [name for name in names if name] or [""]
    status = _status(group.get("status", ""))
    return Outcome(address, _action(group, status), status, _words(group), others)


def _status(value: str) -> str | None:
    found = _STATUS.search(value)
    return f"{found[1]}.{int(found[2])}.{int(found[3])}" if found else None


def _action(group: dict[str, str], status: str | None) -> str:
    word = re.split(r"[^a-z]", group.get("action", "").lower().strip(), maxsplit=1)[0]
    if word in ACTIONS:
        return ACTIONS[word]
    return "delivered" if status and status.startswith("2") else "failed"


def _words(group: dict[str, str]) -> str:
    words = _DIAGNOSTIC.sub("", group.get("diagnostic-code", ""), count=1)
    more = group.get("x-supplementary-info", "") or group.get("x-diagnostic", "") or group.get("x-notes", "")
    more = more or group.get("x-powermta-bouncecategory", "")
    remark = group.get("status", "")
    if "(" in remark:
        more = f"{remark.partition('(')[2].rstrip(')')} {more}"
    return f"{words} {more}".strip()


def _is_text(part: Part) -> bool:
    return part.kind.startswith(("text/", "message/")) or part.kind == "application/octet-stream"


def _looks_so(text: str) -> bool:
    return bool(_LOOKS_SO.search(text) and _ACTION.search(text))


def better_status(said: str | None, diagnosed: str | None) -> str | None:
    """Of the status a field says and the one in the diagnostic's words, the one that says more."""
    if precise(said):
        return said
    return diagnosed if precise(diagnosed) else said or diagnosed

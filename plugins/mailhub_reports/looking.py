"""Questions about an account's reports: its domains, their days, sources, TLS sessions and failures."""

from collections import defaultdict
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from mailhub import Hub
from mailhub.accounts import Domain
from mailhub.db import in_list, sql
from mailhub.domains.ours import ours_of
from mailhub_reports.advice import LONG_ENOUGH, Fared, advise, fate_of, say, say_tls
from mailhub_reports.gathering import DAY
from mailhub_reports.models import DMARC, FailureRow, Received, Unproved
from mailhub_reports.names import names_of
from mailhub_reports.proving import HAND
from mailhub_reports.proving import say as say_why

_PASSED = "sum(CASE WHEN dkim = 'pass' OR spf = 'pass' THEN mails ELSE 0 END)"
_FARED = "dkim, spf, dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result, reason"
_THESE = "account_id = ? AND domain = ? AND day >= ?"
MOST_UNPROVED = 50
MOST_KINDS = 200
"""Ways in which mails of one source fared that are looked at, and kinds of failed sessions that are listed."""


def since(hub: Hub, days: int) -> int:
    """The first of so many days, today included, in ms."""
    return (hub.ms() // DAY - days + 1) * DAY


def summary(hub: Hub, account: int, days: int) -> list[dict[str, Any]]:
    """Each domain of an account with a report, by name: mails, how many passed, sessions, when the last report came, and
    what to do about its policy."""
    start = since(hub, days)
    mails = _by_domain(f"SELECT domain, sum(mails), {_PASSED} FROM reports_rows", account, start)
    sessions = _by_domain(
        "SELECT domain, sum(sessions), sum(CASE WHEN result = '' THEN sessions ELSE 0 END) FROM reports_tls_rows",
        account,
        start,
    )
    failures = {row[0]: int(row[1]) for row in sql(
        "SELECT domain, sum(mails) FROM reports_failures WHERE account_id = ? AND at >= ? GROUP BY domain", (account, start)
    ).fetchall()}  # fmt: skip
    apart = {row[0]: int(row[1]) for row in sql(
        "SELECT domain, count(*) FROM reports_unproved WHERE account_id = ? AND received_at >= ? GROUP BY domain", (account, start)
    ).fetchall()}  # fmt: skip
    names = {row.name for row in Domain.of(account)} & (
        _ever(account) | mails.keys() | sessions.keys() | failures.keys() | apart.keys()
    )
    return [
        {
            "domain": name, "mails": mails.get(name, (0, 0))[0], "passed": mails.get(name, (0, 0))[1],
            "sessions": sessions.get(name, (0, 0))[0], "encrypted": sessions.get(name, (0, 0))[1],
            "failures": failures.get(name, 0), "unproved": apart.get(name, 0), **policy_of(hub, account, name),
        }
        for name in sorted(names)
    ]  # fmt: skip


def _by_domain(select: str, account: int, start: int) -> dict[str, tuple[int, int]]:
    rows = sql(f"{select} WHERE account_id = ? AND day >= ? GROUP BY domain", (account, start)).fetchall()
    return {name: (int(whole), int(part)) for name, whole, part in rows}


def _ever(account: int) -> set[str]:
    return {
        row[0] for row in sql("SELECT DISTINCT domain FROM reports_rows WHERE account_id = ?", (account,)).fetchall()
    }


def policy_of(hub: Hub, account: int, domain: str) -> dict[str, Any]:
    """The policy that reporters saw last, since when there are reports, and what to do."""
    row = (
        Received.of(account)
        .where(Received.kind == DMARC, Received.domain == domain)
        .order_by(Received.end.desc(), Received.id.desc())
        .first()
    )
    seen = {"p": row.p, "pct": row.pct} if row else None
    first = sql("SELECT min(day) FROM reports_rows WHERE account_id = ? AND domain = ?", (account, domain)).fetchone()[
        0
    ]
    days = (hub.ms() - int(first)) // DAY if first is not None else 0
    told = _told(hub, account, domain, hub.ms() - LONG_ENOUGH * DAY)
    if not told[0]:
        told, days = _told(hub, account, domain, hub.ms()), min(days, LONG_ENOUGH - 1)
    advice = advise(domain, seen, days, *told)
    return {"p": row.p if row else None, "reported_at": row.received_at if row else None, "advice": advice}


def _told(hub: Hub, account: int, domain: str, known: int) -> tuple[int, int, int]:
    """Mails of the days that advice rests on, how many passed, and how many that failed bear the domain's signature: as
    told by reporters whose first report came before `known` (ms), or by hand, since anyone may begin to report today."""
    row = sql(
        f"SELECT sum(mails), {_PASSED}, sum(CASE WHEN dkim <> 'pass' AND spf <> 'pass' AND (dkim_domain = ? OR dkim_domain "
        f"LIKE ?) THEN mails ELSE 0 END) FROM reports_rows WHERE {_THESE} AND org IN (SELECT org FROM reports_received "
        "WHERE account_id = ? GROUP BY org HAVING min(CASE WHEN verdict = ? THEN 0 ELSE received_at END) <= ?)",
        (domain, f"%.{domain}", account, domain, since(hub, LONG_ENOUGH), account, HAND, known),
    ).fetchone()
    return int(row[0] or 0), int(row[1] or 0), int(row[2] or 0)


def unproved(hub: Hub, account: int, domain: str, days: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Reports of some kinds that are not counted, the newest first, each with the reason."""
    rows = (
        Unproved.of(account)
        .where(Unproved.domain == domain, Unproved.kind.in_(kinds), Unproved.received_at >= since(hub, days))
        .order_by(Unproved.id.desc())
        .limit(MOST_UNPROVED)
    )
    return [
        {"org": row.org, "author": row.author, "mails": row.mails, "at": row.received_at,
         "why": say_why(row.why, row.org, row.author)}
        for row in rows
    ]  # fmt: skip


def by_day(hub: Hub, account: int, domain: str, days: int) -> dict[str, list[int]]:
    """`times` of the days in ms, and for each how many mails `passed` and `failed`."""
    start = since(hub, days)
    rows = sql(
        f"SELECT day, {_PASSED}, sum(mails) FROM reports_rows WHERE {_THESE} GROUP BY day", (account, domain, start)
    ).fetchall()
    return _days(start, days, {int(day): (int(good), int(whole) - int(good)) for day, good, whole in rows})


def _days(start: int, days: int, counted: dict[int, tuple[int, int]]) -> dict[str, list[int]]:
    times = [start + day * DAY for day in range(days)]
    pairs = [counted.get(at, (0, 0)) for at in times]
    return {"times": times, "passed": [each[0] for each in pairs], "failed": [each[1] for each in pairs]}


def sources(hub: Hub, account: int, domain: str, days: int, limit: int, offset: int) -> list[dict[str, Any]]:
    """Sources of mail in a domain's name, the busiest first, each with what to do about it."""
    start = since(hub, days)
    rows = sql(
        f"SELECT source_ip, sum(mails), {_PASSED}, sum(CASE WHEN dkim = 'pass' THEN mails ELSE 0 END), "
        "sum(CASE WHEN spf = 'pass' THEN mails ELSE 0 END), "
        "sum(CASE WHEN disposition IN ('quarantine', 'reject') THEN mails ELSE 0 END) "
        f"FROM reports_rows WHERE {_THESE} GROUP BY source_ip ORDER BY sum(mails) DESC, source_ip LIMIT ? OFFSET ?",
        (account, domain, start, limit, offset),
    ).fetchall()
    addresses = [row[0] for row in rows]
    names, fared = names_of(addresses), _fared(account, domain, start, addresses)
    orgs, mine = _orgs(account, domain, start, addresses), _Ours(hub)
    made = []
    for address, mails, passed, dkim, spf, stopped in rows:
        ways = fared[address]
        own = mine.has(address, names.get(address, ""))
        fate, way = max(_fates(address, ways, own).values(), key=lambda each: each[2])[:2]
        made.append(
            {
                "source": address, "name": names.get(address), "mails": int(mails), "passed": int(passed), "dkim": int(dkim),
                "spf": int(spf), "stopped": int(stopped), "reporters": orgs[address], "fate": fate,
                "advice": say(fate, way, domain),
            }
        )  # fmt: skip
    return made


def _fates(address: str, ways: list[Fared], own: bool) -> dict[str, tuple[str, Fared, int]]:
    """By fate: itself, the way most of its mails fared, and how many there are."""
    found: dict[str, tuple[str, Fared, int]] = {}
    for each in ways:  # the most frequent first
        fate = fate_of(address, each, own)
        known = found.get(fate)
        found[fate] = (fate, known[1], known[2] + each.mails) if known else (fate, each, each.mails)
    return found


def _fared(account: int, domain: str, start: int, addresses: list[str]) -> dict[str, list[Fared]]:
    found: dict[str, list[Fared]] = defaultdict(list)
    if addresses:
        condition, values = in_list("source_ip", addresses)
        rows = sql(
            f"SELECT source_ip, {_FARED}, sum(mails) FROM reports_rows WHERE {_THESE} AND {condition} "
            f"GROUP BY source_ip, {_FARED} ORDER BY sum(mails) DESC LIMIT ?",
            (account, domain, start, *values, MOST_KINDS * len(addresses)),
        )
        for address, *columns, mails in rows.fetchall():
            found[address].append(Fared._make((*columns, int(mails))))
    for address in addresses:
        found[address] = found[address] or [Fared("fail", "fail", "", "", "", "", "", "", 0)]
    return found


def _orgs(account: int, domain: str, start: int, addresses: list[str]) -> dict[str, list[str]]:
    """By source, who reports of it: the three that report most first, the others only counted."""
    found: dict[str, list[str]] = defaultdict(list)
    if addresses:
        condition, values = in_list("source_ip", addresses)
        rows = sql(
            f"SELECT source_ip, org, sum(mails) FROM reports_rows WHERE {_THESE} AND {condition} "
            "GROUP BY source_ip, org ORDER BY sum(mails) DESC, org",
            (account, domain, start, *values),
        )
        for address, org, _ in rows.fetchall():
            found[address].append(org)
    return found


class _Ours:
    """Whether an address is this server's: configured, of a pool, or with a name of ours that leads back to it."""

    def __init__(self, hub: Hub) -> None:
        ours = ours_of(hub)
        self._addresses = {str(ip_address(each)) for each in (*ours.addresses, *ours.names)}
        self._names = {ours.host, *ours.names.values()} - {""}

    def has(self, address: str, name: str) -> bool:
        return address in self._addresses or name.lower().rstrip(".") in self._names


def tls(hub: Hub, account: int, domain: str, days: int) -> dict[str, Any]:
    """Sessions with a domain's servers day by day, and each kind that failed with what to do about it."""
    start = since(hub, days)
    rows = sql(
        f"SELECT day, sum(CASE WHEN result = '' THEN sessions ELSE 0 END), sum(sessions) FROM reports_tls_rows "
        f"WHERE {_THESE} GROUP BY day",
        (account, domain, start),
    ).fetchall()
    kinds = sql(
        "SELECT result, receiving_mx, policy_type, min(org), sum(sessions), max(day), max(reason) FROM reports_tls_rows "
        f"WHERE {_THESE} AND result <> '' GROUP BY result, receiving_mx, policy_type ORDER BY sum(sessions) DESC LIMIT ?",
        (account, domain, start, MOST_KINDS),
    ).fetchall()
    return {
        "domain": domain,
        "days": _days(start, days, {int(day): (int(good), int(whole) - int(good)) for day, good, whole in rows}),
        "failures": [
            {"type": result, "mx": mx, "policy_type": policy, "sessions": int(count), "last": int(last), "reason": reason,
             "reporter": org, "advice": say_tls(result, mx, domain, org)}
            for result, mx, policy, org, count, last, reason in kinds
        ],
    }  # fmt: skip


def failures(account: int, domain: str, before: int | None, limit: int) -> list[FailureRow]:
    """Single mails that failed, the newest first, with numbers below `before`."""
    query = FailureRow.of(account).where(FailureRow.domain == domain)
    if before is not None:
        query = query.where(FailureRow.id < before)
    return list(query.order_by(FailureRow.id.desc()).limit(limit))

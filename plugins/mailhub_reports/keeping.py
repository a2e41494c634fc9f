"""What was gathered of reports goes into the tables, each report once."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from hashlib import blake2b
from typing import NamedTuple

from mailhub import Hub
from mailhub.db import in_list, sql, sql_many
from mailhub.errors import Invalid, Sentence
from mailhub_reports.gathering import Detail, Gathered, Kept, Key
from mailhub_reports.models import FailureRow, Received, Row, TlsRow, Unproved
from mailhub_reports.proving import HAND, why_not

MOST_ROWS = 300_000
"""Rows of an account: beyond, mails are counted without their sources."""
MOST_FAILURES = MOST_UNPROVED = 1000
"""Single failures of an account, and reports that are not proved; the oldest go."""


class Brought(NamedTuple):
    """What a file brought: reports that are new, those that were there already, and mails or sessions counted."""

    new: int
    known: int
    mails: int


def keep(hub: Hub, gathered: Gathered, writing: Callable[[], AbstractContextManager[None]]) -> Brought:
    """Write what is new, each report within `writing()`; one that is not proved to be from who it says is kept apart and
    brings nothing. Raises `Invalid` when nothing of it is about a domain that is
    theirs to hear of who gave it."""
    if not gathered.kept:
        raise Invalid(fields={"file": _why_nothing(gathered)})
    new = mails = apart = 0
    proof = gathered.proof
    for key, kept in gathered.kept.items():
        with writing():
            if why := why_not(proof, key.org, kept.told):
                apart += 1
                _keep_apart(hub, key, kept, proof.author, why)
            elif _is_new(hub, key, kept, proof.verdict):
                new += 1
                mails += kept.told
                _write(key, kept)
    return Brought(new, len(gathered.kept) - new - apart, mails)


def _why_nothing(gathered: Gathered) -> Sentence:
    if gathered.strange:
        return Sentence(
            "The report is about {domain}, which is not proved to be yours: see the Domains page.",
            domain=gathered.strange,
        )
    return Sentence("The report holds no record: its sender saw no mail, or left it out.")


def _keep_apart(hub: Hub, key: Key, kept: Kept, author: str, why: str) -> None:
    """Write that it came, in a table of its own: nothing of it may stand in the way of the true one."""
    Unproved.insert(
        account=key.account, kind=key.kind, org=key.org, author=author, report_id=key.report_id, domain=kept.domain,
        begin=kept.begin, end=kept.end, mails=kept.told, why=why, received_at=hub.ms(),
    ).on_conflict_ignore().execute()  # fmt: skip
    _forget_beyond(Unproved, key.account, MOST_UNPROVED)


def _is_new(hub: Hub, key: Key, kept: Kept, verdict: str) -> bool:
    if not key.report_id:
        key = key._replace(report_id=f"{kept.begin}-{kept.end}-{kept.mails}")
    if _came_the_other_way(key, verdict):
        return False
    done: int = (
        Received.insert(
            account=key.account, kind=key.kind, org=key.org, report_id=key.report_id, domain=key.domain, begin=kept.begin,
            end=kept.end, mails=kept.mails, p=kept.p, sp=kept.sp, pct=kept.pct, verdict=verdict, received_at=hub.ms(),
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )  # fmt: skip
    return done > 0


def _came_the_other_way(key: Key, verdict: str) -> bool:
    """Whether a report that is given by hand came by mail, or the reverse: by mail a reporter's domain is in its name."""
    same = Received.of(key.account).where(
        Received.kind == key.kind, Received.report_id == key.report_id, Received.domain == key.domain
    )
    if verdict == HAND:
        return any(row.org.startswith(f"{key.org} (") for row in same)
    return bool(same.where(Received.org == key.org.rpartition(" (")[0], Received.verdict == HAND).exists())


def _write(key: Key, kept: Kept) -> None:
    if kept.rows:
        rows = kept.rows if _has_room(key.account, len(kept.rows)) else _without_sources(kept.rows)
        _add(Row, key.account, kept.day, rows.items())
    if kept.tls:
        _add(TlsRow, key.account, kept.day, kept.tls.items())
    for domain, each in kept.failures:
        report = each.report
        FailureRow.create(
            account=key.account, domain=domain, at=kept.begin, org=report.org or report.contact, source_ip=each.source_ip,
            auth_failure=each.auth_failure, delivery_result=each.delivery_result, header_from=each.header_from,
            envelope_from=each.envelope_from, subject=each.subject[:200], mails=each.count,
        )  # fmt: skip
    if kept.failures:
        _forget_beyond(FailureRow, key.account, MOST_FAILURES)


def _has_room(account: int, more: int) -> bool:
    row = sql("SELECT count(*) FROM reports_rows WHERE account_id = ?", (account,)).fetchone()
    return int(row[0]) + more <= MOST_ROWS


def _without_sources(rows: Counter[Detail]) -> Counter[Detail]:
    folded: Counter[Detail] = Counter()
    for each, mails in rows.items():
        folded[Detail(each.domain, "", each.org, "", each.disposition, each.dkim, each.spf)] += mails
    return folded


def _add(
    table: type[Row] | type[TlsRow], account: int, day: int, counted: Iterable[tuple[tuple[str, ...], int]]
) -> None:
    """Add counts to the rows of a day, or make them; the same rows in the same order everywhere, so that none waits for
    another."""
    made = [(account, day, _hash(detail[1:]), *detail, count) for detail, count in counted]
    if not made:
        return
    fields = table._meta.sorted_field_names[1:]
    columns = ["account_id", "day", "detail", *(each for each in fields if each not in ("account", "day", "detail"))]
    name, last = table._meta.table_name, columns[-1]
    sql_many(
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        f"ON CONFLICT (account_id, domain, day, detail) DO UPDATE SET {last} = {name}.{last} + excluded.{last}",
        sorted(made, key=lambda row: (row[3], row[2])),
    )


def _hash(texts: Iterable[str]) -> int:
    """64 bits with a sign that tell details apart."""
    digest = blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _forget_beyond(table: type[FailureRow] | type[Unproved], account: int, most: int) -> None:
    beyond = table.of(account).order_by(table.id.desc()).offset(most).limit(1000).select(table.id)
    ids = [row.id for row in beyond]
    if ids:
        condition, values = in_list("id", ids)
        sql(f"DELETE FROM {table._meta.table_name} WHERE {condition}", values)

"""The records of a report, summed up for the accounts they are for, in memory: nothing is written here.

Whatever a report holds, what is kept of it is bounded: sources beyond a number are counted together.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from mailhub.reports import Aggregate, DkimResult, Failure, Record, SpfResult, Tls
from mailhub_reports.models import DMARC, FAILURE, TLS
from mailhub_reports.owners import Owners
from mailhub_reports.proving import BY_HAND, Proof, name_of

DAY = 86_400_000
MOST_ROWS = 2000
"""Rows that are kept of one report; what is beyond is counted without its source."""
MOST_MAILS = 10**9
"""Mails of one record that are believed."""
MOST_FAILURES = 100
MOST_REPORTS = 1000
"""Reports in one file, and accounts they are for."""
_LONGEST_SPAN = 31 * DAY


class Key(NamedTuple):
    """What makes a report the same as another, in an account."""

    account: int
    kind: str
    org: str
    report_id: str
    domain: str


class Detail(NamedTuple):
    """What tells rows of a day apart; `domain` is the account's own."""

    domain: str
    source_ip: str
    org: str
    header_from: str
    disposition: str
    dkim: str
    spf: str
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_result: str = ""
    spf_domain: str = ""
    spf_result: str = ""
    reason: str = ""


class TlsDetail(NamedTuple):
    """What tells sessions of a day apart."""

    domain: str
    org: str
    policy_type: str
    result: str = ""
    receiving_mx: str = ""
    sending_ip: str = ""
    reason: str = ""


@dataclass(slots=True)
class Kept:
    """What is kept of one report for one account."""

    begin: int
    end: int
    domain: str = ""
    """The account's own that it was first found to be about."""
    p: str = ""
    sp: str = ""
    pct: int = 100
    mails: int = 0
    rows: Counter[Detail] = field(default_factory=Counter)
    tls: Counter[TlsDetail] = field(default_factory=Counter)
    failures: list[tuple[str, Failure]] = field(default_factory=list)

    @property
    def day(self) -> int:
        """The day most of it is about, in ms."""
        return (self.begin + self.end) // 2 // DAY * DAY

    @property
    def told(self) -> int:
        """Mails and sessions it tells of."""
        return self.mails + sum(self.tls.values())


class Gathered:
    """Takes records one by one. `only` is the account of who gave the file, 0 for all: others' records are left out.
    `proof` says who the report is from."""

    def __init__(self, now: int, only: int = 0, proof: Proof = BY_HAND) -> None:
        self.kept: dict[Key, Kept] = {}
        self.records = 0
        self.strange = ""
        """A domain that is nobody's here, or not the asker's."""
        self.proof, self._org = proof, ""
        self._now, self._only, self._owners = now, only, Owners()

    def take(self, record: Record) -> None:
        self.records += 1
        self._org = name_of(self.proof, record.report.org)
        if isinstance(record, Aggregate):
            self._aggregate(record)
        elif isinstance(record, Tls):
            self._tls(record)
        else:
            self._failure(record)

    def _aggregate(self, record: Aggregate) -> None:
        author = record.header_from or record.policy.domain
        kept, own = self._for(record, DMARC, author, record.policy.domain or author)
        if kept is None:
            return
        mails = min(record.count, MOST_MAILS)
        kept.p, kept.sp, kept.pct = (
            record.policy.p,
            record.policy.sp,
            100 if record.policy.pct is None else record.policy.pct,
        )
        kept.mails += mails
        detail = _detail(record, own, author, self._org)
        if detail not in kept.rows and len(kept.rows) >= MOST_ROWS:
            detail = Detail(
                own, "", detail.org, "", _short(record.disposition), _verdict(record.dkim), _verdict(record.spf)
            )
        kept.rows[detail] += mails

    def _tls(self, record: Tls) -> None:
        kept, own = self._for(record, TLS, record.domain, record.domain)
        if kept is None:
            return
        org, policy = self._org, _short(record.policy_type)
        _add(kept.tls, TlsDetail(own, org, policy), min(record.successful, MOST_MAILS))
        told = 0
        for each in record.failures:
            count = min(each.count, MOST_MAILS)
            told += count
            detail = TlsDetail(
                own,
                org,
                policy,
                _short(each.type) or "other",
                each.receiving_mx[:100],
                each.sending_ip,
                each.reason[:200],
            )
            _add(kept.tls, detail if len(kept.tls) < MOST_ROWS else TlsDetail(own, org, policy, "other"), count)
        _add(kept.tls, TlsDetail(own, org, policy, "other"), max(0, min(record.failed, MOST_MAILS) - told))

    def _failure(self, record: Failure) -> None:
        kept, own = self._for(record, FAILURE, record.header_from or record.domain, record.domain or record.header_from)
        if kept is not None and len(kept.failures) < MOST_FAILURES:
            kept.failures.append((own, record))
            kept.mails += record.count

    def _for(self, record: Record, kind: str, name: str, about: str) -> tuple[Kept | None, str]:
        """Where a record about a name is counted, and the domain it is counted under."""
        owner = self._owners.of(name)
        if owner is None or (self._only and owner.account_id != self._only):
            self.strange = self.strange or name
            return None, ""
        report = record.report
        key = Key(owner.account_id, kind, self._org, report.report_id, about)
        kept = self.kept.get(key)
        if kept is None and len(self.kept) < MOST_REPORTS:
            kept = self.kept[key] = Kept(*self._span(report.begin, report.end), owner.name)
        return kept, owner.name

    def _span(self, begin: int | None, end: int | None) -> tuple[int, int]:
        """The time a report is about; of one that lies in the future or says none, when it came."""
        begin = end if begin is None else begin
        if begin is None or begin > self._now + DAY:
            return self._now, self._now
        return begin, end if end is not None and begin <= end <= begin + _LONGEST_SPAN else begin


def _detail(record: Aggregate, own: str, author: str, org: str) -> Detail:
    dkim, spf = _signature(record, author), _path(record)
    reason = ",".join(sorted({each.type for each in record.reasons if each.type}))[:100]
    return Detail(
        own, record.source_ip, org, author, _short(record.disposition), _verdict(record.dkim),
        _verdict(record.spf), dkim.domain, dkim.selector, _short(dkim.result), spf.domain, _short(spf.result), reason,
    )  # fmt: skip


def _signature(record: Aggregate, author: str) -> DkimResult:
    """The signature that says most: one of the author's domain before others, one that passes before one that fails."""
    none = DkimResult("", "", "", "")
    return max(record.auth_dkim, key=lambda one: (_related(one.domain, author), one.result == "pass"), default=none)


def _path(record: Aggregate) -> SpfResult:
    """SPF for the return path before that for HELO."""
    return max(record.auth_spf, key=lambda one: one.scope != "helo", default=SpfResult("", "", "", ""))


def _related(name: str, other: str) -> bool:
    return bool(name) and (name == other or name.endswith("." + other) or other.endswith("." + name))


def _verdict(word: str) -> str:
    return "pass" if word == "pass" else "fail"


def _short(word: str) -> str:
    return word[:40]


def _add(counter: Counter[TlsDetail], detail: TlsDetail, count: int) -> None:
    if count:
        counter[detail] += count

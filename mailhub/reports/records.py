"""What reports say, in values of one kind: DMARC's records, TLS policies, and single failures."""

from dataclasses import dataclass
from typing import NamedTuple

from mailhub.errors import UserError


class Unreadable(UserError):
    """What was given cannot be read as a report: the sentence says why, and what to do."""


class TooLarge(Unreadable):
    """It unpacks to more than the asker allowed: with a larger limit it may be read."""


class Report(NamedTuple):
    """Who reports, of which time. Moments are milliseconds since 1970, None where none is said; texts are "" then."""

    org: str = ""
    contact: str = ""
    report_id: str = ""
    begin: int | None = None
    end: int | None = None


class Policy(NamedTuple):
    """The DMARC policy a reporter saw (RFC 7489 appendix C, RFC 9990), in lower case; "" and None where it says nothing."""

    domain: str = ""
    adkim: str = ""
    aspf: str = ""
    p: str = ""
    sp: str = ""
    np: str = ""
    pct: int | None = None
    fo: str = ""
    testing: str = ""


class Reason(NamedTuple):
    """Why a receiver did not do what the policy says: forwarded, mailing_list, local_policy and the like."""

    type: str
    comment: str


class DkimResult(NamedTuple):
    """What came of one signature, in the words of RFC 8601."""

    domain: str
    selector: str
    result: str
    human_result: str


class SpfResult(NamedTuple):
    """What came of SPF for one name; `scope` is mfrom, helo or ""."""

    domain: str
    scope: str
    result: str
    human_result: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One record of an aggregate report: `count` mails from one address that fared alike.

    `dkim` and `spf` are DMARC's own verdicts, alignment included: pass, fail or "".
    """

    report: Report
    policy: Policy
    source_ip: str
    count: int
    disposition: str
    dkim: str
    spf: str
    reasons: tuple[Reason, ...]
    header_from: str
    envelope_from: str
    envelope_to: str
    auth_dkim: tuple[DkimResult, ...]
    auth_spf: tuple[SpfResult, ...]

    @property
    def passes(self) -> bool:
        """Whether DMARC passes: one of both is enough (RFC 7489 section 3)."""
        return "pass" in (self.dkim, self.spf)


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """Sessions that failed alike (RFC 8460 section 4.4); `type` is one of the result types of section 4.3."""

    type: str
    sending_ip: str
    receiving_mx: str
    receiving_helo: str
    receiving_ip: str
    count: int
    reason: str
    additional: str


class Tls(NamedTuple):
    """One policy of a TLS report (RFC 8460 section 4.4) with the sessions it was tried in."""

    report: Report
    domain: str
    policy_type: str
    policy: tuple[str, ...]
    mx: tuple[str, ...]
    successful: int
    failed: int
    failures: tuple[TlsFailure, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """One mail that failed (RFC 6591), or `count` alike. `auth_failure` is dmarc, dkim, spf and the like."""

    report: Report
    domain: str
    auth_failure: str
    delivery_result: str
    identity_alignment: str
    source_ip: str
    count: int
    header_from: str
    envelope_from: str
    envelope_to: str
    dkim_domain: str
    dkim_selector: str
    spf_dns: str
    authentication_results: str
    message_id: str
    subject: str


Record = Aggregate | Tls | Failure

"""The DNS records to publish for a domain: what to copy, what it is for, and which of it must be."""

from dataclasses import dataclass

from mailhub.accounts import OPERATOR, Domain
from mailhub.domains.keys import STATES, is_over, keys_of, record_name
from mailhub.domains.ours import Ours, ours_of
from mailhub.domains.owning import proof_name, proof_value
from mailhub.domains.verdicts import DKIM, DMARC, PROOF, RETURN_PATH, SPF, TLS_RPT, TRACKING
from mailhub.hub import Hub

REQUIRED = frozenset({PROOF, DKIM, SPF, DMARC})
REPORTS, TLS_REPORTS = "dmarc", "tls-reports"
"""Before the @ of the addresses that reports of receivers are sent to."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `kind` is the check that looks at it, `key` the state of a signing key. `value` may be "": nothing
    can be said of it yet."""

    kind: str
    name: str
    type: str
    value: str
    key: str = ""

    @property
    def required(self) -> bool:
        """Without it mail does not leave, or is not believed."""
        return self.kind in REQUIRED and self.key in ("", "active")


def records_of(hub: Hub, domain: Domain) -> list[Record]:
    """All records of a domain, the most needed first; keys whose time is over are not among them."""
    ours = ours_of(hub)
    reports = report_address(hub, domain.name, ours) or f"postmaster@{domain.name}"
    keys = [key for state in STATES for key in keys_of(domain, state) if not is_over(hub, key)]
    return [
        *_proof(hub, domain),
        *(Record(DKIM, record_name(key, domain.name), "TXT", key.record, key.state) for key in keys),
        *_spf(domain, ours),
        Record(DMARC, f"_dmarc.{domain.name}", "TXT", f"v=DMARC1; p=none; rua=mailto:{reports}"),
        *_to_us(domain, ours),
        *_tls_reports(hub, domain, ours),
        *_of_host(domain, ours),
    ]


def records(domain: Domain) -> list[tuple[str, str, str]]:
    """The records of a domain's signing keys: (name, type, value)."""
    return [(record_name(key, domain.name), "TXT", key.record) for key in keys_of(domain)]


def _proof(hub: Hub, domain: Domain) -> list[Record]:
    if domain.account_id == OPERATOR or not hub.config.domains.proof:
        return []
    return [Record(PROOF, proof_name(domain), "TXT", proof_value(domain))]


def _spf(domain: Domain, ours: Ours) -> list[Record]:
    return [Record(SPF, domain.name, "TXT", f"v=spf1 {ours.spf_term} ~all")] if ours.spf_term else []


def _to_us(domain: Domain, ours: Ours) -> list[Record]:
    """Names of the domain that lead to this server."""
    made = []
    if ours.host and not ours.return_path:
        made.append(Record(RETURN_PATH, return_path_name(domain.name), "CNAME", ours.host))
    if ours.web_host:
        made.append(Record(TRACKING, link_name(domain.name), "CNAME", ours.web_host))
    return made


def host_records(ours: Ours) -> list[Record]:
    """What the operator publishes for this server's own names: SPF where receivers look for it, which is the name of the
    return path, usually a CNAME of the host, and the name said in HELO (RFC 7208 section 2.3)."""
    made = [Record(RETURN_PATH, ours.return_path, "MX", f"10 {ours.host}")] if ours.return_path and ours.host else []
    names = dict.fromkeys(each for each in (ours.return_path, ours.host) if each and ours.spf_term)
    return [*made, *(Record(SPF, name, "TXT", f"v=spf1 {ours.spf_term} ~all") for name in names)]


def _of_host(domain: Domain, ours: Ours) -> list[Record]:
    """Those that stand in one of the operator's domains, and are not its own SPF record."""
    if domain.account_id != OPERATOR:
        return []
    return [each for each in host_records(ours) if each.name.endswith(f".{domain.name}")]


def host_names(domain: Domain, ours: Ours) -> list[str]:
    """The names of this server under a domain of the operator's whose SPF is looked at with it."""
    return [each.name for each in _of_host(domain, ours) if each.kind == SPF]


def _tls_reports(hub: Hub, domain: Domain, ours: Ours) -> list[Record]:
    address = report_address(hub, domain.name, ours, TLS_REPORTS)
    return [Record(TLS_RPT, f"_smtp._tls.{domain.name}", "TXT", f"v=TLSRPTv1; rua=mailto:{address}")] if address else []


def report_address(hub: Hub, domain: str, ours: Ours | None = None, local: str = REPORTS) -> str:
    """Where reports about a domain can be sent to be read here, or "" while no name leads here or no plugin reads them.

    Under the domain's own return path no further record is needed: it is of the same organisation (RFC 7489 section
    7.1). Under the server's, `dmarc.authorisation_name` must exist.
    """
    ours = ours or ours_of(hub)
    if not ours.host and not ours.return_path:
        return ""
    address = f"{local}@{ours.return_path or return_path_name(domain)}"
    answers = hub.ask_safely("accept_recipient", hub=hub, sender="", recipient=address)
    return address if any(taken for _, taken in answers) else ""


def return_path_name(domain: str) -> str:
    """The name under a domain that bounces are sent to."""
    return f"bounce.{domain}"


def link_name(domain: str) -> str:
    """The name under a domain that links of its campaigns may have."""
    return f"link.{domain}"

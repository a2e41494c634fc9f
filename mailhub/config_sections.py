"""What the configuration's sections hold: every key with its default and a line of reason.

`config.example.toml` is written from these classes, so a key's name, default and reason live here and nowhere else.
"""

from dataclasses import dataclass, field
from typing import Any


def _key(default: Any, reason: str) -> Any:
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={"reason": reason})
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True)
class ServerConfig:
    data: str = _key("data", "folder for the database, the sandbox and everything else that must survive a restart")
    key_file: str = _key("", "file with the server's secret key; empty: mailhub.key beside this file, else in data")
    public_url: str = _key(
        "http://localhost:8000", "address people reach this server under; left out, it follows web.port"
    )
    time_zone: str = _key("UTC", "zone of new accounts, such as Europe/Paris")
    language: str = _key("en", "language of new accounts: en or fr")


@dataclass(frozen=True)
class WebConfig:
    host: str = _key("127.0.0.1", "address the pages listen on; 0.0.0.0 for every interface")
    port: int = _key(8000, "port of the pages")
    threads: int = _key(8, "requests answered at the same time by one web process")
    api_rate: int = _key(50, "API requests a second that one key may make; 0: as many as it likes")
    secure_cookies: bool = _key(False, "send cookies over HTTPS only; switch on behind HTTPS")


@dataclass(frozen=True)
class SmtpConfig:
    host: list[str] = _key(["127.0.0.1"], 'addresses the mail listeners bind to; ["0.0.0.0", "::"] for every interface')
    submission_port: int = _key(2587, "port where programs submit mail with a login")
    submission_tls_port: int = _key(2465, "the same under TLS from the first word; 0 or no certificate: off")
    inbound_port: int = _key(2525, "port where mail from other servers arrives")
    hostname: str = _key(
        "localhost", "name this server gives in HELO and in its greeting; should resolve to its address"
    )
    max_message_size: int = _key(26_214_400, "largest message taken, in bytes")
    max_recipients: int = _key(1000, "recipients of one mail; at least 100")
    tls_certificate: str = _key("", "PEM file with the certificate chain; empty: no TLS. Read again when it changes")
    tls_key: str = _key("", "PEM file with the certificate's private key")
    group_commit: float = _key(0.004, "seconds a 250 may wait so that many messages share one write to disk")
    proxy_networks: list[str] = _key([], "networks of proxies, which must say whom they bring (PROXY protocol 1 or 2)")
    trusted_networks: list[str] = _key(
        ["127.0.0.0/8", "::1"], "networks without greeting delay, connection limits and bans"
    )
    greeting_delay: float = _key(1.0, "seconds before inbound greets; who speaks sooner is turned away. 0: none")
    connections_per_address: int = _key(50, "connections one address has open at once in one process; 0: any number")
    connections_per_minute: int = _key(120, "connections one address opens in a minute; 0: any number")
    ban_after: int = _key(10, "offences (wrong logins, smuggling, guessed addresses) in 10 minutes that ban an address")
    messages_per_minute: int = _key(0, "mails one SMTP login may submit in a minute; 0: any number")
    messages_per_hour: int = _key(0, "mails one SMTP login may submit in an hour; 0: any number")
    recipients_per_minute: int = _key(0, "recipients one SMTP login may write to in a minute; 0: any number")
    recipients_per_hour: int = _key(0, "recipients one SMTP login may write to in an hour; 0: any number")


@dataclass(frozen=True)
class InboundConfig:
    policy: str = _key(
        "tag",
        "mail from elsewhere that fails its sender's DMARC policy: tag (it only says so), quarantine (kept for staff) or "
        "refuse (before it is taken)",
    )
    complaints: list[str] = _key(
        ["fbl"], "addresses, or local parts at this server's domains, that feedback loops report complaints to"
    )
    forward_to: str = _key("", "address that mail for postmaster and abuse is sent on to; empty: kept for staff only")
    kept_days: int = _key(30, "days that mail which was not understood is kept for staff")
    kept_most: int = _key(10_000, "mails kept for staff at most; the oldest go first")
    kept_megabytes: int = _key(1000, "what they may be large together")


@dataclass(frozen=True)
class DatabaseConfig:
    url: str = _key("", "postgresql://user:password@host/name; empty: SQLite in the data folder")
    pool: int = _key(20, "PostgreSQL connections a process may open at most")


@dataclass(frozen=True)
class EngineConfig:
    url: str = _key(
        "", "where waiting tasks are kept: postgresql://, redis:// or rediss:// (TLS); empty: where the database is"
    )
    workers: int = _key(0, "worker processes; 0: one for each processor core")


@dataclass(frozen=True)
class DeliveryConfig:
    route: str = _key(
        "sandbox",
        "how mail leaves when no rule says otherwise: sandbox (kept here and shown), smart_host, or direct (to the MX)",
    )
    smart_host: str = _key("", "host of the smart host")
    smart_host_port: int = _key(587, "port of the smart host")
    smart_host_tls: str = _key("opportunistic", "none, opportunistic, required or implicit")
    smart_host_user: str = _key("", "login at the smart host; empty: none")
    smart_host_password: str = _key("", "password at the smart host; better in MAILHUB_DELIVERY__SMART_HOST_PASSWORD")
    mx_port: int = _key(25, "port of other domains' mail servers; another one only in a network of your own")
    private_mx: bool = _key(False, "whether mail goes to domains whose mail servers have private addresses too")
    connections: int = _key(2, "connections one worker keeps open to one destination")
    shaping: str = _key(
        "", "file with what mailbox providers like, merged with the one that comes along; empty: that one alone"
    )
    return_path_domain: str = _key("", "domain of return paths; empty: the domain of the sender's address")
    retry_for: int = _key(432_000, "seconds a message is tried again before it is given up; 432000: five days")
    delay_notice: int = _key(
        4, "hours after which who asked for it (DSN, NOTIFY=DELAY) hears that a mail waits; 0: never"
    )
    sandbox_days: int = _key(7, "days the sandbox keeps what it delivered")
    ledger_days: int = _key(400, "days messages and their events are kept, counts for ever; 0: everything for ever")


@dataclass(frozen=True)
class DomainsConfig:
    proof: bool = _key(
        True, "nothing leaves from an account's domain before a TXT record proves it; false: a team that trusts itself"
    )
    from_policy: str = _key(
        "refuse", "mail from a domain its account may not use: refuse it, or rewrite its sender; accounts may choose"
    )
    addresses: list[str] = _key([], "public IP addresses mail leaves from, for SPF; empty: those of smtp.hostname")
    spf_include: str = _key("", "domain to include in SPF records, such as a smart host's; empty: a:smtp.hostname")
    overlap: int = _key(7, "days a replaced signing key stays published, for mail that is on its way")
    check_every: int = _key(21_600, "seconds between two checks of a domain's DNS records; 0: only when asked")
    per_account: int = _key(100, "domains an account may have, the operator's excepted; 0: any number")


@dataclass(frozen=True)
class BillingConfig:
    charge: bool = _key(False, "charge accounts for what is delivered; an account without credit waits for its top-up")
    currency: str = _key("EUR", "currency of prices and credit; decided before the first top-up")
    price: int = _key(4500, "what a mail costs, in millionths of the currency; accounts may have their own")
    free_mails: int = _key(500, "mails that each account may send for nothing at first")


@dataclass(frozen=True)
class DnsConfig:
    resolvers: list[str] = _key([], 'DNS servers to ask, such as ["127.0.0.1", "[::1]:5353"]; empty: the system\'s')
    timeout: float = _key(2.0, "seconds a DNS server has to answer; each question is put twice")


@dataclass(frozen=True)
class AuthenticationConfig:
    timeout: float = _key(
        20.0, "seconds for all that is asked of DNS about one received mail; RFC 7208 wants 20 at least"
    )


@dataclass(frozen=True)
class VerificationConfig:
    in_flight: int = _key(500, "domains one process looks up at the same time")
    traps: list[str] = _key([], "files with known spam traps, an address or domain a line")


@dataclass(frozen=True)
class WebhooksConfig:
    allow_private: bool = _key(False, "post webhooks to private addresses and over plain http too; for trying out")


@dataclass(frozen=True)
class PluginsConfig:
    disabled: list[str] = _key([], 'names of plugins to leave out, such as ["sending"]')
    folder: str = _key("", "folder of single-file plugins; empty: none")


@dataclass(frozen=True)
class LogConfig:
    level: str = _key("info", "debug, info, warning or error")
    format: str = _key("text", "text for people, json for machines")


@dataclass(frozen=True)
class MetricsConfig:
    token: str = _key("", "who gives it (Authorization: Bearer …) may read /metrics; better in MAILHUB_METRICS__TOKEN")
    addresses: list[str] = _key([], 'addresses that may read it without, such as ["127.0.0.1"]; both empty: off')


CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("billing", "currency"): ("AUD", "CAD", "CHF", "DKK", "EUR", "GBP", "NOK", "PLN", "SEK", "USD"),
    ("domains", "from_policy"): ("refuse", "rewrite"),
    ("delivery", "route"): ("sandbox", "smart_host", "direct"),
    ("delivery", "smart_host_tls"): ("none", "opportunistic", "required", "implicit"),
    ("inbound", "policy"): ("tag", "quarantine", "refuse"),
    ("log", "level"): ("debug", "info", "warning", "error"),
    ("log", "format"): ("text", "json"),
    ("server", "language"): ("en", "fr"),
}

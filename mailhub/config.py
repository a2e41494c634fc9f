"""The server's configuration: TOML and `MAILHUB_SECTION__KEY`, into frozen dataclasses.

What the sections hold is in `config_sections`; `config.example.toml` is written from there.
Settings of an account are not here: they are rows (`hub.settings`).
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, get_type_hints

from mailhub.config_sections import (
    CHOICES,
    AuthenticationConfig,
    BillingConfig,
    DatabaseConfig,
    DeliveryConfig,
    DnsConfig,
    DomainsConfig,
    EngineConfig,
    InboundConfig,
    LogConfig,
    MetricsConfig,
    PluginsConfig,
    ServerConfig,
    SmtpConfig,
    VerificationConfig,
    WebConfig,
    WebhooksConfig,
)
from mailhub.errors import UserError
from mailhub.resolvers import read_resolver


@dataclass(frozen=True)
class Config:
    """Everything the server was told. `source` is the file it came from, or None."""

    server: ServerConfig = field(default_factory=ServerConfig)
    web: WebConfig = field(default_factory=WebConfig)
    smtp: SmtpConfig = field(default_factory=SmtpConfig)
    inbound: InboundConfig = field(default_factory=InboundConfig)
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    engine: EngineConfig = field(default_factory=EngineConfig)
    delivery: DeliveryConfig = field(default_factory=DeliveryConfig)
    domains: DomainsConfig = field(default_factory=DomainsConfig)
    billing: BillingConfig = field(default_factory=BillingConfig)
    dns: DnsConfig = field(default_factory=DnsConfig)
    authentication: AuthenticationConfig = field(default_factory=AuthenticationConfig)
    verification: VerificationConfig = field(default_factory=VerificationConfig)
    webhooks: WebhooksConfig = field(default_factory=WebhooksConfig)
    plugins: PluginsConfig = field(default_factory=PluginsConfig)
    log: LogConfig = field(default_factory=LogConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    source: Path | None = None

    @property
    def data(self) -> Path:
        """The data folder, absolute; a relative one is taken from the config file's folder, else from here."""
        base = self.source.parent if self.source else Path.cwd()
        return (base / Path(self.server.data).expanduser()).resolve()

    @property
    def key_path(self) -> Path:
        """The key file: as configured, else beside the config file, else in the data folder."""
        if self.server.key_file:
            base = self.source.parent if self.source else Path.cwd()
            return (base / Path(self.server.key_file).expanduser()).resolve()
        return self.source.parent.resolve() / "mailhub.key" if self.source else self.data / "mailhub.key"

    @property
    def uses_postgres(self) -> bool:
        """True when the database or the engine is PostgreSQL."""
        return any(url.startswith("postgres") for url in (self.database.url, self.engine.url))

    @property
    def uses_redis(self) -> bool:
        """True when the engine is Redis."""
        return self.engine.url.startswith("redis")

    @property
    def workers(self) -> int:
        """Worker processes to start: as configured, else one for each core."""
        return self.engine.workers or os.cpu_count() or 1


_PORTS = (
    ("web", "port"), ("smtp", "submission_port"), ("smtp", "submission_tls_port"), ("smtp", "inbound_port"),
)  # fmt: skip
_COUNTS = (
    ("billing", "price"),
    ("billing", "free_mails"),
    ("inbound", "kept_days"),
    ("inbound", "kept_most"),
    ("inbound", "kept_megabytes"),
)
_LARGEST_COUNT = 10**9
_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", float: "a number"}
_POSTGRES = {"postgresql://": "user@host/name", "postgres://": ""}
_REDIS = {"redis://": "host:6379/0", "rediss://": ""}


def load(path: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration.

    `path` None means `./config.toml` when it is there, else defaults. `environ` (default: the process's own)
    overrides keys by `MAILHUB_SECTION__KEY`; lists are comma separated. Raises `UserError` for a file that is missing
    or broken, a key that does not exist (with the nearest that does) and a value of the wrong type.
    """
    source = _find(path)
    table = _read(source) if source else {}
    _overlay(table, os.environ if environ is None else environ)
    config = Config(**_sections(table), source=source)
    _check(config)
    return config if "public_url" in table.get("server", {}) else _at_its_port(config)


def _at_its_port(config: Config) -> Config:
    """With another `web.port` and no `public_url`, what is printed and linked must lead to that port."""
    if not config.web.port:  # any free one: nobody knows it yet
        return config
    return replace(config, server=replace(config.server, public_url=f"http://localhost:{config.web.port}"))


def _find(path: str | Path | None) -> Path | None:
    if path is None:
        return Path("config.toml").resolve() if Path("config.toml").is_file() else None
    if not Path(path).is_file():
        raise UserError(f"There is no configuration file at {path}: give the path of an existing one with --config.")
    return Path(path).resolve()


def _read(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{source} is not valid TOML: {error}. Correct that line and start again.") from error


def _overlay(table: dict[str, Any], environ: Mapping[str, str]) -> None:
    known = _section_types()
    for name, value in environ.items():
        section, separator, key = name.removeprefix("MAILHUB_").lower().partition("__")
        if not name.startswith("MAILHUB_") or not separator:
            continue
        kind = get_type_hints(known[section]).get(key) if section in known else None
        chosen = table.setdefault(section, {})
        if isinstance(chosen, dict):  # what else it may be, `_section` refuses
            chosen[key] = _from_text(name, value, kind)


def _from_text(name: str, value: str, kind: Any) -> Any:
    if kind is bool:
        if value.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise UserError(f"{name} is {value!r}: write true or false.")
        return value.lower() in ("true", "1", "yes")
    if kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            raise UserError(f"{name} is {value!r}: write a number.") from None
    return [part.strip() for part in value.split(",") if part.strip()] if kind == list[str] else value


def _section_types() -> dict[str, Any]:
    return {name: kind for name, kind in get_type_hints(Config).items() if is_dataclass(kind)}


def _sections(table: Mapping[str, Any]) -> dict[str, Any]:
    known = _section_types()
    for name in table:
        if name not in known:
            raise UserError(f"The configuration has a section [{name}] that does not exist{_nearest(name, known)}.")
    return {name: _section(name, kind, table.get(name, {})) for name, kind in known.items()}


def _section(name: str, kind: Any, values: Any) -> Any:
    if not isinstance(values, dict):
        raise UserError(f"The configuration's {name} must be a section: write [{name}] on a line of its own.")
    hints = get_type_hints(kind)
    for key, value in values.items():
        if key not in hints:
            raise UserError(f"The configuration has a key {name}.{key} that does not exist{_nearest(key, hints)}.")
        if hints[key] is float and type(value) is int:
            continue
        expected = list if hints[key] == list[str] else hints[key]
        if type(value) is not expected:
            raise UserError(f"The configuration's {name}.{key} is {value!r}: write {_WORDS[expected]}.")
    return kind(**values)


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    match = difflib.get_close_matches(word, list(known), n=1)
    return f": did you mean {match[0]}" if match else ": remove it"


def _check(config: Config) -> None:
    for (section, key), allowed in CHOICES.items():
        value = getattr(getattr(config, section), key)
        if value not in allowed:
            raise UserError(f"The configuration's {section}.{key} is {value!r}: write one of {', '.join(allowed)}.")
    for section, key in _PORTS:
        if not 0 <= getattr(getattr(config, section), key) < 65536:
            raise UserError(f"The configuration's {section}.{key} is no port: write a number from 0 to 65535.")
    for section, key in _COUNTS:
        value = getattr(getattr(config, section), key)
        if not 0 <= value <= _LARGEST_COUNT:
            raise UserError(
                f"The configuration's {section}.{key} is {value}: write a whole number from 0 to {_LARGEST_COUNT:,}."
            )
    if config.delivery.route == "smart_host" and not config.delivery.smart_host:
        raise UserError("The route is smart_host and delivery.smart_host is empty: write the smart host's name.")
    for address in config.domains.addresses:
        _check_address(address)
    for resolver in config.dns.resolvers:
        read_resolver(resolver)
    if config.dns.timeout <= 0:
        raise UserError("The configuration's dns.timeout must be above 0.")
    _check_url("database.url", config.database.url, _POSTGRES)
    _check_url("engine.url", config.engine.url, _POSTGRES | _REDIS)


def _check_address(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        raise UserError(
            f"The configuration's domains.addresses has {text!r}: write IP addresses such as 192.0.2.7 or 2001:db8::7."
        ) from None


def _check_url(key: str, url: str, kinds: Mapping[str, str]) -> None:
    if url and not url.startswith(tuple(kinds)):
        forms = " or ".join(kind + form for kind, form in kinds.items() if form)
        raise UserError(f"The configuration's {key} is {url.split('@')[-1]!r}: write {forms}, or leave it empty.")


def example() -> str:
    """The text of `config.example.toml`: every key at its default, each with its reason."""
    first = "# MailHub's configuration: every key at its default. Copy this file to config.toml; keep what you change."
    lines = [first, ""]
    for name, kind in _section_types().items():
        lines.append(f"[{name}]")
        for each in fields(kind):
            value = each.default if not callable(each.default_factory) else each.default_factory()
            lines += [f"# {each.metadata['reason']}", f"{each.name} = {_toml(value)}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)

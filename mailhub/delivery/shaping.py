"""What mailbox providers like, and what their refusals mean: read from `shaping.toml`, merged with the operator's own file.

What all servers' words mean is the bounces' one table; how a lane lives with it is the lane's.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mailhub.address import without_addresses
from mailhub.bounces import judge
from mailhub.config import Config
from mailhub.delivery.blame import borne
from mailhub.delivery.smtp_words import Outcome as Answer
from mailhub.errors import UserError

SHIPPED = Path(__file__).with_name("shaping.toml")
ACTIONS = ("soon", "slow", "stop", "later", "bounce", "")
KINDS: dict[str, type] = {
    "name": str, "mx": list, "domains": list, "connections": int, "per_connection": int, "rate": int, "tls": str,
    "replies": list, "actions": dict,
}  # fmt: skip
TLS = ("opportunistic", "required")
SOONEST, LATEST = 60, 4 * 3600
"""Seconds within which a server's wish when to come again is honoured."""
_WISH = re.compile(r"\b(?:in|after|wait|for|within)\s+(\d{1,5})\s*(s|sec|m|min|h|hour)", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Meaning(NamedTuple):
    """What an answer means: a slug, and what is to be done (see shaping.toml)."""

    reason: str
    action: str


NOTHING = Meaning("", "")


@dataclass(frozen=True, slots=True)
class Shape:
    """What one provider likes. Limits are 0 where it names none; `rate` is messages a minute of all workers together."""

    slug: str
    name: str = ""
    connections: int = 0
    per_connection: int = 0
    rate: int = 0
    tls: str = "opportunistic"
    replies: tuple[tuple[re.Pattern[str], Meaning], ...] = ()
    actions: Mapping[str, str] = field(default_factory=dict)

    def meaning(self, answer: Answer) -> Meaning:
        """What an answer that is not 2xx means: by the provider's own replies, else by the table of all servers' words.

        Addresses in it mean nothing, and what is about one message stops no lane.
        """
        text = without_addresses(answer.text)
        words = f"{answer.code or ''} {answer.enhanced} {text}".strip()
        if own := next((meaning for pattern, meaning in self.replies if pattern.search(words)), None):
            return own
        if answer.code < 400:
            return NOTHING
        reason = judge(answer.code, answer.enhanced, answer.text).reason
        return Meaning(reason, borne(reason, self.actions.get(reason, ""), answer.code, answer.enhanced, text))


class Shaping:
    """All providers. Raises `UserError` when a table says what cannot be."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        common = tables.get("default", {})
        usual = _replies(common.get("replies", []))
        self._shapes = {
            slug: Shape(
                "" if slug == "default" else slug, table.get("name", ""),
                **{key: table.get(key, common.get(key, 0)) for key in ("connections", "per_connection", "rate")},
                tls=table.get("tls", common.get("tls", "opportunistic")),
                replies=usual if slug == "default" else (*_replies(table.get("replies", [])), *usual),
                actions={**common.get("actions", {}), **table.get("actions", {})},
            )
            for slug, table in tables.items()
        }  # fmt: skip
        self._shapes.setdefault("default", Shape(""))
        self._domains = {domain.lower(): slug for slug, table in tables.items() for domain in table.get("domains", ())}
        self._suffixes = {
            suffix.lower().strip("."): slug for slug, table in tables.items() for suffix in table.get("mx", ())
        }

    @property
    def names(self) -> dict[str, str]:
        """All providers: slug → the name people know it by."""
        return {slug: shape.name or slug for slug, shape in self._shapes.items() if slug != "default"}

    def of(self, provider: str) -> Shape:
        """What a provider (a slug, or "") likes."""
        return self._shapes.get(provider or "default") or self._shapes["default"]

    def provider_of(self, hosts: Iterable[str], domain: str) -> str:
        """Who receives for a domain whose mail servers these are: a slug, or "" when it is nobody we know."""
        if known := self._domains.get(domain.lower()):
            return known
        for host in hosts:
            labels = host.lower().rstrip(".").split(".")
            for start in range(len(labels)):
                if known := self._suffixes.get(".".join(labels[start:])):
                    return known
        return ""


def load(own: str = "", base: Path | None = None) -> Shaping:
    """The shipped providers, with those of the operator's file `own` (a path from `base`) merged in. Raises `UserError`."""
    shipped = _shipped()
    if not own:
        return Shaping(shipped)
    path = (base or Path.cwd()) / Path(own).expanduser()
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        _check(tables)
        return Shaping(_merged(shipped, tables))
    except (OSError, ValueError, re.error) as error:
        raise UserError("The shaping file {path} cannot be used: {error}. Correct it, or empty delivery.shaping.",
                        path=path, error=error) from error  # fmt: skip


def of_config(config: Config) -> Shaping:
    """As the configuration says; a relative path is taken from its file's folder. Raises `UserError`."""
    return load(config.delivery.shaping, config.source.parent if config.source else None)


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    return tomllib.loads(SHIPPED.read_text("utf-8"))


@cache
def _alone() -> Shaping:
    return Shaping(_shipped())


def provider_of(hosts: Iterable[str], domain: str) -> str:
    """As `Shaping.provider_of`, by the shipped table alone."""
    return _alone().provider_of(hosts, domain)


def retry_after(text: str) -> int:
    """When a server wants to be asked again, in seconds ("try again in 5 minutes" is 300), 0 where it does not say.

    Never sooner than in a minute, nor later than in four hours.
    """
    found = _WISH.search(text)
    if found is None:
        return 0
    return max(SOONEST, min(int(found[1]) * _UNITS[found[2][0].lower()], LATEST))


def _merged(shipped: Mapping[str, dict[str, Any]], own: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    merged = {slug: dict(table) for slug, table in shipped.items()}
    for slug, table in own.items():
        known = merged.setdefault(slug, {})
        replies = [*table.get("replies", ()), *known.get("replies", ())]
        lists = {key: [*known.get(key, ()), *table[key]] for key in ("mx", "domains") if key in table}
        actions = {**known.get("actions", {}), **table.get("actions", {})}
        known.update(table, replies=replies, actions=actions, **lists)
    return merged


def _check(tables: Mapping[str, Any]) -> None:
    for slug, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(f"{slug} must be a section: write [{slug}]")
        for key, value in table.items():
            if key not in KINDS:
                raise ValueError(f"[{slug}] has a key {key}; there are {', '.join(KINDS)}")
            if type(value) is not KINDS[key] or (isinstance(value, int) and value < 0):
                raise ValueError(f"[{slug}] has a {key} that cannot be: {value!r}")
        if table.get("tls", TLS[0]) not in TLS:
            raise ValueError(f"[{slug}] has a tls that is not one of {', '.join(TLS)}")
        for word in (*table.get("mx", ()), *table.get("domains", ())):
            if not isinstance(word, str):
                raise ValueError(f"[{slug}] names a domain that is no text: {word!r}")
        _replies(table.get("replies", ()))
        for action in table.get("actions", {}).values():
            _check_action(action)


def _check_action(action: object) -> None:
    if action not in ACTIONS:
        raise ValueError(f"the action {action!r} is not one of {', '.join(filter(None, ACTIONS))}")


def _replies(tables: Sequence[Any]) -> tuple[tuple[re.Pattern[str], Meaning], ...]:
    made = []
    for each in tables:
        if not isinstance(each, dict) or set(each) != {"pattern", "means", "action"}:
            raise ValueError(f"a reply is written {{ pattern = '…', means = '…', action = '…' }}, not {each!r}")
        _check_action(each["action"])
        made.append((re.compile(each["pattern"], re.IGNORECASE), Meaning(str(each["means"]), each["action"])))
    return tuple(made)

"""What the tables of routes say, read at once: rules with their routes, weights of addresses, warm-up plans.

Which rule fits a message is decided here; who is asked, and how often the tables are read, is the router's.
"""

import logging
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from mailhub.delivery.smtp_client import Tls
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.routes import PoolAddress, RouteChange, RouteKind, RouteRow, RouteRule, RouteTarget, WarmUp

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Egress:
    """Where a connection leaves from. `id` 0: wherever the system chooses. `address`: a local IP, or "". `helo`: our
    name in EHLO."""

    id: int
    address: str
    helo: str


@dataclass(frozen=True, slots=True)
class Route:
    """How mail leaves. `id` 0: the configuration's own. `name` is the ledger's word, such as "direct" or
    "smart.example.com:587". Host, port, TLS and login are a smart host's; a direct route looks its hosts up."""

    id: int
    name: str
    kind: RouteKind
    host: str = ""
    port: int = 25
    tls: Tls = "opportunistic"
    username: str = ""
    password: str = field(default="", repr=False)
    egresses: tuple[Egress, ...] = ()


class Target(NamedTuple):
    """A route of a rule, and its share of the mail."""

    route: Route
    weight: int


class Rule(NamedTuple):
    """A rule's conditions ("" and 0 fit everything) and its routes: those of a rank together, the first rank first; none
    where all are off: what it fits waits, since another way may be less safe, or from another address."""

    stream: str
    account_id: int
    sender_domain: str
    recipient_domain: str
    provider: str
    ranks: tuple[tuple[Target, ...], ...]

    def fits(self, stream: str, account_id: int, sender_domain: str, recipient_domain: str, provider: str) -> bool:
        """Whether the rule is for this mail."""
        return (
            self.stream in ("", stream)
            and self.account_id in (0, account_id)
            and self.provider in ("", provider)
            and domain_fits(self.sender_domain, sender_domain)
            and domain_fits(self.recipient_domain, recipient_domain)
        )


@dataclass(frozen=True, slots=True)
class Book:
    """All that was read. `weights` and `plans` are by an egress's id; `number` is that of the last change."""

    number: int
    rules: tuple[Rule, ...]
    weights: Mapping[int, int]
    plans: Mapping[int, WarmUp]


def domain_fits(pattern: str, domain: str) -> bool:
    """Whether a domain is meant: "" fits all, `*.example.com` what is under example.com, else only the same one."""
    if not pattern or pattern == domain:
        return True
    return pattern.startswith("*.") and domain.endswith(pattern[1:])


def last_change() -> int:
    """The number of the last change to what `read` reads."""
    return int(RouteChange.select(RouteChange.number).scalar())


def read(hub: Hub) -> Book:
    """Read everything. Routes that are off, or whose password cannot be read, are left out."""
    number = last_change()  # first: what changes while the rest is read will be read once more
    addresses = list(PoolAddress.select().order_by(PoolAddress.id))
    routes = _routes(hub, addresses)
    targets: dict[int, list[RouteTarget]] = defaultdict(list)
    for target in RouteTarget.select().order_by(RouteTarget.rank, RouteTarget.id):
        if target.route_id in routes:
            targets[target.rule_id].append(target)
    rules = tuple(
        _rule(row, targets[row.id], routes) for row in RouteRule.select().order_by(RouteRule.position, RouteRule.id)
    )
    weights = {row.id: row.weight for row in addresses}
    return Book(number, rules, weights, {plan.address_id: plan for plan in WarmUp.select()})


def route_of(hub: Hub, row: RouteRow, addresses: Sequence[PoolAddress]) -> Route:
    """A route as it is used. `addresses` are those of its pool. Raises `UserError` when its password cannot be read."""
    own = hub.config.smtp.hostname
    egresses = tuple(Egress(each.id, each.address, each.helo or own) for each in addresses)
    password = hub.keyring.decrypt(row.password).decode() if row.password else ""
    return Route(
        row.id, row.name, cast(RouteKind, row.kind), row.host, row.port, cast(Tls, row.tls), row.username, password,
        egresses or (Egress(0, "", own),),
    )  # fmt: skip


def ordered(ranks: Sequence[Sequence[Target]], chance: random.Random) -> tuple[Route, ...]:
    """The routes of a rule in order: within a rank by chance, after their weights; a later rank after all of those."""
    return tuple(target.route for rank in ranks for target in _shuffled(rank, chance))


def _shuffled(rank: Sequence[Target], chance: random.Random) -> Sequence[Target]:
    """Efraimidis and Spirakis 2006: who has the highest u^(1/w) comes first exactly as often as its weight says."""
    if len(rank) == 1:
        return rank
    if len(rank) == 2:
        one, other = rank
        return rank if chance.random() * (one.weight + other.weight) < one.weight else (other, one)
    return sorted(rank, key=lambda target: chance.random() ** (1 / target.weight), reverse=True)


def _routes(hub: Hub, addresses: Sequence[PoolAddress]) -> dict[int, Route]:
    pools: dict[int, list[PoolAddress]] = defaultdict(list)
    for each in addresses:
        pools[each.pool_id].append(each)
    routes = {}
    for row in RouteRow.select().where(RouteRow.enabled):
        try:
            routes[row.id] = route_of(hub, row, pools[row.pool_id] if row.pool_id else [])
        except UserError as error:
            log.error("route %s is left out: %s", row.name, error)
    return routes


def _rule(row: RouteRule, targets: Sequence[RouteTarget], routes: Mapping[int, Route]) -> Rule:
    ranks: dict[int, list[Target]] = defaultdict(list)
    for target in targets:
        ranks[target.rank].append(Target(routes[target.route_id], target.weight))
    conditions = (row.stream, row.account_id or 0, row.sender_domain, row.recipient_domain, row.provider)
    return Rule(*conditions, tuple(tuple(ranks[rank]) for rank in sorted(ranks)))

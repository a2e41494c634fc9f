"""How mail may leave, as rows: routes, the rules that choose among them, pools of local addresses, warm-up plans, trials.

All of it is the operator's. What can be done with it is in `routing`; which route a message takes, in `delivery.routes`.
"""

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

import peewee

from mailhub.accounts import Account
from mailhub.db import JsonField, Model, UTCField

RouteKind = Literal["sandbox", "direct", "smart_host"]
KINDS: tuple[RouteKind, ...] = ("smart_host", "direct", "sandbox")
TLS_MODES = ("opportunistic", "required", "implicit", "none")
STREAMS = ("bulk", "transactional", "system")
DAY = 86_400_000
WARM = 1_000_000_000
"""A cap beyond this is none."""


class Pool(Model):
    """A named set of local addresses that connections may leave from."""

    name = peewee.TextField(unique=True)
    created_at = UTCField()

    class Meta:
        table_name = "pools"


class PoolAddress(Model):
    """A local IPv4 or IPv6 address, the name said in EHLO from it, and its share (`weight`) of its pool's mail."""

    pool = peewee.ForeignKeyField(Pool, backref="addresses", index=True)
    if TYPE_CHECKING:
        pool_id: int
    address = peewee.TextField(unique=True)
    helo = peewee.TextField(default="")
    weight = peewee.IntegerField(default=1)

    class Meta:
        table_name = "pool_addresses"


class WarmUp(Model):
    """How an address that nobody knows yet is made known: caps for each mailbox provider that grow day by day.

    `started_on` is a day in UTC (ISO 8601); `first` the first day's cap, `caps` (provider → first day's cap) those of
    some providers of their own; each day's is `growth` times the last one's; from `most` on (0: never) there is none.
    """

    address = peewee.ForeignKeyField(PoolAddress, primary_key=True, on_delete="CASCADE", backref="warm_ups")
    if TYPE_CHECKING:
        address_id: int
    started_on = peewee.TextField()
    first = peewee.IntegerField()
    growth = peewee.DoubleField()
    most = peewee.IntegerField(default=0)
    caps = JsonField(default=dict)

    class Meta:
        table_name = "warm_ups"

    def cap(self, provider: str, day: int) -> int | None:
        """How many messages may leave for a provider on a day (days since 1970); None: as many as there are.

        Before the first day none leaves.
        """
        passed = day - day_of(self.started_on)
        if passed < 0:
            return 0
        first = self.caps.get(provider, self.first)
        if first and math.log(first) + passed * math.log(self.growth) > math.log(WARM):
            return None
        cap = int(first * self.growth**passed + 1e-6)
        return None if self.most and cap >= self.most else cap


class WarmCount(Model):
    """How many messages of a day's cap have been given out. `day` counts from 1970."""

    address_id = peewee.IntegerField()
    provider = peewee.TextField()
    day = peewee.IntegerField()
    used = peewee.IntegerField()

    class Meta:
        table_name = "warm_counts"
        primary_key = peewee.CompositeKey("address_id", "provider", "day")


class RouteRow(Model):
    """A route. `password` is encrypted (see `secrets`); host, port, TLS and login are a smart host's alone."""

    name = peewee.TextField(unique=True)
    kind = peewee.TextField()
    host = peewee.TextField(default="")
    port = peewee.IntegerField(default=25)
    tls = peewee.TextField(default="opportunistic")
    username = peewee.TextField(default="")
    password = peewee.BlobField(null=True)
    pool = peewee.ForeignKeyField(Pool, null=True, index=True)
    if TYPE_CHECKING:
        pool_id: int | None
    enabled = peewee.BooleanField(default=True)
    created_at = UTCField()

    class Meta:
        table_name = "routes"


class RouteRule(Model):
    """Which mail takes which routes: the first rule (by position) that fits wins. An empty condition fits everything.

    Domains are `example.com`, or `*.example.com` for all under it.
    """

    position = peewee.IntegerField()
    stream = peewee.TextField(default="")
    account = peewee.ForeignKeyField(Account, null=True)
    if TYPE_CHECKING:
        account_id: int | None
    sender_domain = peewee.TextField(default="")
    recipient_domain = peewee.TextField(default="")
    provider = peewee.TextField(default="")
    created_at = UTCField()

    class Meta:
        table_name = "route_rules"


class RouteTarget(Model):
    """A route of a rule. Those of the lowest `rank` share the mail by `weight`; the others are for when they fail."""

    rule = peewee.ForeignKeyField(RouteRule, on_delete="CASCADE", backref="targets", index=True)
    route = peewee.ForeignKeyField(RouteRow, index=True)
    if TYPE_CHECKING:
        rule_id: int
        route_id: int
    weight = peewee.IntegerField(default=1)
    rank = peewee.IntegerField(default=1)

    class Meta:
        table_name = "route_targets"


class RouteChange(Model):
    """One row, counted up with every change, so that whoever has read all the rest asks for a single number."""

    number = peewee.IntegerField()

    class Meta:
        table_name = "route_changes"


class RouteTrial(Model):
    """One try of a route. `state` is waiting, running, done or failed; `lines` what was said (see `routing.trying`);
    `meaning` sentences, each with its values."""

    route = peewee.TextField()
    recipient = peewee.TextField()
    sender = peewee.TextField()
    send = peewee.BooleanField()
    leave_from = peewee.TextField(default="")
    state = peewee.TextField()
    lines = JsonField(default=list)
    meaning = JsonField(default=list)
    created_at = UTCField()
    started_at = UTCField(null=True)
    ended_at = UTCField(null=True)

    class Meta:
        table_name = "route_trials"


def changed() -> None:
    """Make every process read routes, rules and pools again within two seconds; in the transaction of a change."""
    RouteChange.update(number=RouteChange.number + 1).execute()


def day_of(text: str) -> int:
    """A day written as 2026-03-01, in days since 1970. Raises ValueError."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def today(ms: int) -> int:
    """The day (UTC, since 1970) of a moment in ms."""
    return ms // DAY


def iso(day: int) -> str:
    """A day since 1970 as 2026-03-01."""
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()

"""How mail leaves: the routes a message may take, in order, and which local address a connection leaves from.

Lanes ask here and open the connections; what the tables say is read by `choosing`, daily caps are kept by `warming`.
"""

import random
import time
from collections.abc import Sequence
from typing import cast

from mailhub.delivery.choosing import Book, Egress, Route, Target, last_change, ordered, read
from mailhub.delivery.smtp_client import Tls
from mailhub.delivery.warming import IDLE, Allowances
from mailhub.hub import Hub
from mailhub.routes import DAY, RouteKind

__all__ = ["SANDBOX", "Egress", "Route", "RouteKind", "Router", "configured"]

SANDBOX = "sandbox"
FRESH = 2.0
"""Seconds between two questions whether something was changed."""
UNANSWERED = 60.0
"""Seconds for which a domain that DNS does not answer for counts as one of no known provider."""
LEARNED = 86_400.0
_REMEMBERED = 50_000


class Router:
    """Chooses routes and local addresses; one per process. All calls on the desk's thread, outside of transactions.

    `chance` decides among routes and addresses of the same order.
    """

    def __init__(self, hub: Hub, chance: random.Random | None = None) -> None:
        self.hub = hub
        self._chance = chance or random.Random()
        self._last = (configured(hub),)
        self._allowances = Allowances(hub)
        self._providers: dict[str, tuple[str, float]] = {}
        self._use(read(hub))
        self._asked_at = time.monotonic()

    @property
    def number(self) -> int:
        """The number of the last change that was read."""
        return self._book.number

    def refresh(self) -> None:
        """Read what was changed, and give back what was taken of daily caps and not used; at most every two seconds."""
        now = time.monotonic()
        if now < self._asked_at + FRESH:
            return
        self._asked_at = now
        self._allowances.give_back(IDLE)
        if last_change() != self._book.number:
            self._use(read(self.hub))

    def close(self) -> None:
        """Give back what is left of daily caps; at the end of the process."""
        self._allowances.give_back()

    def learn(self, domain: str, provider: str, seconds: float = LEARNED) -> None:
        """Remember for so long which mailbox provider (a slug, or "") has a domain's mail, for rules that name one."""
        if len(self._providers) >= _REMEMBERED:
            self._providers.clear()
        self._providers[domain] = provider, time.monotonic() + seconds

    def is_unsure(self, stream: str, account_id: int, sender_domain: str, recipient_domain: str) -> bool:
        """Whether the routes of a message depend on whose mail servers its domain has, and nobody knows yet."""
        if not self._by_provider or self._provider(recipient_domain) is not None:
            return False
        seen = stream, account_id, sender_domain, recipient_domain
        first = next((rule for rule in self._book.rules if rule.fits(*seen, rule.provider)), None)
        return first is not None and bool(first.provider)

    def choose(
        self, provider: str | None, stream: str, account_id: int, sender_domain: str, recipient_domain: str
    ) -> tuple[Route, ...]:
        """The same as `routes_for`, now that the provider is known; None: DNS does not answer."""
        self.learn(recipient_domain, provider or "", UNANSWERED if provider is None else LEARNED)
        return self.routes_for(stream, account_id, sender_domain, recipient_domain)

    def _provider(self, domain: str) -> str | None:
        provider, until = self._providers.get(domain, ("", 0.0))
        return provider if time.monotonic() < until else None

    def routes_for(self, stream: str, account_id: int, sender_domain: str, recipient_domain: str) -> tuple[Route, ...]:
        """The routes of a message in order of preference: the first, and those to fall back on.

        Domains are lower-case A-labels. The first rule that fits counts, by chance after its weights; without one, the
        configuration's route. None when all routes of that rule are off: the message waits for one of them.
        """
        if not self._book.rules:
            return self._last
        seen = (
            stream,
            account_id,
            sender_domain if self._by_sender else "",
            recipient_domain if self._by_recipient else "",
            (self._provider(recipient_domain) or "") if self._by_provider else "",
        )
        ranks = self._found.get(seen)
        if ranks is None:
            ranks = self._find(*seen)
        if len(ranks) == 1 and len(ranks[0]) == 1:
            return (ranks[0][0].route,)
        return ordered(ranks, self._chance)

    def take(self, egress: Egress, provider: str, wanted: int) -> tuple[int, int]:
        """How many messages may leave by an address for a mailbox provider (a slug, or "") now, of those wanted; and in
        how many milliseconds more may be asked for (0: at once)."""
        return self._allowances.take(egress.id, provider, wanted)

    def put_back(self, egress: Egress, provider: str, count: int, day: int) -> None:
        """So many messages that were granted on a day (UTC, since 1970) did not leave."""
        self._allowances.put_back(egress.id, provider, count, day)

    def egress_for(
        self, route: Route, provider: str, wanted: int, among: Sequence[Egress] = ()
    ) -> tuple[Egress | None, int, int]:
        """An address for some messages to a provider: (address, how many may leave from it, ms until more may).

        Chosen by weight among those of the route (or `among`: those that fit the destination) that have some of today's
        cap left. None, 0 and the time until tomorrow when none has.
        """
        left = [each for each in among or route.egresses if not self._allowances.spent(each.id, provider)]
        while left:
            weights = [self._book.weights.get(each.id, 1) for each in left]
            egress = left[0] if len(left) == 1 else self._chance.choices(left, weights)[0]
            granted, wait = self.take(egress, provider, wanted)
            if granted:
                return egress, granted, wait
            left.remove(egress)
        return None, 0, DAY - self.hub.ms() % DAY

    def _use(self, book: Book) -> None:
        self._book = book
        self._found: dict[tuple[str, int, str, str, str], tuple[tuple[Target, ...], ...]] = {}
        self._by_sender = any(rule.sender_domain for rule in book.rules)
        self._by_recipient = any(rule.recipient_domain for rule in book.rules)
        self._by_provider = any(rule.provider for rule in book.rules)
        self._allowances.plans = book.plans

    def _find(
        self, stream: str, account_id: int, sender_domain: str, recipient_domain: str, provider: str
    ) -> tuple[tuple[Target, ...], ...]:
        seen = (stream, account_id, sender_domain, recipient_domain, provider)
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        own = ((Target(self._last[0], 1),),)
        self._found[seen] = next((rule.ranks for rule in self._book.rules if rule.fits(*seen)), own)
        return self._found[seen]


def configured(hub: Hub) -> Route:
    """The configuration's own route."""
    delivery = hub.config.delivery
    own = (Egress(0, "", hub.config.smtp.hostname),)
    if delivery.route != "smart_host":
        return Route(0, delivery.route, cast(RouteKind, delivery.route), egresses=own)
    return Route(
        0, f"{delivery.smart_host}:{delivery.smart_host_port}", "smart_host", delivery.smart_host,
        delivery.smart_host_port, cast(Tls, delivery.smart_host_tls), delivery.smart_host_user,
        delivery.smart_host_password, own,
    )  # fmt: skip

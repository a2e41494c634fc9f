"""How mail leaves: the routes a message may take, in order, and which local address a connection leaves from.

Lanes ask here and open the connections; who made the routes and rules is not known here.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from mailhub.delivery.smtp_client import Tls
from mailhub.hub import Hub

if TYPE_CHECKING:
    from mailhub.delivery.lanes import Destination

SANDBOX = "sandbox"
RouteKind = Literal["sandbox", "direct", "smart_host"]


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
    password: str = ""
    egresses: tuple[Egress, ...] = ()


class Router:
    """Chooses routes; one per process, all calls on the desk's thread."""

    def __init__(self, hub: Hub) -> None:
        self._last = (configured(hub),)

    def refresh(self) -> None:
        """Read what was changed; a query at most every two seconds."""

    def routes_for(self, stream: str, account_id: int, sender_domain: str, recipient_domain: str) -> tuple[Route, ...]:
        """The routes of a message in order of preference, never none: the first, and those to fall back on."""
        return self._last

    def take(self, egress: Egress, provider: str, wanted: int) -> tuple[int, int]:
        """How many messages may leave by an address for a mailbox provider (a slug, or "") now, of those wanted; and in
        how many milliseconds more may be asked for (0: at once)."""
        return wanted, 0


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


def destination_of(hub: Hub) -> "Destination | None":
    """The smart host, or None for the sandbox."""
    from mailhub.delivery.lanes import Destination  # a lane may know routes; at the top they would import each other

    route = configured(hub)
    if route.kind == SANDBOX:
        return None
    return Destination(route.name, route.host, route.port, route.tls, route.username, route.password)

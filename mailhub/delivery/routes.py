"""How mail leaves: the route of a message, from the configuration."""

from typing import cast

from mailhub.delivery.lanes import Destination
from mailhub.delivery.smtp_client import Tls
from mailhub.hub import Hub

SANDBOX = "sandbox"


def destination_of(hub: Hub) -> Destination | None:
    """The smart host, or None for the sandbox."""
    delivery = hub.config.delivery
    if delivery.route == SANDBOX:
        return None
    return Destination(
        f"{delivery.smart_host}:{delivery.smart_host_port}",
        delivery.smart_host,
        delivery.smart_host_port,
        cast(Tls, delivery.smart_host_tls),
        delivery.smart_host_user,
        delivery.smart_host_password,
    )

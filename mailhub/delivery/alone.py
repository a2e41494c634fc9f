"""One mail by itself through the routes it may take, beside queue and lanes: for what must leave when those are in trouble."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from mailhub.address import domain_of
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.mx import NoMail, open_destinations
from mailhub.delivery.routes import SANDBOX, Egress, Route
from mailhub.delivery.shaping import of_config
from mailhub.delivery.smtp_words import ConnectFailed, Outcome
from mailhub.hub import Hub

T = TypeVar("T")


async def deliver(
    hub: Hub, routes: Sequence[Route], sender: str, recipient: str, mail: bytes, limit: float
) -> Outcome:  # fmt: skip
    """Send one mail by the first of the routes that takes it. What a server said of the mail is final; a route that cannot
    be used is passed over for the next. `limit` is seconds for each route. Sandbox routes are not for here."""
    outcome = Outcome("deferred", 0, "", "no route leads there")
    for route in routes:
        if route.kind == SANDBOX:
            continue
        try:
            async with asyncio.timeout(limit):
                return await _by(hub, route, sender, recipient, mail)
        except NoMail as nowhere:
            outcome = nowhere.outcome
        except ConnectFailed as failed:
            outcome = Outcome("deferred", failed.code, "", failed.text)
        except TimeoutError:
            outcome = Outcome("deferred", 0, "", f"{route.name} took longer than {limit:g} s")
    return outcome


async def provider_of(hub: Hub, domain: str, limit: float) -> str | None:
    """Which mailbox provider (a slug, or "") has a domain's mail; None when DNS does not say it within `limit` seconds."""
    destinations = open_destinations(hub, _here, of_config(hub.config).provider_of)
    try:
        async with asyncio.timeout(limit):
            return (await destinations.destination(domain)).provider
    except (NoMail, TimeoutError):
        return None
    finally:
        destinations.close()


async def _by(hub: Hub, route: Route, sender: str, recipient: str, mail: bytes) -> Outcome:
    dialer = await _dialer(hub, route, domain_of(recipient))
    client = await dialer.open()
    try:
        outcome = await client.deliver(sender, recipient, mail)
        await client.quit()
        return outcome
    finally:
        client.abort()


async def _dialer(hub: Hub, route: Route, domain: str) -> Dialer:
    egress = (*route.egresses, Egress(0, "", hub.config.smtp.hostname))[0]
    if route.kind != "direct":
        return Dialer(route, egress)
    shaping = of_config(hub.config)
    destinations = open_destinations(hub, _here, shaping.provider_of)
    try:
        mx = await destinations.destination(domain)
    finally:
        destinations.close()
    return Dialer(route, egress, mx, shaping.of(mx.provider).tls, hub.config.delivery.mx_port)


async def _here(work: Callable[..., T], *arguments: object) -> T:
    """Ask the database on this thread: it is this mail's alone."""
    return work(*arguments)

"""One try of a route: find its hosts, open a session, perhaps send a mail, and write down all that was said.

Nothing here touches the tables; the trial's row is kept by `trials`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from mailhub.delivery.connecting import Dialer
from mailhub.delivery.mx import NO_ROUTE, Destinations, Mx, NoMail
from mailhub.delivery.routes import Route
from mailhub.delivery.shaping import Shaping
from mailhub.delivery.smtp_client import ConnectFailed, Outcome, Tls
from mailhub.delivery.tls import SYSTEM, Trust
from mailhub.errors import Sentence
from mailhub.routing import meanings
from mailhub.routing.transcript import HeardClient, Transcript

LIMIT = 30.0
"""Seconds a try takes at most."""
TO_CONNECT = 8.0
HOSTS = 3
"""Addresses of a direct route that are tried one after the other at most."""


class Host(NamedTuple):
    """Where to connect: a name or address, and the name to find in the certificate."""

    address: str
    name: str


@dataclass(slots=True)
class Letter:
    """What is sent: envelope and content. Without content only the connection is tried."""

    sender: str
    recipient: str
    content: bytes = b""


@dataclass(slots=True)
class Result:
    """How a try ended: whether well, and what it means."""

    good: bool
    meaning: list[Sentence] = field(default_factory=list)


class Ground(NamedTuple):
    """What a lane's way is found with: where mail goes, what providers want, and the port of other domains' servers."""

    destinations: Destinations
    shaping: Shaping
    mx_port: int = 25


async def try_route(
    route: Route, letter: Letter, ground: Ground, transcript: Transcript, trust: Trust = SYSTEM
) -> Result:
    """Try a smart host or a direct route, in `LIMIT` seconds at most. Everything said is in the transcript."""
    try:
        async with asyncio.timeout(LIMIT):
            return await _try(route, letter, ground, transcript, trust)
    except TimeoutError:
        return Result(False, [meanings.of_time(int(LIMIT))])
    except NoMail as failure:
        return Result(False, [meanings.of_domain(failure.outcome, letter.recipient.rpartition("@")[2])])


async def _try(route: Route, letter: Letter, ground: Ground, transcript: Transcript, trust: Trust) -> Result:
    dialer, hosts = Dialer(route, route.egresses[0]), [Host(route.host, route.host)]
    if route.kind == "direct":
        dialer, hosts = await _direct(route, letter, ground, transcript)
    failures: list[Sentence] = []
    for host in hosts[:HOSTS]:
        try:
            return await _try_host(dialer, host, letter, transcript, trust)
        except ConnectFailed as failure:
            transcript.note(Sentence("No session: {reason}", reason=failure.text))
            failures.append(meanings.of_failure(failure, host.name, dialer.port))
    return Result(False, list(dict.fromkeys(failures)))


async def _direct(route: Route, letter: Letter, ground: Ground, transcript: Transcript) -> tuple[Dialer, list[Host]]:
    """The first local address that reaches some of the mail servers, and those in the order a lane would try them.

    Raises `NoMail`.
    """
    domain = letter.recipient.rpartition("@")[2].lower()
    mx = await ground.destinations.destination(domain)
    _tell_hosts(domain, mx, transcript)
    for egress in route.egresses:
        with suppress(NoMail):
            hosts = [Host(address, host.name) for host, address in mx.attempts(egress.address)]
            return Dialer(route, egress, mx, ground.shaping.of(mx.provider).tls, ground.mx_port), hosts
    raise NoMail(NO_ROUTE)


def _tell_hosts(domain: str, mx: Mx, transcript: Transcript) -> None:
    for host in mx.hosts:
        transcript.note(
            Sentence(
                "Mail server of {domain}: {name} (preference {preference}), {addresses}.", domain=domain, name=host.name,
                preference=host.preference, addresses=", ".join(host.addresses),
            )
        )  # fmt: skip
    if mx.certified:
        transcript.note(Sentence("{domain} asks for proven servers and TLS only (MTA-STS).", domain=domain))


async def _try_host(dialer: Dialer, host: Host, letter: Letter, transcript: Transcript, trust: Trust) -> Result:
    """As a lane would: without TLS only where nothing asks for it and TLS fails."""
    if dialer.tls == "opportunistic" and not dialer.route.username:
        try:
            return await _visit(dialer, host, dialer.tls, letter, transcript, trust)
        except ConnectFailed as failure:
            if failure.kind != "tls":
                raise
            transcript.note(Sentence("{reason}. Once more, without TLS.", reason=failure.text))
        return await _visit(dialer, host, "none", letter, transcript, trust)
    return await _visit(dialer, host, dialer.tls, letter, transcript, trust)


async def _visit(dialer: Dialer, host: Host, tls: Tls, letter: Letter, transcript: Transcript, trust: Trust) -> Result:
    route, egress = dialer.route, dialer.egress
    client = HeardClient(
        host.address, dialer.port, helo=egress.helo, tls=tls, username=route.username, password=route.password,
        source_address=egress.address or None, connect_timeout=TO_CONNECT, command_timeout=LIMIT, data_timeout=LIMIT,
        server_name=host.name, verify=dialer.certified or None, trust=trust, transcript=transcript,
    )  # fmt: skip
    async with _closing(client):
        await client.connect()
        encryption = meanings.of_encryption(client.tls, tls)
        if not letter.content:
            return Result(True, [meanings.of_connection(host.name), encryption])
        outcome: Outcome = await client.deliver(letter.sender, letter.recipient, letter.content)
        return Result(outcome.kind == "delivered", [meanings.of_outcome(outcome, host.name), encryption])


@asynccontextmanager
async def _closing(client: HeardClient) -> AsyncIterator[None]:
    """Say goodbye at the end, and just close when it went wrong."""
    try:
        yield
        await client.quit()
    finally:
        client.abort()

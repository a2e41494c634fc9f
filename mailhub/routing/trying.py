"""One try of a route: find its hosts, open a session, perhaps send a mail, and write down all that was said.

Nothing here touches the tables; the trial's row is kept by `trials`.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.smtp_client import ConnectFailed, Outcome, Tls
from mailhub.dns.lookup import Lookup, NoSuchName, Unanswered
from mailhub.errors import Sentence
from mailhub.routing import meanings
from mailhub.routing.transcript import HeardClient, Transcript

LIMIT = 30.0
"""Seconds a try takes at most."""
TO_CONNECT = 8.0
HOSTS = 3
"""Addresses of a direct route that are tried one after the other at most."""


class Host(NamedTuple):
    """Where to connect: what to ask the system for, and the name to find in the certificate."""

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


class _Failed(Exception):
    """The try is over; the sentence says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


async def try_route(route: Route, letter: Letter, lookup: Lookup, transcript: Transcript) -> Result:
    """Try a smart host or a direct route, in `LIMIT` seconds at most. Everything said is in the transcript."""
    try:
        async with asyncio.timeout(LIMIT):
            return await _try(route, letter, lookup, transcript)
    except TimeoutError:
        sentence = Sentence(
            "It took longer than {seconds} seconds and was ended. A mail that was being sent may have arrived or not.",
            seconds=int(LIMIT),
        )
        return Result(False, [sentence])
    except _Failed as failed:
        return Result(False, [failed.sentence])


async def _try(route: Route, letter: Letter, lookup: Lookup, transcript: Transcript) -> Result:
    hosts = [Host(route.host, route.host)] if route.kind == "smart_host" else await _hosts(letter, lookup, transcript)
    egress = route.egresses[0]
    fitting = _fitting(hosts, egress)
    if not fitting:
        raise _Failed(
            Sentence(
                "None of the hosts can be reached from {address}: it is the other kind of IP.", address=egress.address
            )
        )
    failures: list[Sentence] = []
    for host in fitting[:HOSTS]:
        try:
            return await _try_host(route, egress, host, letter, transcript)
        except ConnectFailed as failure:
            transcript.note(Sentence("No session: {reason}", reason=failure.text))
            failures.append(meanings.of_failure(failure, host.name, route.port))
    return Result(False, list(dict.fromkeys(failures)))


async def _hosts(letter: Letter, lookup: Lookup, transcript: Transcript) -> list[Host]:
    """The mail servers of the recipient's domain, best first (RFC 5321 section 5.1), with their addresses."""
    domain = letter.recipient.rpartition("@")[2].lower()
    try:
        found = await lookup.mx(domain)
    except NoSuchName:
        raise _Failed(
            Sentence("The domain {domain} does not exist in DNS: check the address.", domain=domain)
        ) from None
    except Unanswered:
        raise _Failed(Sentence("DNS does not answer for {domain}: try again later.", domain=domain)) from None
    if found and not any(name for _, name in found):
        raise _Failed(Sentence("{domain} says in DNS that it takes no mail (a null MX).", domain=domain))
    if not found:
        transcript.note(Sentence("{domain} has no MX record: its own address is used.", domain=domain))
    hosts = []
    for preference, name in found or [(0, domain)]:
        addresses: list[str] = []
        with suppress(NoSuchName, Unanswered):
            addresses = await lookup.addresses(name)
        transcript.note(
            Sentence(
                "Mail server of {domain}: {name} (preference {preference}), {addresses}.", domain=domain, name=name,
                preference=preference, addresses=", ".join(addresses) or "–",
            )
        )  # fmt: skip
        hosts += [Host(each, name) for each in addresses]
    if not hosts:
        raise _Failed(Sentence("No mail server of {domain} has an address in DNS.", domain=domain))
    return hosts


def _fitting(hosts: Sequence[Host], egress: Egress) -> list[Host]:
    """Those an address can reach: IPv4 from IPv4, IPv6 from IPv6. A name may lead to either."""
    if not egress.address:
        return list(hosts)
    return [host for host in hosts if (":" in host.address) == (":" in egress.address) or not _is_address(host.address)]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


async def _try_host(route: Route, egress: Egress, host: Host, letter: Letter, transcript: Transcript) -> Result:
    """As a lane would: with proof of who the server is where it can be had; with less, or none, where that is allowed."""
    ways: list[tuple[Tls, bool]] = [(route.tls, True)]
    if route.tls == "opportunistic" and not route.username:
        ways += [("opportunistic", False), ("none", False)]
    for tls, verified in ways:
        client = _client(route, egress, host, tls, verified, transcript)
        async with _closing(client):
            try:
                await client.connect()
            except ConnectFailed as failure:
                if failure.kind != "tls" or (tls, verified) == ways[-1]:
                    raise
                transcript.note(Sentence("{reason}. Once more, asking for less.", reason=failure.text))
                continue
            return await _converse(client, route, verified, letter, host)
    raise AssertionError("the last way returns or raises")


def _client(route: Route, egress: Egress, host: Host, tls: Tls, verified: bool, transcript: Transcript) -> HeardClient:
    context = ssl.create_default_context()
    if not verified:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HeardClient(
        host.address, route.port, helo=egress.helo, tls=tls, username=route.username, password=route.password,
        source_address=egress.address or None, connect_timeout=TO_CONNECT, command_timeout=LIMIT, data_timeout=LIMIT,
        ssl_context=context, server_name=host.name, transcript=transcript,
    )  # fmt: skip


@asynccontextmanager
async def _closing(client: HeardClient) -> AsyncIterator[None]:
    """Say goodbye at the end, and just close when it went wrong."""
    try:
        yield
        await client.quit()
    finally:
        client.abort()


async def _converse(client: HeardClient, route: Route, verified: bool, letter: Letter, host: Host) -> Result:
    encryption = meanings.of_encryption(client.tls, verified and bool(client.tls), route.tls)
    if not letter.content:
        return Result(
            True, [Sentence("{host} answers and takes mail from here. No mail was sent.", host=host.name), encryption]
        )
    outcome: Outcome = await client.deliver(letter.sender, letter.recipient, letter.content)
    return Result(outcome.kind == "delivered", [meanings.of_outcome(outcome, host.name), encryption])

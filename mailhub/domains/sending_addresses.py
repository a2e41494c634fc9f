"""The addresses mail leaves from: which they are, and whether each has the name this server gives (PTR and HELO)."""

from mailhub.dns.lookup import Lookup
from mailhub.domains import asking
from mailhub.domains.checks import is_public, shown
from mailhub.domains.ours import Ours
from mailhub.domains.verdicts import PTR, Verdict
from mailhub.errors import Sentence


async def find_addresses(lookup: Lookup, ours: Ours) -> tuple[str, ...]:
    """The configured addresses, else those of this server's own name; none behind a smart host or without a name."""
    if ours.addresses or ours.relayed:
        return ours.addresses
    return tuple(each for each in await asking.addresses(lookup, ours.host) if is_public(each))


async def check_address(lookup: Lookup, ours: Ours, address: str) -> Verdict:
    """Whether an address has a PTR record whose name leads back to it, and HELO says that name."""
    names, helo = await asking.pointers(lookup, address), ours.names.get(address, ours.host)
    if not names:
        return Verdict(
            PTR, address, "missing",
            Sentence("{address} has no name: ask whoever gave you the address for the PTR record {host}.",
                     address=address, host=helo),
        )  # fmt: skip
    back = [name for name in names if address in await asking.addresses(lookup, name)]
    if not back:
        return Verdict(
            PTR, address, "wrong",
            Sentence("{name}, the name of {address}, does not lead back to it: add an A or AAAA record there.",
                     name=names[0], address=address),
            shown(names),
        )  # fmt: skip
    if helo not in back and address not in await asking.addresses(lookup, helo):
        return Verdict(
            PTR, address, "warning",
            Sentence("This server says {host} in HELO, and {address} is called {name}: make them the same.",
                     host=helo or "localhost", address=address, name=back[0]),
            shown(names),
        )  # fmt: skip
    return Verdict(PTR, address, "ok", Sentence("The address and its name confirm each other."), shown(names))

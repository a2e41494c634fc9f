"""Short questions to DNS, for which a name that does not exist has nothing."""

from mailhub.dns.lookup import Lookup, NoSuchName


async def texts(lookup: Lookup, name: str) -> list[str]:
    """The TXT records of a name, sorted. Raises `Unanswered`."""
    try:
        return sorted(await lookup.txt(name))
    except NoSuchName:
        return []


async def addresses(lookup: Lookup, name: str) -> list[str]:
    """The addresses of a host; none for "". Raises `Unanswered`."""
    try:
        return await lookup.addresses(name) if name else []
    except NoSuchName:
        return []


async def pointers(lookup: Lookup, address: str) -> list[str]:
    """The names an address gives itself. Raises `Unanswered`."""
    try:
        return await lookup.ptr(address)
    except NoSuchName:
        return []


async def hosts(lookup: Lookup, name: str) -> list[tuple[int, str]]:
    """The mail servers of a domain, best first. Raises `Unanswered`."""
    try:
        return await lookup.mx(name)
    except NoSuchName:
        return []

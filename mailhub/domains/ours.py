"""What is true of this server, for records to name it: its host, its web host, where mail leaves from."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from mailhub.dns.names import ascii_name
from mailhub.hub import Hub
from mailhub.routes import PoolAddress

MOST_NAMED = 4
"""Configured addresses that an SPF record names one by one; more are those of our name."""


@dataclass(frozen=True, slots=True)
class Ours:
    """This server in DNS. `host` and `web_host` are "" while they are no public names; `addresses` as configured, else
    the public ones of pools; `names` is what is said in HELO from some of them."""

    host: str
    web_host: str
    addresses: tuple[str, ...]
    spf_include: str
    return_path: str
    relayed: bool
    public_url: str
    names: Mapping[str, str]

    @property
    def spf_term(self) -> str:
        """What a domain's SPF record says of us, or "" while nobody knows: behind a smart host only the operator does."""
        if self.spf_include:
            return f"include:{self.spf_include}"
        if 0 < len(self.addresses) <= MOST_NAMED:
            return " ".join(f"{'ip6' if ':' in each else 'ip4'}:{each}" for each in self.addresses)
        return f"a:{self.host}" if self.host and (self.addresses or not self.relayed) else ""


def ours_of(hub: Hub) -> Ours:
    """This server, as configured."""
    config = hub.config
    pools = {row.address: row.helo for row in PoolAddress.select() if ip_address(row.address).is_global}
    return Ours(
        host=_public(config.smtp.hostname),
        web_host=_public(urlsplit(config.server.public_url).hostname or ""),
        addresses=tuple(config.domains.addresses or pools),
        spf_include=_public(config.domains.spf_include),
        return_path=_public(config.delivery.return_path_domain),
        relayed=config.delivery.route == "smart_host",
        public_url=config.server.public_url,
        names={address: name for address, name in pools.items() if name},
    )


def _public(name: str) -> str:
    """A name others can look up, or ""."""
    try:
        made = ascii_name(name) if name else ""
    except ValueError:
        return ""
    return made if "." in made and not _is_address(made) else ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

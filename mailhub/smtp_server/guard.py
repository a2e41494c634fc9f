"""Who may come in: bans, connections at once and in a minute, offences that lead to a ban. All in memory, bounded.

It touches no table: `shared` brings its new bans to theirs and gives it those of other processes.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailhub.config_sections import SmtpConfig
from mailhub.errors import UserError
from mailhub.smtp_bans import LOGIN, Network, Standing, network_of, networks

WINDOW = 10 * 60_000
"""Milliseconds in which offences add up."""
LOGIN_FACTOR = 10
"""So many times what bans an address closes a login to strangers: it is being guessed at from everywhere."""
MINUTE = 60_000
KNOWN = 20_000
"""Addresses and logins remembered at most; the one not heard of for longest is forgotten first."""


@dataclass(slots=True)
class Record:
    """What is remembered of one address or login."""

    open: int = 0
    minute: int = 0
    opened: int = 0
    since: int = 0
    offences: int = 0


@dataclass
class Guard:
    """One process's guard, used from the loop's thread. `now` arguments are in ms since 1970.

    Raises `UserError` when the configuration's networks are none.
    """

    config: SmtpConfig
    records: OrderedDict[str, Record] = field(default_factory=OrderedDict)
    banned: dict[str, int | None] = field(default_factory=dict)
    ranges: dict[Network, int | None] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    """Those of `banned` that a person banned."""
    new: dict[str, str] = field(default_factory=dict)
    """Bans that the table does not know yet: subject → reason."""

    def __post_init__(self) -> None:
        self._trusted = _read("trusted_networks", self.config.trusted_networks)
        self._proxies = _read("proxy_networks", self.config.proxy_networks)

    def is_trusted(self, address: str) -> bool:
        """Whether an address is exempt from every limit here."""
        return is_within(address, self._trusted)

    def is_proxy(self, address: str) -> bool:
        """Whether an address must say whom it brings."""
        return is_within(address, self._proxies)

    def enter(self, address: str, now: int) -> str:
        """Count a connection in. Returns why it may not stay, or ""; `leave` is due either way."""
        if self.is_trusted(address):
            return ""
        record = self._record(network_of(address))
        record.open += 1
        if self.is_banned(address, now):
            return "Your address is banned here for a while: ask whoever runs this server."
        if record.minute != now // MINUTE:
            record.minute, record.opened = now // MINUTE, 0
        record.opened += 1
        if record.open > (self.config.connections_per_address or record.open):
            return "Too many connections from your address: close some, then try again."
        if record.opened > (self.config.connections_per_minute or record.opened):
            return "Too many connections from your address in this minute: try again in the next one."
        return ""

    def leave(self, address: str) -> None:
        """Count a connection out."""
        record = self.records.get(network_of(address))
        if record is not None and record.open > 0:
            record.open -= 1

    def is_banned(self, address: str, now: int) -> bool:
        """Whether a ban of this address stands."""
        subject = network_of(address)
        if subject in self.banned and _stands(self.banned[subject], now):
            return True
        return is_within(address, [network for network, until in self.ranges.items() if _stands(until, now)])

    def is_closed(self, login: str, now: int) -> bool:
        """Whether a login is being guessed at, so that it is open only to where it was last used."""
        subject = LOGIN + login
        return subject in self.banned and _stands(self.banned[subject], now)

    def is_shut(self, login: str, now: int) -> bool:
        """Whether a person banned a login: then it is open to nobody."""
        return LOGIN + login in self.by_hand and self.is_closed(login, now)

    def offend(self, address: str, reason: str, now: int) -> bool:
        """Note an offence (a key of `smtp_bans.REASONS`). True when the address is banned for it now."""
        return not self.is_trusted(address) and self._note(network_of(address), reason, self.config.ban_after, now)

    def wrong_login(self, address: str, login: str, now: int) -> bool:
        """Note a wrong password: of the address, and of the login from wherever. True when the address is banned now."""
        if self.is_trusted(address):
            return False
        self._note(LOGIN + login[:64], "login", self.config.ban_after * LOGIN_FACTOR, now)
        return self.offend(address, "login", now)

    def _note(self, subject: str, reason: str, limit: int, now: int) -> bool:
        record = self._record(subject)
        if now - record.since > WINDOW:
            record.since, record.offences = now, 0
        record.offences += 1
        if not limit or record.offences < limit:
            return False
        record.offences = 0
        self.new[subject] = reason
        self.banned[subject] = now + MINUTE  # until the table says for how long
        return True

    def _record(self, subject: str) -> Record:
        record = self.records.setdefault(subject, Record())
        self.records.move_to_end(subject)
        if len(self.records) > KNOWN:
            del self.records[next((each for each, known in self.records.items() if not known.open), subject)]
        return record

    def take(self, changed: Iterable[Standing], now: int) -> None:
        """Take in how bans stand, and forget those that ended."""
        for each in changed:
            network = _range(each.subject)
            if network is None:
                self.banned[each.subject] = each.until
                (self.by_hand.add if each.by_hand else self.by_hand.discard)(each.subject)
            else:
                self.ranges[network] = each.until
        self.banned = {subject: until for subject, until in self.banned.items() if _stands(until, now)}
        self.by_hand &= self.banned.keys()
        self.ranges = {network: until for network, until in self.ranges.items() if _stands(until, now)}


def plain(address: str) -> str:
    """An IP address as it is compared and written: without a zone, and IPv4 as such also where it came over IPv6."""
    bare = address.partition("%")[0]
    mapped = ipaddress.IPv6Address(bare).ipv4_mapped if ":" in bare else None
    return str(mapped) if mapped else bare


def is_within(address: str, some: Iterable[Network]) -> bool:
    """Whether an address lies in one of some networks; what is no address lies nowhere."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in some)


def _range(subject: str) -> Network | None:
    """The network a ban is about, or None when its subject is what `network_of` answers, or a login."""
    if subject.startswith(LOGIN):
        return None
    try:
        network = ipaddress.ip_network(subject)
    except ValueError:
        return None
    return None if network.prefixlen == (32 if network.version == 4 else 64) else network


def _stands(until: int | None, now: int) -> bool:
    return until is None or until > now


def _read(key: str, texts: list[str]) -> list[Network]:
    try:
        return networks(texts)
    except ValueError as error:
        raise UserError(
            "The configuration's smtp.{key} has something that is no network ({error}): write 10.0.0.0/8 or an address.",
            key=key, error=error,
        ) from None  # fmt: skip

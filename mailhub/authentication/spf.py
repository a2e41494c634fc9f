"""Whether the address a mail came from may write for its return path (SPF, RFC 7208), by pyspf with our own lookup.

What becomes of the result is left to `dmarc`.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import spf
from dns.rdatatype import AAAA, MX, PTR, TXT, A

from mailhub.authentication.asking import Asking
from mailhub.authentication.verdicts import Spf
from mailhub.dns.asking import Unanswered
from mailhub.dns.names import LONGEST_NAME, ascii_name

LONGEST_RECORD = 4096
"""Octets of a record that is read: pyspf's time grows with their square."""
_KINDS = {"A": A, "AAAA": AAAA, "MX": MX, "PTR": PTR, "TXT": TXT}


def check_spf(ip: str, helo: str, mail_from: str, asking: Asking) -> Spf:
    """The verdict on `mail_from` (an address without angle brackets), or on `helo` when it is empty.

    Never raises; an `ip` that is no IP address has no verdict.
    """
    identity = "mailfrom" if mail_from else "helo"
    local, _, domain = mail_from.rpartition("@") if mail_from else ("postmaster", "@", helo)
    name = _name(domain)
    try:
        address = str(ip_address(ip))
    except ValueError:
        return Spf("none", name, identity, "no IP address")
    if not name:
        return Spf("none", "", identity, "no domain")
    asked = domain if domain.isascii() else name
    result, _, told = _run(_Query(address, local or "postmaster", asked, helo, asking))
    return Spf(result, name, identity, told.partition(": ")[2])


def _name(domain: str) -> str:
    """A domain in lower case and A-labels (RFC 8616); what is no name stays, for pyspf to see."""
    try:
        return ascii_name(domain)
    except ValueError:
        return domain.lower()


def _run(query: "_Query") -> tuple[str, int, str]:
    try:
        found: tuple[str, int, str] = query.check()
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError):
        # pyspf lets odd records surface as these.
        return "permerror", 550, ": the record makes no sense"
    return found


class _Query(spf.query):  # type: ignore[misc]
    """pyspf's query that asks our lookup. What a sender explains (exp=) is not fetched: nobody reads it."""

    def __init__(self, address: str, local: str, domain: str, helo: str, asking: Asking) -> None:
        super().__init__(address, f"{local}@{domain}", helo, strict=True)
        self.l, self.o, self.d = local, domain, domain  # it cuts at the first @, which may be quoted
        self._asking = asking

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """The records as pyspf has them; no answer is a TempError, more than two empty ones are a PermError."""
        name = str(name).removesuffix(".").lower()
        if not all(0 < len(label) < 64 for label in name.split(".")):
            return []
        try:
            found = [_plain(each, qtype) for each in self._asking.find(name, _KINDS[qtype])]
        except Unanswered as error:
            raise spf.TempError(f"DNS does not answer about {name}") from error
        if not found and not ignore_void:
            self._count_void()
        return found

    def _count_void(self) -> None:
        self.void_lookups += 1
        if self.void_lookups > spf.MAX_VOID_LOOKUPS:
            raise spf.PermError("more than two questions without answer")

    def dns_mx(self, domainname: str) -> list[str]:
        """The addresses of a domain's mail servers. The term is void when none has one, and not for each that has none:
        mail over IPv6 would else be refused where three servers know IPv4 alone."""
        hosts = sorted(self.dns(domainname, "MX"))
        if len(hosts) > spf.MAX_MX:
            raise spf.PermError("more than ten mail servers")
        found = [address for _, host in hosts if host for address in self.dns(host, self.A, ignore_void=True)]
        if hosts and not found:
            self._count_void()
        return found

    def validated_ptrs(self) -> list[str]:
        """The names of the address that lead back to it, of ten at most; those DNS does not answer about are passed
        over (section 5.5)."""
        return [name for name in self._hosts(self.dns_ptr, self.i)[: spf.MAX_PTR] if self._leads_back(name)]

    def _leads_back(self, name: str) -> bool:
        return bool(self.cidrmatch(self._hosts(self._addresses, name), self.cidrmax))

    def _addresses(self, name: str) -> list[str]:
        return self.dns(name, self.A, ignore_void=True)

    def _hosts(self, ask: Callable[[str], list[str]], what: str) -> list[str]:
        try:
            return ask(what)
        except spf.TempError:
            return []

    def expand(self, s: str, stripdot: bool = True) -> str:
        """Text with its macros replaced; a name too long for DNS loses labels from the left (section 7.3)."""
        text: str = super().expand(s, stripdot)
        while stripdot and len(text) > LONGEST_NAME and "." in text:
            text = text.partition(".")[2]
        return text

    def dns_spf(self, domain: str) -> str | None:
        """The one SPF record of a domain."""
        record: str | None = super().dns_spf(domain)
        if record is not None and len(record) > LONGEST_RECORD:
            raise spf.PermError("the record is too long")
        return record

    def get_explanation(self, spec: str) -> None:
        """Nothing."""


def _plain(record: Any, qtype: str) -> Any:
    if qtype in ("A", "AAAA"):
        return record.address
    if qtype == "MX":
        return record.preference, record.exchange.to_text(True)
    return record.target.to_text(True) if qtype == "PTR" else record.strings

"""The looks at a domain's own records, one function each: what stands in DNS, whether it will do, what to do.

All ask through one `Lookup` and raise `Unanswered` when nobody says anything; who calls makes a verdict of that.
"""

from ipaddress import ip_address

from mailhub.accounts import Domain
from mailhub.dns.lookup import Lookup, NoSuchName
from mailhub.domains import spf
from mailhub.domains.asking import addresses as addresses_of
from mailhub.domains.asking import hosts, texts
from mailhub.domains.ours import Ours
from mailhub.domains.owning import proof_name, proves
from mailhub.domains.reaching import answers
from mailhub.domains.records import link_name, return_path_name
from mailhub.domains.verdicts import (
    DKIM,
    MTA_STS,
    PROOF,
    RETURN_PATH,
    SPF,
    TLS_RPT,
    TRACKING,
    State,
    Verdict,
)
from mailhub.errors import Sentence

SHOWN = 500
"""Characters of what was found that are kept."""


NO_HOST = Sentence("This server has no public name yet: the operator sets smtp.hostname.")
NO_WEB_HOST = Sentence("The pages of this server have no public name yet: the operator sets server.public_url.")


def shown(found: list[str]) -> str:
    """What was found, for a page."""
    return " | ".join(found)[:SHOWN]


def proof(domain: Domain, found: list[str], taken: bool) -> Verdict:
    """Whether the TXT records at `_mailhub` prove a domain; `taken`: another account has proved it and still does."""
    name = proof_name(domain)
    if not proves(domain, found):
        return Verdict(
            PROOF, name, "wrong" if found else "missing",
            Sentence("Add the TXT record {name} with the value shown: it proves that the domain is yours.", name=name),
            shown(found),
        )  # fmt: skip
    if taken:
        return Verdict(
            PROOF, name, "wrong",
            Sentence("Another account of this server has proved {name}, and its record still stands: remove that one.",
                     name=domain.name),
            shown(found),
        )  # fmt: skip
    return Verdict(PROOF, name, "ok", Sentence("The domain is proved to be yours: leave this record in place."))


async def dkim(lookup: Lookup, name: str, ours: str, domain: str = "") -> Verdict:
    """Whether a key's record is published as it should be (RFC 6376 section 3.6.1); `ours` is its value."""
    found = await texts(lookup, name)
    state, said = _key(name, found, ours)
    return Verdict(DKIM, name, state, said, shown(found))


def _key(name: str, found: list[str], ours: str) -> tuple[State, Sentence]:
    if not found:
        return "missing", Sentence("Add the TXT record {name} with the value shown.", name=name)
    if len(found) > 1:
        return "wrong", Sentence(
            "{name} has {count} TXT records: keep the one shown alone.", name=name, count=len(found)
        )
    tags, wanted = tags_of(found[0]), tags_of(ours)
    key, right = "".join(tags.get("p", "").split()), wanted["p"]
    if "p" in tags and not key:
        return "wrong", Sentence("The key at {name} is revoked (p= is empty): put the value shown there.", name=name)
    if key != right and key and right.startswith(key):
        return "wrong", Sentence(
            "The value of {name} is cut off: enter it whole, or in parts of 255 characters, each in quotes.", name=name
        )
    if key != right or tags.get("v", "DKIM1") != "DKIM1" or tags.get("k", "rsa") != wanted["k"]:
        return "wrong", Sentence("{name} holds another key: put the value shown there.", name=name)
    if not _usable(tags):
        return "wrong", Sentence("The record {name} forbids mail or SHA-256: put the value shown there.", name=name)
    if "y" in tags.get("t", "").split(":"):
        return "warning", Sentence("{name} says that DKIM is only tested (t=y): take that out.", name=name)
    return "ok", Sentence("Receivers find the key.")


def _usable(tags: dict[str, str]) -> bool:
    hashes, services = tags.get("h", "sha256").split(":"), tags.get("s", "*").split(":")
    return "sha256" in hashes and bool({"*", "email"} & set(services))


def tags_of(record: str) -> dict[str, str]:
    """`v=DKIM1; p=…` as a dictionary; spaces around names and values are gone (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in record.strip().strip('"').split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


async def sender(lookup: Lookup, domain: str, ours: Ours, addresses: tuple[str, ...], where: str = "") -> Verdict:
    """Whether SPF lets this server send for a domain (RFC 7208); `where` the record stands, when not there itself."""
    found: str | None = None
    try:
        outcome = await spf.evaluate(lookup, domain, addresses)
        found = outcome.record
        state, said = _spf(where or domain, ours, outcome)
    except spf.Broken as broken:
        state, said = "wrong", broken.sentence
        found = shown([each for each in await texts(lookup, domain) if each.lower().startswith("v=spf1")])
    return Verdict(SPF, domain, state, said, (found or "")[:SHOWN])


def _spf(domain: str, ours: Ours, outcome: spf.Outcome) -> tuple[State, Sentence]:
    if outcome.record is None:
        return "missing", Sentence("Add the TXT record {name} with the value shown.", name=domain)
    covered = ours.spf_include in outcome.included if ours.spf_include else False
    if {"+all", "all"} & set(outcome.record.lower().split()):
        return "wrong", Sentence("The SPF record of {name} lets anybody send (+all): end it with ~all.", name=domain)
    if not ours.spf_term and not outcome.outside:
        return "warning", Sentence("This server does not know where its mail leaves from: the operator sets that.")
    if not covered and (ours.spf_include or outcome.outside):
        return "wrong", Sentence(
            "The SPF record of {name} does not name this server: put {term} into it, before its last word.",
            name=domain, term=ours.spf_term or f"ip4:{outcome.outside[0]}",
        )  # fmt: skip
    if outcome.over is not None:
        return "warning", outcome.over
    return "ok", Sentence("Receivers see that this server may send for the domain.")


async def return_path(lookup: Lookup, domain: str, ours: Ours, addresses: tuple[str, ...]) -> Verdict:
    """Whether bounces come back to this server: CNAME, MX or address of the return path's domain."""
    name = ours.return_path or return_path_name(domain)
    if not ours.host:
        return Verdict(RETURN_PATH, name, "unasked", NO_HOST)
    alias, servers, found = await _led(lookup, name)
    said = [*([alias] if alias else []), *(f"{preference} {host}" for preference, host in servers)]
    leads = ours.host in (alias, *(host for _, host in servers))
    if leads or (not servers and set(found) & set(addresses)):
        return Verdict(RETURN_PATH, name, "ok", Sentence("Bounces come back to this server."), shown(said or found))
    if not alias and not servers and not found:
        return Verdict(
            RETURN_PATH, name, "missing",
            Sentence("Add the CNAME record {name} with the value shown, so that bounces come back.", name=name),
        )  # fmt: skip
    return Verdict(
        RETURN_PATH, name, "wrong",
        Sentence("{name} leads elsewhere, so bounces do not come back: make it a CNAME of {host}.", name=name, host=ours.host),
        shown(said or found),
    )  # fmt: skip


async def tracking(lookup: Lookup, domain: str, ours: Ours) -> Verdict:
    """Whether link.<domain> leads to this server's pages."""
    name = link_name(domain)
    if not ours.web_host:
        return Verdict(TRACKING, name, "unasked", NO_WEB_HOST)
    alias, _, found = await _led(lookup, name)
    if alias == ours.web_host or (found and set(found) <= set(await addresses_of(lookup, ours.web_host))):
        state, said = await _served(name, ours)
        return Verdict(TRACKING, name, state, said, shown([alias] if alias else found))
    if not alias and not found:
        return Verdict(
            TRACKING, name, "missing",
            Sentence("Add the CNAME record {name} if links in mail shall have your own name.", name=name),
        )  # fmt: skip
    return Verdict(
        TRACKING, name, "wrong",
        Sentence("{name} leads elsewhere: make it a CNAME of {host}.", name=name, host=ours.web_host),
        shown([alias] if alias else found),
    )  # fmt: skip


async def _served(name: str, ours: Ours) -> tuple[State, Sentence]:
    if await answers(ours.public_url, name):
        return "ok", Sentence("Links of campaigns may have this name.")
    return "warning", Sentence(
        "{name} leads here, but this server’s pages do not answer under it: the operator adds it to the web server "
        "and its certificate.",
        name=name,
    )


async def _led(lookup: Lookup, name: str) -> tuple[str, list[tuple[int, str]], list[str]]:
    """Where a name leads: its CNAME, or its mail servers and addresses."""
    try:
        alias = await lookup.cname(name)
    except NoSuchName:
        return "", [], []
    return (alias, [], []) if alias else ("", await hosts(lookup, name), await addresses_of(lookup, name))


async def mta_sts(lookup: Lookup, domain: str) -> Verdict:
    """Whether the domain asks for TLS on mail to it (RFC 8461); recommended."""
    name = f"_mta-sts.{domain}"
    found = [each for each in await texts(lookup, name) if each.startswith("v=STSv1")]
    if len(found) == 1 and tags_of(found[0]).get("id"):
        return Verdict(MTA_STS, name, "ok", Sentence("Mail to the domain is asked to come over TLS."), shown(found))
    if found:
        return Verdict(MTA_STS, name, "wrong", Sentence("{name} must hold one record with an id=: correct it.", name=name),
                       shown(found))  # fmt: skip
    return Verdict(MTA_STS, name, "missing", Sentence("Recommended where mail for the domain is received: MTA-STS."))


async def tls_rpt(lookup: Lookup, domain: str, reports: str = "") -> Verdict:
    """Whether the domain wants reports of failed TLS (RFC 8460); recommended. `reports` is this server's address that
    reads them, "" where none does."""
    name = f"_smtp._tls.{domain}"
    found = [each for each in await texts(lookup, name) if each.startswith("v=TLSRPTv1")]
    sent = tags_of(found[0]).get("rua", "") if len(found) == 1 else ""
    if sent:
        return Verdict(TLS_RPT, name, "ok", _reported(sent, reports), shown(found))
    if found:
        return Verdict(TLS_RPT, name, "wrong", Sentence("{name} must hold one record with a rua=: correct it.", name=name),
                       shown(found))  # fmt: skip
    return Verdict(
        TLS_RPT, name, "missing", Sentence("Recommended where mail for the domain is received: TLS reports.")
    )


def _reported(sent: str, reports: str) -> Sentence:
    if reports and f"mailto:{reports}" not in [each.strip().lower() for each in sent.split(",")]:
        return Sentence(
            "Failures of TLS are reported elsewhere: to read them here, add ,mailto:{address} to its rua=.",
            address=reports,
        )
    return Sentence("Failures of TLS are reported.")


def is_public(address: str) -> bool:
    """Whether others can see mail come from an address."""
    found = ip_address(address)
    return not (found.is_loopback or found.is_link_local or found.is_unspecified)

"""SPF where receivers look for it: at the domain of the return path that mail leaves under, not at its author's.

That domain is usually a CNAME of this server's host, whose record is then the operator's to publish.
"""

from dataclasses import replace

from mailhub.authentication.dmarc import organisation
from mailhub.dns.lookup import Lookup, NoSuchName
from mailhub.domains.checks import sender
from mailhub.domains.ours import Ours
from mailhub.domains.records import return_path_name
from mailhub.domains.verdicts import SPF, Verdict, unasked
from mailhub.errors import Sentence


async def envelope(
    lookup: Lookup, domain: str, ours: Ours, addresses: tuple[str, ...], back: Verdict
) -> Verdict | None:
    """Whether SPF lets this server send under the return path of mail from a domain (RFC 7208 section 2.4); `back` is
    what was seen of that return path. None while mail leaves under the domain itself."""
    name = ours.return_path or return_path_name(domain)
    if back.state == "unasked" and ours.host:
        return unasked(SPF, name)
    if back.state != "ok" and not ours.return_path:
        return None
    verdict = await host_sender(lookup, name, ours, addresses)
    if verdict.state == "ok" and organisation(name) != organisation(domain):
        return replace(verdict, said=_foreign(name, domain))
    return verdict


async def host_sender(lookup: Lookup, name: str, ours: Ours, addresses: tuple[str, ...]) -> Verdict:
    """Whether SPF lets this server send under a name of return paths, or under its host's own."""
    where = await _canonical(lookup, name)
    verdict = await sender(lookup, name, ours, addresses, where)
    if verdict.state == "missing":
        return replace(verdict, state="missing" if ours.spf_term else "warning", said=_missing(name, where, ours))
    if verdict.state == "ok":
        said = Sentence("Receivers see that this server may send under {name}, the name of its return path.", name=name)
        return replace(verdict, said=said)
    return verdict


async def _canonical(lookup: Lookup, name: str) -> str:
    try:
        return await lookup.cname(name) or name
    except NoSuchName:
        return name


def _missing(name: str, where: str, ours: Ours) -> Sentence:
    if not ours.spf_term:
        return Sentence("This server does not know where its mail leaves from: the operator sets that.")
    values = {"name": name, "host": where, "value": f"v=spf1 {ours.spf_term} ~all"}
    if where != name:
        return Sentence(
            "Receivers look for SPF at {name}, and {host}, where it leads, has none: the operator of this server adds the TXT "
            "record {host} with {value}. Or replace the CNAME by an MX record that names {host} and a TXT record with that value.",
            **values,
        )
    return Sentence(
        "Receivers look for SPF at {name}, the name of return paths, and find none: add the TXT record {name} with {value}.",
        **values,
    )


def _foreign(name: str, domain: str) -> Sentence:
    return Sentence(
        "SPF passes for {name}, the return path of all mail here, which is not {domain}: for DMARC the signature alone counts.",
        name=name, domain=domain,
    )  # fmt: skip

"""DMARC: what receivers do with mail that fails, who hears of it, and whether our mail is aligned (RFC 7489)."""

from mailhub.authentication.dmarc import organisation
from mailhub.dns.lookup import Lookup
from mailhub.domains.asking import texts
from mailhub.domains.checks import shown, tags_of
from mailhub.domains.names import with_parents
from mailhub.domains.verdicts import DMARC, State, Verdict
from mailhub.errors import Sentence

POLICIES = ("none", "quarantine", "reject")


async def dmarc(lookup: Lookup, domain: str, reports: str = "") -> Verdict:
    """The policy of a domain: its own, else the nearest one above it. `reports` is the address of this server that reads
    reports about the domain, "" where none does."""
    for each in with_parents(domain):
        name = f"_dmarc.{each}"
        found = [text for text in await texts(lookup, name) if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if found:
            state, said = _judge(name, found, each != domain, reports)
            if state == "ok" and _is_sent(tags_of(found[0]), reports):
                state, said = await _authorised(lookup, each, reports, said)
            return Verdict(DMARC, name, state, said, shown(found))
    own = f"_dmarc.{domain}"
    return Verdict(DMARC, own, "missing", Sentence("Add the TXT record {name} with the value shown.", name=own))


def authorisation_name(domain: str, address: str) -> str:
    """The TXT record (`v=DMARC1`) that lets reports about `domain` be sent to `address` (RFC 7489 section 7.1); "" where
    none is needed, since both are of one organisation."""
    host = address.rpartition("@")[2].lower()
    return "" if organisation(host) == organisation(domain) else f"{domain}._report._dmarc.{host}"


def _judge(name: str, found: list[str], above: bool, reports: str) -> tuple[State, Sentence]:
    if len(found) > 1:
        return "wrong", Sentence(
            "{name} has {count} DMARC records, so none counts: keep one.", name=name, count=len(found)
        )
    tags = tags_of(found[0])
    policy = (tags.get("sp") if above else None) or tags.get("p", "")
    if policy.lower() not in POLICIES:
        return "wrong", Sentence("{name} says no policy: write p=none, p=quarantine or p=reject.", name=name)
    if tags.get("adkim", "r").lower() == "s":
        return "warning", Sentence(
            "{name} wants signatures of the very domain (adkim=s): write from this domain, not from names under it.",
            name=name,
        )
    if not tags.get("rua"):
        return "warning", Sentence(
            "Nobody gets the reports of receivers: add rua=mailto: with an address of yours to {name}.", name=name
        )
    if reports and not _is_sent(tags, reports):
        return "ok", Sentence(
            "Receivers do as it says, and their reports go elsewhere: to read them here, add ,mailto:{address} to its rua=.",
            address=reports,
        )
    if policy.lower() == "none":
        return "ok", Sentence("Receivers report and refuse nothing: once the reports look well, write p=quarantine.")
    return "ok", Sentence("Receivers keep out what others send in the domain’s name.")


def _is_sent(tags: dict[str, str], reports: str) -> bool:
    """Whether the reports come to an address; a size limit may stand behind it (RFC 7489 section 6.2)."""
    uris = [each.strip().partition("!")[0].lower() for each in tags.get("rua", "").split(",")]
    return bool(reports) and f"mailto:{reports}".lower() in uris


async def _authorised(lookup: Lookup, domain: str, reports: str, said: Sentence) -> tuple[State, Sentence]:
    """Whether receivers may send the reports here; they look for a record where our address is of another organisation."""
    name = authorisation_name(domain, reports)
    if not name or any(each.lower().replace(" ", "").startswith("v=dmarc1") for each in await texts(lookup, name)):
        return "ok", said
    return "warning", Sentence(
        "Receivers send no reports here before the operator of this server publishes the TXT record {name} with v=DMARC1.",
        name=name,
    )

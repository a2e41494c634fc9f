"""DMARC: what receivers do with mail that fails, who hears of it, and whether our mail is aligned (RFC 7489)."""

from mailhub.dns.lookup import Lookup
from mailhub.domains.asking import texts
from mailhub.domains.checks import shown, tags_of
from mailhub.domains.names import with_parents
from mailhub.domains.verdicts import DMARC, State, Verdict
from mailhub.errors import Sentence

POLICIES = ("none", "quarantine", "reject")


async def dmarc(lookup: Lookup, domain: str) -> Verdict:
    """The policy of a domain: its own, else the nearest one above it."""
    for each in with_parents(domain):
        name = f"_dmarc.{each}"
        found = [text for text in await texts(lookup, name) if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if found:
            state, said = _judge(name, found, above=each != domain)
            return Verdict(DMARC, name, state, said, shown(found))
    own = f"_dmarc.{domain}"
    return Verdict(DMARC, own, "missing", Sentence("Add the TXT record {name} with the value shown.", name=own))


def _judge(name: str, found: list[str], above: bool) -> tuple[State, Sentence]:
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
    if policy.lower() == "none":
        return "ok", Sentence("Receivers report and refuse nothing: once the reports look well, write p=quarantine.")
    return "ok", Sentence("Receivers keep out what others send in the domain’s name.")

"""Reports in the tables, as they would have come."""

from contextlib import nullcontext

from mailhub.authentication.verdicts import Arc, Dkim, Dmarc, Spf, Verdicts
from mailhub.db import transaction
from mailhub.reports import read
from mailhub_reports.gathering import Gathered
from mailhub_reports.keeping import Brought, keep
from mailhub_reports.proving import BY_HAND, Proof

from .conftest import World


def found(result: str, author: str, signed: str = "") -> Verdicts:
    """What is found of a mail from `author`: what DMARC says, and the domain of a signature that holds."""
    dkim = (Dkim("pass", signed, "s"),) if signed else ()
    return Verdicts(Spf("none", "", "mailfrom"), dkim, Arc("none"), Dmarc(result, author))


def bring(world: World, *contents: bytes, only: int = 0, proof: Proof = BY_HAND) -> Brought:
    """Read and keep some reports."""
    gathered = Gathered(world.hub.ms(), only, proof)
    for content in contents:
        for each in read(content):
            gathered.take(each)
    with transaction():
        return keep(world.hub, gathered, nullcontext)

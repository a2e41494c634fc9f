"""Reports in the tables, as they would have come."""

from contextlib import nullcontext

from mailhub.db import transaction
from mailhub.reports import read
from mailhub_reports.gathering import Gathered
from mailhub_reports.keeping import Brought, keep

from .conftest import World


def bring(world: World, *contents: bytes, only: int = 0) -> Brought:
    """Read and keep some reports."""
    gathered = Gathered(world.hub.ms(), only)
    for content in contents:
        for each in read(content):
            gathered.take(each)
    with transaction():
        return keep(world.hub, gathered, "pass", nullcontext)

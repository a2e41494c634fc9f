"""Names of sources: asked of a real name server, believed only when they lead back."""

import time

from mailhub.jobs import Job, rows
from mailhub_reports import names
from mailhub_reports.models import Name
from tests.dns_server import DnsServer, Zone
from tests.mailhub.domains.zones import configure
from tests.mailhub.reports.samples import aggregate, record

from .conftest import World
from .filling import bring

ZONES = {
    "1.2.0.192.in-addr.arpa": Zone(ptr=("mx.right.test",)), "mx.right.test": Zone(a=("192.0.2.1",)),
    "2.2.0.192.in-addr.arpa": Zone(ptr=("mx.wrong.test",)), "mx.wrong.test": Zone(a=("192.0.2.99",)),
    "4.2.0.192.in-addr.arpa": Zone(silent=True),
}  # fmt: skip


def test_only_names_that_lead_back_are_kept_and_nobody_is_asked_twice(world: World) -> None:
    bring(world, aggregate(*(record(f"192.0.2.{number}") for number in (1, 2, 3, 4)), record("no address")))
    with DnsServer(ZONES) as dns:
        configure(world.hub, "dns", resolvers=[dns.address], timeout=0.3)
        names.wake(world.hub)
        names.wake(world.hub)
        (job,) = Job.select().where(Job.kind == names.KIND)
        until = time.monotonic() + 20
        while rows.work(world.hub, job.id) and time.monotonic() < until:
            pass
    assert {row.address: row.name for row in Name.select()} == {
        "192.0.2.1": "mx.right.test", "192.0.2.2": "", "192.0.2.3": "", "192.0.2.4": "", "no address": "",
    }  # fmt: skip
    assert names.names_of(["192.0.2.1", "192.0.2.2"]) == {"192.0.2.1": "mx.right.test"}
    assert names.names_of([]) == {}
    names.wake(world.hub)
    assert Job.select().where(Job.kind == names.KIND).count() == 1

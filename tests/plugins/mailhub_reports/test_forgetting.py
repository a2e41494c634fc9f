"""Old reports go, those of each account in its own time."""

from mailhub.db import transaction
from mailhub_reports import forgetting
from mailhub_reports.models import FailureRow, File, Name, Received, Row, TlsRow
from tests.mailhub.reports.samples import FAILURE, aggregate, policy, record, tls

from .conftest import World
from .filling import bring

TABLES = (Received, Row, TlsRow, FailureRow)


def test_what_is_older_than_an_account_keeps_goes(world: World) -> None:
    bring(world, aggregate(record(), record(author="other.example")), tls(policy()), FAILURE)
    with transaction():
        forgetting.keep_for(world.acme.account_id, 30)
        forgetting.keep_for(world.acme.account_id, 40)
    world.clock.move(37 * 86_400)
    forgetting.forget_old(world.hub)
    assert all(table.of(world.acme.account_id).exists() for table in TABLES)
    world.clock.move(8 * 86_400)
    forgetting.forget_old(world.hub)
    assert not any(table.of(world.acme.account_id).exists() for table in TABLES)
    assert Row.of(world.other.account_id).exists()


def test_names_and_failed_files_go_with_time(sqlite_world: World) -> None:
    now = sqlite_world.hub.ms()
    Name.create(address="192.0.2.1", name="x", asked_at=now)
    File.create(content=b"", received_at=now, error="broken")
    File.create(content=b"waits", received_at=now)
    sqlite_world.clock.move(8 * 86_400)
    forgetting.forget_old(sqlite_world.hub)
    assert [bytes(row.content) for row in File.select()] == [b"waits"]
    assert Name.select().exists()
    sqlite_world.clock.move(30 * 86_400)
    forgetting.forget_old(sqlite_world.hub)
    assert not Name.select().exists()

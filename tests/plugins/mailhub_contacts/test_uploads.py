"""Uploads: kept in pieces in the database, found again on disk."""

import io
import os
from pathlib import Path

import pytest

from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import uploads
from mailhub_contacts.models import Import, ImportChunk

SIZE = 2 * uploads.CHUNK + 17


@pytest.fixture
def record(hub: Hub, owner: Actor) -> Import:
    return Import.create(account=owner.account_id, name="base.csv", size=SIZE, created_at=1)


def test_a_file_comes_back_as_it_was(hub: Hub, record: Import) -> None:
    content = os.urandom(SIZE)
    assert uploads.store(record, io.BytesIO(content)) == SIZE
    assert ImportChunk.select().count() == 3
    path = uploads.spool(hub, record)
    assert path.read_bytes() == content
    before = path.stat().st_mtime_ns
    assert uploads.spool(hub, record).stat().st_mtime_ns == before  # the next slice finds it
    path.write_bytes(b"half")
    assert uploads.spool(hub, record).read_bytes() == content


def test_what_is_forgotten_is_gone_and_the_neighbour_stays(hub: Hub, record: Import) -> None:
    uploads.store(record, io.BytesIO(b"x" * SIZE))
    path = uploads.spool(hub, record)
    beside = [Path(f"{path}.abc.csv"), Path(f"{path}0")]
    for each in beside:
        each.touch()
    uploads.forget(hub, record)
    assert [each.exists() for each in (path, *beside)] == [False, False, True]
    assert ImportChunk.select().count() == 0
    with pytest.raises(LookupError):
        uploads.spool(hub, record)


def test_an_account_has_so_much_room(hub: Hub, owner: Actor, record: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_KEPT", 2 * SIZE)
    uploads.store(record, io.BytesIO(b"x" * SIZE))
    uploads.require_room(owner.account_id, SIZE)
    with pytest.raises(Conflict, match="Files of 2 MB wait for their import already, and 4 MB may"):
        uploads.require_room(owner.account_id, SIZE + 1)
    uploads.require_room(owner.account_id + 1, 2 * SIZE)
    uploads.forget(hub, record)
    uploads.require_room(owner.account_id, 2 * SIZE)

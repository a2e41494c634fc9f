"""The actions as every door calls them."""

from pathlib import Path

import pytest

from mailhub.accounts import AccountSetting
from mailhub.errors import Invalid, NotFound
from mailhub_reports import actions
from tests.mailhub.reports.samples import DETAIL, FAILURE, aggregate, policy, record, tls

from .conftest import World
from .filling import bring


def test_reads(world: World) -> None:
    bring(world, aggregate(record(), record("192.0.2.2", 1)), tls(policy("acme.example", 4, 2, DETAIL)), FAILURE)
    call = world.hub.call
    assert [each["domain"] for each in call(world.acme, "reports.summary")["domains"]] == ["acme.example"]
    first = call(world.acme, "reports.sources", domain="ACME.example", limit=1)
    assert ([each["source"] for each in first["sources"]], first["next"]) == (["192.0.2.1"], 1)
    second = call(world.acme, "reports.sources", domain="acme.example", limit=1, offset=first["next"])
    assert ([each["source"] for each in second["sources"]], second["next"]) == (["192.0.2.2"], None)
    assert call(world.acme, "reports.tls", domain="acme.example")["failures"][0]["sessions"] == 2
    told = call(world.acme, "reports.failures", domain="acme.example", limit=1)
    assert (told["failures"][0]["subject"], told["next"]) == ("Dépêche", None)


def test_a_domain_of_another_account_is_not_found(sqlite_world: World) -> None:
    for name in ("sources", "tls", "failures"):
        with pytest.raises(NotFound):
            sqlite_world.hub.call(sqlite_world.other, f"reports.{name}", domain="acme.example")


def test_a_file_that_cannot_be_taken_is_said(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, empty, large = sqlite_world.hub.call, tmp_path / "empty", tmp_path / "large"
    empty.write_bytes(b"")
    large.write_bytes(b"x" * 11)
    monkeypatch.setattr(actions, "LARGEST", 10)
    for file, said in ((empty, "is empty"), (large, "more than 64 MiB"), (tmp_path / "gone", "no file gone")):
        with pytest.raises(Invalid, match=said):
            call(sqlite_world.acme, "reports.upload", file=file)
    with pytest.raises(Invalid, match="give a file"):
        call(sqlite_world.acme, "reports.upload", file="text")


def test_how_long_reports_are_kept(sqlite_world: World) -> None:
    assert sqlite_world.hub.call(sqlite_world.acme, "reports.keep", days=90) == {"days": 90}
    assert AccountSetting.of(sqlite_world.acme.account_id).get().value == 90
    with pytest.raises(Invalid, match="from 30 to 3,650"):
        sqlite_world.hub.call(sqlite_world.acme, "reports.keep", days=7)

"""What is written of reports: once each, added up by day, and bounded for an account."""

from contextlib import nullcontext

import pytest

from mailhub.db import bulk, transaction
from mailhub.errors import Invalid
from mailhub.reports import read
from mailhub_reports import keeping
from mailhub_reports.gathering import Gathered
from mailhub_reports.keeping import Brought
from mailhub_reports.models import FailureRow, Received, Row, TlsRow
from tests.mailhub.reports.samples import DETAIL, FAILURE, METADATA, aggregate, policy, record, tls

from .conftest import World


def keep(world: World, content: bytes, only: int = 0) -> Brought:
    gathered = Gathered(world.hub.ms(), only)
    for each in read(content):
        gathered.take(each)
    with transaction():
        return keeping.keep(world.hub, gathered, "pass", nullcontext)


def named(number: object) -> str:
    return METADATA.replace("r-17", f"r-{number}")


def test_a_report_is_counted_once(world: World) -> None:
    content = aggregate(record(), record("192.0.2.2"))
    assert keep(world, content) == Brought(1, 0, 6)
    assert keep(world, content) == Brought(0, 1, 0)
    assert [(row.source_ip, row.mails) for row in Row.of(world.acme.account_id).order_by(Row.source_ip)] == [
        ("192.0.2.1", 3), ("192.0.2.2", 3),
    ]  # fmt: skip
    row = Received.of(world.acme.account_id).get()
    assert (row.org, row.report_id, row.domain, row.mails, row.p, row.verdict) == (
        "Receiver Ltd", "r-17", "acme.example", 6, "none", "pass",
    )  # fmt: skip


def test_another_report_of_the_day_is_added(world: World) -> None:
    for number in range(3):
        keep(world, aggregate(record(), metadata=named(number)))
    (row,) = Row.of(world.acme.account_id)
    assert row.mails == 9
    keep(world, aggregate(record(spf="pass"), metadata=named("x")))
    assert Row.of(world.acme.account_id).count() == 2


def test_a_report_without_a_number_is_told_by_its_time_and_size(world: World) -> None:
    content = aggregate(record(), metadata=named("").replace("r-", ""))
    assert keep(world, content).new == 1
    assert keep(world, content).new == 0
    assert keep(world, content.replace(b"<count>3<", b"<count>4<")).new == 1


def test_each_report_may_have_its_own_transaction(world: World) -> None:
    gathered = Gathered(world.hub.ms())
    for content in (aggregate(record()), tls(policy())):
        for each in read(content):
            gathered.take(each)
    assert keeping.keep(world.hub, gathered, "", bulk).new == 2


def test_tls_and_failures(world: World) -> None:
    keep(world, tls(policy("acme.example", 40, 2, DETAIL)))
    rows = TlsRow.of(world.acme.account_id).order_by(TlsRow.sessions)
    assert [(row.result, row.sessions) for row in rows] == [("certificate-expired", 2), ("", 40)]
    keep(world, FAILURE)
    (row,) = FailureRow.of(world.acme.account_id)
    assert (row.auth_failure, row.subject, row.source_ip, row.org) == (
        "dmarc",
        "Dépêche",
        "203.0.113.5",
        "receiver.example",
    )


def test_old_failures_make_room(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FAILURES", 3)
    for number in range(5):
        keep(sqlite_world, FAILURE.replace(b"f-1@", f"f-{number}@".encode()).replace(b"D=C3=A9p", f"{number}".encode()))
    assert [row.subject[0] for row in FailureRow.select().order_by(FailureRow.id)] == ["2", "3", "4"]


def test_an_account_that_is_full_counts_without_sources(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_ROWS", 2)
    keep(sqlite_world, aggregate(record(), record("192.0.2.2")))
    keep(sqlite_world, aggregate(record("192.0.2.3"), record("192.0.2.4"), metadata=named(2)))
    rows = [(row.source_ip, row.mails) for row in Row.select().order_by(Row.source_ip)]
    assert rows == [("", 6), ("192.0.2.1", 3), ("192.0.2.2", 3)]


def test_what_is_about_nobody_here_is_refused(sqlite_world: World) -> None:
    for content, said in (
        (aggregate(record(author="elsewhere.example")), "is about elsewhere.example, which is not proved to be yours"),
        (aggregate(), "holds no record"),
    ):
        with pytest.raises(Invalid, match=said):
            keep(sqlite_world, content)
    with pytest.raises(Invalid, match=r"is about acme\.example"):
        keep(sqlite_world, aggregate(record()), sqlite_world.other.account_id)
    assert not Received.select().exists()

"""What is written of reports: once each, added up by day, and bounded for an account."""

from contextlib import nullcontext

import pytest

from mailhub.db import bulk, transaction
from mailhub.errors import Invalid
from mailhub.reports import read
from mailhub_reports import keeping
from mailhub_reports.gathering import Gathered
from mailhub_reports.keeping import Brought
from mailhub_reports.models import FailureRow, Received, Row, TlsRow, Unproved
from mailhub_reports.proving import BY_HAND, Proof
from tests.mailhub.reports.samples import DETAIL, FAILURE, METADATA, aggregate, policy, record, tls

from .conftest import World

PROVED, FORGED = Proof("pass", "mail.receiver.example"), Proof("fail", "bank.example")


def keep(world: World, content: bytes, only: int = 0, proof: Proof = PROVED) -> Brought:
    gathered = Gathered(world.hub.ms(), only, proof)
    for each in read(content):
        gathered.take(each)
    with transaction():
        return keeping.keep(world.hub, gathered, nullcontext)


def of(org: str, count: int = 3) -> bytes:
    return aggregate(record(count=count), metadata=METADATA.replace("Receiver Ltd", org))


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
        "Receiver Ltd (receiver.example)", "r-17", "acme.example", 6, "none", "pass",
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
    assert keeping.keep(world.hub, gathered, bulk).new == 2


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


@pytest.mark.parametrize(
    ("proof", "org", "why"),
    [(FORGED, "google.com", "mail"), (Proof("none", "x.example"), "Receiver Ltd", "mail"), (Proof(""), "google.com", "mail"),
     (Proof("pass", "bank.example"), "google.com", "other")],
)  # fmt: skip
def test_what_is_not_proved_is_kept_apart(world: World, proof: Proof, org: str, why: str) -> None:
    for _ in range(2):
        assert keep(world, of(org, 10**9), proof=proof) == Brought(0, 0, 0)
    (row,) = Unproved.select()
    assert (row.account_id, row.org, row.author, row.domain, row.mails, row.why) == (
        world.acme.account_id, org, proof.author, "acme.example", 10**9, why,
    )  # fmt: skip
    assert not Row.select().exists()
    assert not Received.select().exists()
    honest = Proof("pass", "google.com") if org == "google.com" else PROVED
    assert keep(world, of(org), proof=honest) == Brought(1, 0, 3), "a forged one stands in nobody's way"


def test_tls_and_failures_that_are_not_proved_are_kept_apart(world: World) -> None:
    keep(world, tls(policy("acme.example", 40, 2, DETAIL)), proof=FORGED)
    keep(world, FAILURE, proof=FORGED)
    assert [(row.kind, row.mails) for row in Unproved.select().order_by(Unproved.id)] == [("tls", 42), ("failure", 2)]
    assert not TlsRow.select().exists()
    assert not FailureRow.select().exists()


def test_more_mails_than_there_can_be_are_not_believed(sqlite_world: World) -> None:
    assert keep(sqlite_world, of("mail.receiver.example", 10_000_001)).new == 0
    assert Unproved.get().why == "many"
    assert keep(sqlite_world, of("mail.receiver.example", 10_000_001), proof=BY_HAND).new == 1


def test_a_report_that_comes_by_mail_and_by_hand_is_counted_once(sqlite_world: World) -> None:
    assert keep(sqlite_world, of("Receiver Ltd")).new == 1
    assert keep(sqlite_world, of("Receiver Ltd"), proof=BY_HAND) == Brought(0, 1, 0)
    assert keep(sqlite_world, of("Other Ltd"), proof=BY_HAND).new == 1
    assert keep(sqlite_world, of("Other Ltd")) == Brought(0, 1, 0)


def test_old_unproved_reports_make_room(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_UNPROVED", 3)
    for number in range(5):
        keep(sqlite_world, aggregate(record(), metadata=named(number)), proof=FORGED)
    assert [row.report_id for row in Unproved.select().order_by(Unproved.id)] == ["r-2", "r-3", "r-4"]

"""Reports by mail and by hand: small ones at once, large ones by a job, others' never."""

import gzip
from pathlib import Path

import pytest

from mailhub.authentication.verdicts import Verdicts
from mailhub.db import transaction
from mailhub.errors import Conflict, Invalid
from mailhub.inbound import Mail
from mailhub.jobs import Job, rows
from mailhub.reports import Unreadable
from mailhub_reports import receiving
from mailhub_reports.models import File, Received, Row, Unproved
from mailhub_reports.proving import Proof
from tests.mailhub.reports.samples import aggregate, mail, record

from .conftest import World
from .filling import found

PROVED = found("pass", "receiver.example")


def arrive(
    world: World, content: bytes, recipient: str = "dmarc@bounce.acme.example", verdicts: Verdicts | None = PROVED
) -> bool | None:
    letter = Mail(
        "dmarc@receiver.example", recipient, content, "198.51.100.1", "mx.receiver.example", world.hub.ms(), verdicts
    )
    with transaction():
        answer: bool | None = world.hub.hook.receive_mail(hub=world.hub, mail=letter)
    return answer


def work(world: World) -> None:
    for job in Job.select().where(Job.kind == receiving.READ, Job.state == "waiting"):
        rows.work(world.hub, job.id)


def test_a_mail_with_a_report_is_taken(world: World) -> None:
    assert arrive(world, mail(("application/gzip", gzip.compress(aggregate(record()))))) is True
    assert [row.mails for row in Row.of(world.acme.account_id)] == [3]
    assert Received.of(world.acme.account_id).get().verdict == "pass"
    assert not Row.of(world.other.account_id).exists()


def test_other_mail_is_left_to_others(sqlite_world: World) -> None:
    assert arrive(sqlite_world, mail(), "someone@acme.example") is None


def test_a_mail_without_a_report_and_one_about_others_are_refused(sqlite_world: World) -> None:
    with pytest.raises(Unreadable, match="holds no report"):
        arrive(sqlite_world, b"From: a@b.example\r\nSubject: Hello\r\n\r\nBuy this.")
    with pytest.raises(Invalid, match=r"elsewhere\.example"):
        arrive(sqlite_world, mail(("text/xml", aggregate(record(author="elsewhere.example")))))
    assert not Received.select().exists()


def large(*authors: str) -> bytes:
    """A report that is small on its way and large inside."""
    padding = f"<!--{'x' * 100_000}-->" * 22
    return gzip.compress(
        aggregate(*(record(author=each) for each in authors)).replace(b"</feedback>", padding.encode() + b"</feedback>")
    )


def test_a_large_report_is_read_by_a_job(world: World) -> None:
    assert arrive(world, mail(("application/gzip", large("acme.example", "other.example")))) is True
    assert not Row.select().exists()
    assert Job.select().where(Job.kind == receiving.READ).count() == 1
    work(world)
    assert Row.of(world.acme.account_id).count() == Row.of(world.other.account_id).count() == 1
    assert not File.select().exists()
    assert [row.org for row in Received.select()] == ["Receiver Ltd (receiver.example)"] * 2


def test_a_mail_that_proves_nothing_is_kept_apart(world: World) -> None:
    for number, verdicts in enumerate((None, found("fail", "bank.example"), found("none", "bank.example"))):
        content = aggregate(record()).replace(b"r-17", b"r-%d" % number)
        assert arrive(world, mail(("text/xml", content)), verdicts=verdicts) is True
    assert arrive(world, mail(("application/gzip", large("acme.example"))), verdicts=found("fail", "bank.example"))
    work(world)
    assert not File.select().exists()
    assert sorted(row.author for row in Unproved.select()) == ["", "bank.example", "bank.example", "bank.example"]
    assert not Row.select().exists()


def test_a_large_report_that_cannot_be_read_leaves_a_sentence(world: World) -> None:
    arrive(world, mail(("application/gzip", large("elsewhere.example"))))
    work(world)
    file = File.get()
    assert "elsewhere.example" in str(file.error)
    assert bytes(file.content) == b""
    work(world)
    assert File.select().count() == 1


def test_large_reports_do_not_pile_up(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_WAITING", 10_000)
    content = large("acme.example")
    with transaction():
        assert receiving.take(sqlite_world.hub, content, 0, Proof("")) is None
    with pytest.raises(Conflict, match="try again in an hour"):
        for _ in range(20):
            receiving.take(sqlite_world.hub, content, 0, Proof(""))


def test_a_report_given_by_hand(world: World, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_bytes(aggregate(record(), record(author="other.example")))
    assert world.hub.call(world.acme, "reports.upload", file=file) == {"later": False, "new": 1, "known": 0, "mails": 3}
    assert Received.get().verdict == "upload"
    assert not Row.of(world.other.account_id).exists()

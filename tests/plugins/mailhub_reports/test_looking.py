"""What pages and other doors are told of an account's reports."""

from mailhub_reports import looking
from mailhub_reports.models import Name
from mailhub_reports.proving import Proof
from tests.mailhub.domains.zones import configure
from tests.mailhub.reports.samples import (
    BEGIN,
    DETAIL,
    FAILURE,
    METADATA,
    aggregate,
    path,
    policy,
    record,
    signature,
    tls,
)

from .conftest import World
from .filling import bring

FAILED = signature(result="fail", selector="old") + path("elsewhere.test", "fail")
REPORT = aggregate(
    record("192.0.2.1", 90, "pass", "pass"), record("192.0.2.2", 6, auth=signature() + path(result="fail")),
    record("192.0.2.3", 4, "fail", disposition="reject", auth=FAILED), record("192.0.2.3", 1, auth=signature() + path()),
)  # fmt: skip


def test_the_summary_has_each_domain_with_its_advice(world: World) -> None:
    bring(world, REPORT, tls(policy("acme.example", 40, 2, DETAIL)), FAILURE)
    account = world.acme.account_id
    (told,) = looking.summary(world.hub, account, 30)
    assert {name: told[name] for name in ("domain", "mails", "passed", "sessions", "encrypted", "failures", "p")} == {
        "domain": "acme.example", "mails": 101, "passed": 97, "sessions": 42, "encrypted": 40, "failures": 2, "p": "none",
    }  # fmt: skip
    assert "so far there are 2" in told["advice"]
    assert looking.summary(world.hub, world.other.account_id, 30) == []
    world.clock.move(40 * 86_400)
    (told,) = looking.summary(world.hub, account, 7)
    assert (told["mails"], told["sessions"], told["failures"]) == (0, 0, 0)
    assert "No reports of the last days" in told["advice"]


def test_a_policy_as_it_was_seen_last(world: World) -> None:
    bring(world, REPORT)
    later = (
        METADATA.replace("r-17", "r-18")
        .replace(str(BEGIN), str(BEGIN + 86_400))
        .replace(str(BEGIN + 86_399), str(BEGIN + 2 * 86_400))
    )
    bring(world, aggregate(record(), metadata=later).replace(b"<p>none", b"<p>reject"))
    assert looking.policy_of(world.hub, world.acme.account_id, "acme.example")["p"] == "reject"


def test_strangers_do_not_keep_a_policy_down(world: World) -> None:
    account, strange = world.acme.account_id, path("elsewhere.test", "fail")
    bring(world, aggregate(record()))
    world.clock.move(30 * 86_400)
    later = METADATA.replace("r-17", "r-18").replace(str(BEGIN), str(BEGIN + 10 * 86_400))
    bring(world, aggregate(record(count=60), record("192.0.2.9", 40, "fail", auth=strange), metadata=later))
    advice = looking.policy_of(world.hub, account, "acme.example")["advice"]
    assert advice.startswith("60 of 100 mails pass, and what fails bears no signature of yours")
    bring(world, aggregate(record(count=2, dkim="fail", auth=FAILED), metadata=later.replace("r-18", "r-19")))
    assert looking.policy_of(world.hub, account, "acme.example")["advice"].startswith("Stay with p=none: 58 of 100")


def test_a_forged_report_moves_neither_figures_nor_advice(world: World) -> None:
    account = world.acme.account_id
    bring(world, aggregate(record(count=50), record("192.0.2.9", 50, "fail", auth=FAILED)))
    world.clock.move(31 * 86_400)
    later = METADATA.replace("r-17", "r-18").replace(str(BEGIN), str(BEGIN + 20 * 86_400))
    bring(world, aggregate(record(count=50), record("192.0.2.9", 50, "fail", auth=FAILED), metadata=later))
    (before,) = looking.summary(world.hub, account, 30)
    assert before["advice"].startswith("Stay with p=none: 50 of 100")
    forged = aggregate(record(count=10**6), metadata=later.replace("Receiver Ltd", "google.com"))
    bring(world, forged, proof=Proof("fail", "bank.example"))
    (after,) = looking.summary(world.hub, account, 30)
    assert after == {**before, "unproved": 1}
    assert sum(looking.by_day(world.hub, account, "acme.example", 30)["passed"]) == before["passed"]
    (told,) = looking.unproved(world.hub, account, "acme.example", 30, ("dmarc",))
    assert (told["org"], told["author"], told["mails"]) == ("google.com", "bank.example", 10**6)
    assert told["why"].startswith("Not proved to be from google.com")
    assert looking.unproved(world.hub, account, "acme.example", 30, ("tls",)) == []
    assert looking.unproved(world.hub, world.other.account_id, "acme.example", 30, ("dmarc",)) == []


def test_a_reporter_who_begins_today_moves_no_advice(world: World) -> None:
    account, mixed = world.acme.account_id, (record(count=1), record("192.0.2.9", 9, "fail", auth=FAILED))
    bring(world, aggregate(*mixed), proof=Proof("pass", "receiver.example"))
    world.clock.move(31 * 86_400)
    later = METADATA.replace("r-17", "r-18").replace(str(BEGIN), str(BEGIN + 20 * 86_400))
    bring(world, aggregate(*mixed, metadata=later), proof=Proof("pass", "receiver.example"))
    newcomer = aggregate(record(count=10**6), metadata=later.replace("Receiver Ltd", "newcomer.example"))
    bring(world, newcomer, proof=Proof("pass", "newcomer.example"))
    (told,) = looking.summary(world.hub, account, 30)
    assert told["mails"] == 10**6 + 10
    assert told["advice"].startswith("Stay with p=none: 10 of 100")


def test_a_newcomer_cannot_tell_of_times_before_it_came(world: World) -> None:
    for number, days in enumerate((40, 2)):
        metadata = METADATA.replace("r-17", f"r-{number}").replace(str(BEGIN), str(BEGIN - days * 86_400))
        bring(world, aggregate(record(count=10**6), metadata=metadata), proof=Proof("pass", "newcomer.example"))
    advice = looking.policy_of(world.hub, world.acme.account_id, "acme.example")["advice"]
    assert "so far there are 29" in advice


def test_days_without_mail_are_there_too(world: World) -> None:
    bring(world, REPORT)
    told = looking.by_day(world.hub, world.acme.account_id, "acme.example", 7)
    assert told["times"] == [(BEGIN - 4 * 86_400 + day * 86_400) * 1000 for day in range(7)]
    assert (told["passed"], told["failed"]) == ([0, 0, 0, 0, 97, 0, 0], [0, 0, 0, 0, 4, 0, 0])


def test_sources_the_busiest_first_with_what_to_do(world: World) -> None:
    bring(world, REPORT)
    configure(world.hub, "domains", addresses=["192.0.2.1"])
    Name.create(address="192.0.2.2", name="mx.lists.test", asked_at=0)
    found = looking.sources(world.hub, world.acme.account_id, "acme.example", 30, 10, 0)
    assert [(each["source"], each["name"], each["mails"], each["fate"]) for each in found] == [
        ("192.0.2.1", None, 90, "ours"), ("192.0.2.2", "mx.lists.test", 6, "forwarded"), ("192.0.2.3", None, 5, "failing_key"),
    ]  # fmt: skip
    last = found[2]
    assert (last["passed"], last["dkim"], last["spf"], last["stopped"], last["reporters"]) == (
        1,
        1,
        0,
        4,
        ["Receiver Ltd"],
    )
    assert "the key old of acme.example" in last["advice"]
    assert [each["source"] for each in looking.sources(world.hub, world.acme.account_id, "acme.example", 30, 1, 1)] == [
        "192.0.2.2"
    ]
    assert looking.sources(world.hub, world.other.account_id, "acme.example", 30, 10, 0) == []


def test_a_server_is_known_by_its_name_too(sqlite_world: World) -> None:
    bring(sqlite_world, REPORT)
    configure(sqlite_world.hub, "smtp", hostname="mail.hub.example")
    Name.create(address="192.0.2.1", name="mail.hub.example", asked_at=0)
    first = looking.sources(sqlite_world.hub, sqlite_world.acme.account_id, "acme.example", 30, 1, 0)[0]
    assert first["fate"] == "ours"


def test_who_reports_of_a_source(sqlite_world: World) -> None:
    for number, org in enumerate(("A", "B", "C")):
        metadata = METADATA.replace("Receiver Ltd", org)
        bring(sqlite_world, aggregate(record(count=number + 1), metadata=metadata))
    (only,) = looking.sources(sqlite_world.hub, sqlite_world.acme.account_id, "acme.example", 30, 9, 0)
    assert only["reporters"] == ["C", "B", "A"]


def test_tls_by_day_and_kind(world: World) -> None:
    bring(world, tls(policy("acme.example", 40, 5, DETAIL)))
    told = looking.tls(world.hub, world.acme.account_id, "acme.example", 7)
    assert (told["days"]["passed"][4], told["days"]["failed"][4]) == (40, 5)
    assert [(each["type"], each["mx"], each["sessions"]) for each in told["failures"]] == [
        ("other", "", 3), ("certificate-expired", "mx.acme.example", 2),
    ]  # fmt: skip
    assert "has expired" in told["failures"][1]["advice"]
    assert looking.tls(world.hub, world.other.account_id, "acme.example", 7)["failures"] == []


def test_failures_by_page(world: World) -> None:
    bring(world, FAILURE)
    bring(world, FAILURE.replace(b"f-1@", b"f-2@"))
    newest, oldest = looking.failures(world.acme.account_id, "acme.example", None, 10)
    assert newest.id > oldest.id
    assert [row.id for row in looking.failures(world.acme.account_id, "acme.example", newest.id, 10)] == [oldest.id]

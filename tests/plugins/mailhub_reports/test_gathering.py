"""What is made of records before anything is written: by account, by day, and bounded."""

from collections.abc import Iterable

from mailhub.reports import read
from mailhub_reports.gathering import DAY, MOST_FAILURES, MOST_MAILS, MOST_ROWS, Detail, Gathered, Kept, Key, TlsDetail
from tests.mailhub.reports.samples import (
    BEGIN,
    DETAIL,
    END,
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


def gather(world: World, contents: Iterable[bytes], only: int = 0) -> Gathered:
    gathered = Gathered(world.hub.ms(), only)
    for content in contents:
        for each in read(content):
            gathered.take(each)
    return gathered


def one(world: World, content: bytes) -> Kept:
    (kept,) = gather(world, [content]).kept.values()
    return kept


def test_records_go_to_whom_their_author_belongs_to(sqlite_world: World) -> None:
    content = aggregate(
        record(), record(author="news.acme.example"), record(author="other.example"), record(author="x.test")
    )
    gathered = gather(sqlite_world, [content])
    acme, other = sqlite_world.acme.account_id, sqlite_world.other.account_id
    assert list(gathered.kept) == [
        Key(acme, "dmarc", "Receiver Ltd", "r-17", "acme.example"), Key(other, "dmarc", "Receiver Ltd", "r-17", "acme.example"),
    ]  # fmt: skip
    assert [each.mails for each in gathered.kept.values()] == [6, 3]
    assert (gathered.records, gathered.strange) == (4, "x.test")
    assert [each.header_from for each in gathered.kept[next(iter(gathered.kept))].rows] == [
        "acme.example",
        "news.acme.example",
    ]


def test_who_gives_a_report_by_hand_gets_what_is_theirs(sqlite_world: World) -> None:
    content = aggregate(record(), record(author="other.example"))
    gathered = gather(sqlite_world, [content], only=sqlite_world.other.account_id)
    assert [key.account for key in gathered.kept] == [sqlite_world.other.account_id]
    assert gathered.strange == "acme.example"


def test_a_row_keeps_what_the_advice_needs(sqlite_world: World) -> None:
    auth = (
        signature("mailer.example", "s", "pass")
        + signature("acme.example", "mh1", "fail")
        + path("h.example", "none", "helo")
        + path("b.example")
    )
    reasons = "<reason><type>mailing_list</type></reason><reason><type>local_policy</type></reason>"
    kept = one(sqlite_world, aggregate(record(dkim="fail", disposition="reject", auth=auth, reasons=reasons)))
    assert kept.rows == {
        Detail("acme.example", "192.0.2.1", "Receiver Ltd", "acme.example", "reject", "fail", "fail", "acme.example", "mh1",
               "fail", "b.example", "pass", "local_policy,mailing_list"): 3
    }  # fmt: skip
    assert (kept.p, kept.sp, kept.pct, kept.day) == ("none", "reject", 100, BEGIN * 1000)


def test_alike_records_are_counted_together(sqlite_world: World) -> None:
    assert list(one(sqlite_world, aggregate(record(), record())).rows.values()) == [6]


def test_a_report_of_the_future_or_without_a_time_is_of_today(sqlite_world: World) -> None:
    today = sqlite_world.hub.ms() // DAY * DAY
    for begin in ("4000000000", "", "x"):
        metadata = METADATA.replace(str(BEGIN), begin).replace(str(END), begin)
        assert one(sqlite_world, aggregate(record(), metadata=metadata)).day == today
    backwards = METADATA.replace(str(END), str(BEGIN - 900_000))
    assert one(sqlite_world, aggregate(record(), metadata=backwards)).day == BEGIN * 1000


def test_sources_beyond_a_number_are_counted_together(sqlite_world: World) -> None:
    content = aggregate(*(record(f"2001:db8::{number:x}", 1) for number in range(MOST_ROWS + 500)))
    kept = one(sqlite_world, content)
    assert len(kept.rows) == MOST_ROWS + 1
    assert kept.rows[Detail("acme.example", "", "Receiver Ltd", "", "none", "pass", "fail")] == 500
    assert kept.mails == MOST_ROWS + 500


def test_counts_that_nobody_believes(sqlite_world: World) -> None:
    assert one(sqlite_world, aggregate(record(count="9" * 15))).mails == MOST_MAILS


def test_tls_sessions_by_what_became_of_them(sqlite_world: World) -> None:
    kept = one(sqlite_world, tls(policy("acme.example", 40, 5, DETAIL)))
    assert kept.tls == {
        TlsDetail("acme.example", "Receiver Ltd", "sts"): 40,
        TlsDetail(
            "acme.example",
            "Receiver Ltd",
            "sts",
            "certificate-expired",
            "mx.acme.example",
            "198.51.100.7",
            "it ended in May",
        ): 2,
        TlsDetail("acme.example", "Receiver Ltd", "sts", "other"): 3,
    }
    many = [{**DETAIL, "sending-mta-ip": f"2001:db8::{number:x}"} for number in range(MOST_ROWS + 10)]
    assert len(one(sqlite_world, tls(policy("acme.example", 1, 0, *many))).tls) <= MOST_ROWS + 1


def test_failures(sqlite_world: World) -> None:
    gathered = gather(sqlite_world, [FAILURE] * (MOST_FAILURES + 1))
    (kept,) = gathered.kept.values()
    assert (len(kept.failures), kept.mails, kept.failures[0][0]) == (MOST_FAILURES, 2 * MOST_FAILURES, "acme.example")


def test_nothing_is_kept_of_what_is_nobodys(sqlite_world: World) -> None:
    gathered = gather(sqlite_world, [tls(policy("elsewhere.example"))])
    assert (gathered.kept, gathered.strange) == ({}, "elsewhere.example")

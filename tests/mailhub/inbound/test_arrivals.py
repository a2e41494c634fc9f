from mailhub.db import sql, transaction
from mailhub.hub import Hub
from mailhub.inbound import arrivals
from mailhub.inbound.arrivals import BYTES, LEASE, Arrival, ArrivedMail, Came, Claimed
from mailhub.messages import NEVER

NOW = 1_800_000_000_000


def came(hub: Hub, *recipients: str, content: bytes = b"Subject: x\r\n\r\nx\r\n", at: int = NOW) -> None:
    with transaction():
        mail = Came("a@b.example", recipients, content, "192.0.2.1", "peer", at, "tag")
        arrivals.write(hub.node.new_ids(1 + len(recipients)), mail)


def claim(slot: int, at: int = NOW, limit: int = 100) -> list[Claimed]:
    with transaction():
        return arrivals.claim(slot, at, limit)


def waiting() -> list[str]:
    return [each.recipient for each in Arrival.select().order_by(Arrival.id)]


def test_the_bytes_of_a_mail_are_kept_once_and_go_with_its_last_recipient(core: Hub) -> None:
    came(core, "one@in.example", "two@in.example")
    first, second = claim(1)
    assert (first.recipient, second.recipient, first.content) == ("one@in.example", "two@in.example", second.content)
    assert (first.sender, first.peer, first.helo, first.received_at) == ("a@b.example", "192.0.2.1", "peer", NOW)
    with transaction():
        arrivals.take_away([first])
    assert (waiting(), ArrivedMail.select().count()) == (["two@in.example"], 1)
    with transaction():
        arrivals.take_away([second])
    assert (waiting(), ArrivedMail.select().count()) == ([], 0)


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(core: Hub) -> None:
    came(core, "one@in.example")
    (mine,) = claim(1)
    assert claim(2) == []
    (theirs,) = claim(2, NOW + LEASE)
    assert (mine.attempts, theirs.attempts) == (1, 2)
    with transaction():
        assert arrivals.still(1, [mine]) == set()
        assert arrivals.still(2, [theirs]) == {theirs.id}


def test_a_slot_that_begins_again_has_what_its_dead_process_had(core: Hub) -> None:
    came(core, "one@in.example")
    claim(1)
    with transaction():
        assert arrivals.release(2, NOW) == 0
        assert arrivals.release(1, NOW) == 1
    assert [each.attempts for each in claim(1)] == [2]


def test_what_was_claimed_before_comes_alone(core: Hub) -> None:
    came(core, "one@in.example", at=NOW - 2)
    claim(1, NOW - 1)
    with transaction():
        arrivals.release(1, NOW - 1)
    came(core, "two@in.example", at=NOW)
    assert [[each.recipient for each in claim(1)] for _ in range(2)] == [["one@in.example"], ["two@in.example"]]


def test_a_claim_is_bounded_in_octets(sqlite_core: Hub) -> None:
    for each in ("one", "two", "three"):
        came(sqlite_core, f"{each}@in.example", content=b"x" * (BYTES // 2))
    assert [len(claim(1)) for _ in range(3)] == [2, 1, 0]


def test_what_is_put_off_counts_only_when_it_failed(core: Hub) -> None:
    came(core, "one@in.example")
    for counted, attempts in ((False, 0), (True, 1)):
        with transaction():
            arrivals.put_off(arrivals.claim(1, NOW, 9), NOW, counted=counted)
        assert Arrival.get().attempts == attempts
    with transaction():
        arrivals.put_off(claim(1), NOW + 1, counted=True)
    assert claim(1) == []
    assert arrivals.waiting(NOW, 5) == 0
    assert arrivals.waiting(NOW + 1, 5) == 1


def test_what_is_kept_is_never_due_and_nobodys(core: Hub) -> None:
    came(core, "one@in.example")
    (each,) = claim(1)
    with transaction():
        arrivals.keep(each, "staff", "", "Hello")
        assert arrivals.release(1, NOW) == 0
    row = Arrival.get()
    assert (row.due_at, row.holder, row.kept, row.subject) == (NEVER, None, "staff", "Hello")
    assert claim(1, NOW + 10 * LEASE) == []


def test_what_is_due_is_found_by_an_index(core: Hub) -> None:
    came(core, *[f"r{number}@in.example" for number in range(50)])
    if core.config.database.url:
        sql("SET enable_seqscan = off")
    explain = "EXPLAIN " if core.config.database.url else "EXPLAIN QUERY PLAN "
    rows = sql(f"{explain}SELECT id FROM arrivals WHERE due_at <= ? ORDER BY due_at, id LIMIT 200", (NOW,)).fetchall()
    assert "due_at" in str(rows)

"""No message is claimed twice, rates hold whoever claims, leases run out, blocked domains wait."""

import subprocess
import sys
import threading
from collections import Counter

from mailhub import db, outbox
from mailhub.hub import Hub
from mailhub.messages import Queued, Source
from mailhub.outbox.claims import LEASE
from mailhub.testing import make_owner, make_source

_CHILD = """
import sys
from pathlib import Path
from mailhub import db, outbox
from mailhub.messages import Source
from mailhub.testing import make_config
data, url, source, node, now = sys.argv[1:]
db.open_database(make_config(Path(data), database={"url": url}))
source = Source.get_by_id(int(source))
print("ready", flush=True)
sys.stdin.readline()
empty = 0
while empty < 3:
    with db.bulk():
        batch = outbox.claim(source, int(node), 37, int(now))
    empty = 0 if batch else empty + 1
    print(*[each.id for each in batch], flush=True)
"""


def _addresses(count: int) -> list[str]:
    return [f"u{number}@d{number % 3}.example" for number in range(count)]


def _claim(source: Source, node: int, limit: int, now: int, blocked: tuple[str, ...] = ()) -> list[int]:
    with db.bulk():
        return [each.id for each in outbox.claim(source, node, limit, now, blocked)]


def test_two_processes_never_claim_the_same(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, _addresses(1000))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(core.config.data), core.config.database.url, str(source.id), node,
             str(core.ms())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for node in ("101", "102")
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    claimed = [[int(word) for word in child.communicate(timeout=60)[0].split()] for child in children]
    assert not set(claimed[0]) & set(claimed[1])
    assert len(claimed[0]) + len(claimed[1]) == 1000
    holders = Counter(row.holder for row in Queued.select())
    assert holders == Counter({101: len(claimed[0]), 102: len(claimed[1])})


def test_a_claim_brings_the_oldest_due_with_all_it_takes_to_send(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, _addresses(5))
    ids = [row.id for row in Queued.select().order_by(Queued.id)]
    for age, id_ in enumerate(ids):
        Queued.update(due_at=core.ms() - age * 1000, attempts=age).where(Queued.id == id_).execute()
    with db.bulk():
        batch = outbox.claim(source, 7, 3, core.ms())
    assert [each.id for each in batch] == ids[2:]
    first = batch[-1]
    assert (first.recipient_key, first.address, first.domain) == (5, "u4@d1.example", "d1.example")
    assert (first.attempts, first.envelope_from) == (4, "bounce@example.org")
    assert abs(first.first_at - core.ms()) < 60_000


def test_what_is_due_later_waits(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(2)), core.ms()
    later = Queued.select().first().id
    Queued.update(due_at=now + 5000).where(Queued.id == later).execute()
    assert later not in _claim(source, 7, 10, now + 4999)
    assert _claim(source, 7, 10, now + 5000) == [later]


def test_blocked_domains_are_left_where_they_are(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, _addresses(9))
    with db.bulk():
        batch = outbox.claim(source, 7, 100, core.ms(), ["d0.example", "d2.example"])
    assert {each.domain for each in batch} == {"d1.example"}
    assert len(batch) == 3
    assert Queued.select().where(Queued.holder.is_null()).count() == 6


def test_a_lease_that_ran_out_is_nobodys_until_it_is_given_back(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(3)), core.ms()
    mine = _claim(source, 7, 3, now)
    assert outbox.holders() == {7: now + LEASE}
    assert sorted(outbox.claimed_by(7)) == sorted(mine)
    assert outbox.claimed_by(8) == []
    assert _claim(source, 8, 3, now + LEASE) == []  # a clock that jumped must not make two nodes send the same
    with db.transaction():
        outbox.release_node(7, now + LEASE)
    assert sorted(_claim(source, 8, 3, now + LEASE)) == sorted(mine)


def test_what_could_not_be_reached_ages_and_is_not_charged_twice(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(2)), core.ms()
    mine = _claim(source, 7, 2, now)
    with db.transaction():
        outbox.put_off(8, mine, now + 9, now + 5)
        outbox.put_off(7, mine[:1], now + 9, now + 5)
    assert _claim(source, 7, 2, now + 9) == mine[:1]
    with db.transaction():
        outbox.put_off(7, mine, now + 20, now + 11)
    rows = {row.id: (row.due_at, row.attempts, row.first_at, row.holder) for row in Queued.select()}
    assert rows == {mine[0]: (now + 20, 1, now + 5, None), mine[1]: (now + 20, 1, now + 11, None)}


def test_a_lease_is_kept_while_its_messages_are_under_way(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(3)), core.ms()
    mine = _claim(source, 7, 3, now)
    with db.transaction():
        outbox.renew(7, mine[:2], now + LEASE - 1)
        outbox.renew(8, mine[2:], now + LEASE - 1)
    assert {row.id for row in Queued.select().where(Queued.due_at > now + LEASE)} == set(mine[:2])


def test_what_is_given_back_is_anybodys_and_only_by_its_holder(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(3)), core.ms()
    mine = _claim(source, 7, 3, now)
    with db.transaction():
        outbox.release(8, mine, now)
        outbox.release(7, mine[:1], now)
        outbox.release(7, [], now)
    assert _claim(source, 9, 3, now) == mine[:1]
    with db.transaction():
        assert outbox.release_node(7, now) == 2
    assert sorted(_claim(source, 9, 3, now)) == sorted(mine[1:])
    assert {row.attempts for row in Queued.select()} == {0}


def test_a_rate_is_shared_and_exact_over_time(core: Hub) -> None:
    """600 a minute for two nodes that ask at odd moments: a second's worth at once, then ten a second for ever."""
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(700), rate=600), core.ms()
    sources = [Source.get_by_id(source.id), Source.get_by_id(source.id)]
    counts, passed = [], 0
    for turn in range(300):
        counts.append(len(_claim(sources[turn % 2], 7 + turn % 2, 500, now + passed)))
        passed += (37, 250, 113)[turn % 3]
    assert counts[0] <= 21
    allowed = passed / 100
    assert allowed - 3 <= sum(counts) <= allowed + 21
    for start in range(0, 290, 10):
        assert sum(counts[start + 1 : start + 10]) <= 1200 / 100 + 12


def test_a_rate_makes_up_for_a_sweep_that_comes_late(core: Hub) -> None:
    """Slices are queued every second or a little later: what that costs must not slow the rate down."""
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(1000), rate=1200), core.ms()
    count = sum(len(_claim(source, 7, 500, now + turn * 1300)) for turn in range(31))
    assert count >= 30 * 1300 * 1200 // 60_000


def test_a_rate_costs_one_row_a_second_however_many_ask(core: Hub) -> None:
    """Four nodes that ask every 20 ms: each second one of them leases a second's worth, the others find nothing."""
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(1500), rate=6000), core.ms()
    leases = [count for turn in range(500) if (count := len(_claim(source, turn % 4, 500, now + turn * 20)))]
    assert len(leases) == 10
    assert leases[0] == 200
    assert all(100 <= count <= 103 for count in leases[1:])


def test_who_takes_less_than_a_second_lets_others_have_the_rest(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(400), rate=6000), core.ms()
    assert len(_claim(source, 7, 500, now)) == 200
    assert len(_claim(source, 7, 30, now + 1000)) == 30
    assert len(_claim(source, 8, 500, now + 1299)) == 0
    assert len(_claim(source, 8, 500, now + 1300)) == 100


def test_a_slow_rate_sends_one_and_waits(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(5), rate=2), core.ms()
    counts = [len(_claim(source, 7, 500, now + seconds * 1000)) for seconds in range(0, 91, 10)]
    assert counts == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1]


def test_threads_that_claim_at_once_stay_within_the_rate(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source, now = make_source(core, account, _addresses(300), rate=3000), core.ms()
    claimed: list[int] = []
    barrier = threading.Barrier(4)

    def work(node: int) -> None:
        mine = Source.get_by_id(source.id)
        barrier.wait()
        for _ in range(5):
            claimed.extend(_claim(mine, node, 500, now))
        db.close_database()

    threads = [threading.Thread(target=work, args=(node,)) for node in range(101, 105)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed))
    assert 50 <= len(claimed) <= 101


def test_what_no_lane_takes_is_set_aside_and_what_goes_back_says_why(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], _addresses(30))
    now = core.ms()
    with db.bulk():
        assert outbox.set_aside(source.id, outbox.Aside(["d0.example", "d1.example"], now + 500, 1000), now) == 20
        assert len(outbox.claim(source, 7, 100, now)) == 10
    due = [row.due_at - now for row in Queued.select().where(Queued.domain != "d2.example")]
    assert min(due) >= 500
    assert max(due) < 1500
    assert len(set(due)) > 5
    ids = [row.id for row in Queued.select().where(Queued.holder == 7).order_by(Queued.id)]
    backs = [
        outbox.Back(ids[0], now + 5), outbox.Back(ids[1], now + 6, "unreachable", 421, "x" * 300, ages=True),
        outbox.Back(ids[2], now + 7, "rate_limited"),
    ]  # fmt: skip
    with db.bulk():
        outbox.give_back(8, backs, now + 3)
        assert Queued.select().where(Queued.holder == 7).count() == 10
        outbox.give_back(7, backs, now + 3)
    rows = [Queued.get_by_id(id_) for id_ in ids[:3]]
    assert [(row.holder, row.due_at - now, row.reason, row.code, len(row.text), row.attempts) for row in rows] == [
        (None, 5, "", 0, 0, 0), (None, 6, "unreachable", 421, 200, 1), (None, 7, "rate_limited", 0, 0, 0)
    ]  # fmt: skip
    assert rows[1].first_at == now + 3


def test_what_is_set_aside_says_why_until_its_turn_has_come(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], _addresses(2))
    now = core.ms()
    one, two = Queued.select().order_by(Queued.id)
    Queued.update(attempts=1, reason="greylisted", code=450, text="later").where(Queued.id == two.id).execute()
    domains = [one.domain, two.domain]

    def said(which: outbox.Aside, at: int) -> list[tuple[str, int, str]]:
        with db.bulk():
            assert outbox.set_aside(source.id, which, at) == 2
        return [(row.reason, row.code, row.text) for row in Queued.select().order_by(Queued.id)]

    full = outbox.Aside(domains, now + 1, 1, "")
    assert said(full, now) == [("", 0, ""), ("greylisted", 450, "later")]
    assert (
        said(outbox.Aside(domains, now + 2, 1, "blocked", 421, "x" * 300), now + 1) == [("blocked", 421, "x" * 200)] * 2
    )
    assert said(full._replace(start=now + 3), now + 2) == [("", 0, ""), ("blocked", 421, "x" * 200)]
    assert said(outbox.Aside(domains, now + 4, 1), now + 3) == [("", 0, ""), ("blocked", 421, "x" * 200)]

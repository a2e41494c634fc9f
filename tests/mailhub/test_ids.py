"""Ids are unique over processes and never go back; a dead process's number waits for its journal."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mailhub import db, ids
from mailhub.hub import Hub
from mailhub.ids import Node, NodeLease, lock_node, time_of
from mailhub.messages import Queued
from mailhub.testing import make_owner, make_source

_CHILD = """
import sys
from pathlib import Path
from mailhub import db
from mailhub.ids import NodeLease
from mailhub.testing import make_config
db.open_database(make_config(Path(sys.argv[1]), database={"url": sys.argv[2]}))
lease = NodeLease(Path(sys.argv[1]))
print(lease.number, *[each for _ in range(50) for each in lease.new_ids(40)], flush=True)
sys.stdin.read()
"""


def _child(hub: Hub) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(hub.config.data), hub.config.database.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_ids_are_unique_over_processes_and_ordered_by_time(core: Hub) -> None:
    children = [_child(core), _child(core)]
    mine = [each for _ in range(50) for each in core.node.new_ids(40)]
    found = []
    for child in children:
        assert child.stdout is not None
        number, *made = map(int, child.stdout.readline().split())
        assert number != core.node.number
        assert all((each >> 12) & 0x3FF == number for each in made)
        found.append(made)
    for child in children:
        child.communicate()
    assert len({*mine, *found[0], *found[1]}) == 6000
    for made in (mine, *found):
        assert made == sorted(made)
        assert abs(time_of(made[0]) - db.now_ms()) < 60_000


def test_ids_go_on_when_the_clock_goes_back(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    now = db.now_ms()
    moments = iter([now, now, now - 3_600_000, now - 3_600_000, now + 5])
    monkeypatch.setattr(ids, "now_ms", lambda: next(moments, now + 5))
    made = [each for _ in range(3) for each in sqlite_core.node.new_ids(7)]
    assert len(set(made)) == 21
    assert made == sorted(made)


def test_a_full_millisecond_flows_into_the_next(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    node = sqlite_core.node
    monkeypatch.setattr(ids, "now_ms", lambda: ids.EPOCH + 1000)
    made = [each for count in (4000, 200, 4096) for each in node.new_ids(count)]
    assert len(set(made)) == 8296
    assert made == sorted(made)
    assert {time_of(each) - ids.EPOCH for each in made} == {1000, 1001, 1002}
    assert {(each >> 12) & 0x3FF for each in made} == {node.number}


def test_more_ids_than_fit_are_refused(sqlite_core: Hub) -> None:
    assert list(sqlite_core.node.new_ids(0)) == []
    with pytest.raises(ValueError, match="4,096 is the most"):
        sqlite_core.node.new_ids(4097)


def test_threads_share_a_node_without_repeats(sqlite_core: Hub) -> None:
    node = sqlite_core.node
    made: list[int] = []

    def make() -> None:
        for _ in range(200):
            made.extend(node.new_ids(9))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4 * 200 * 9


def test_a_number_is_taken_again_after_a_clean_stop(core: Hub) -> None:
    data = core.config.data
    first, second = NodeLease(data), NodeLease(data)
    assert (first.number, second.number) == (0, 1)
    first.journal.touch()
    first.release()
    assert NodeLease(data).number == 0


def test_a_dead_processs_number_waits_for_its_journal(core: Hub) -> None:
    data = core.config.data
    dead = NodeLease(data)
    dead.journal.write_bytes(b"[1]\n")
    dead.release()
    assert dead.journal.exists()
    assert NodeLease(data).number == 1
    dead.journal.unlink()
    assert NodeLease(data).number == 0


def test_a_kill_frees_the_lock_at_once(core: Hub) -> None:
    child = _child(core)
    assert child.stdout is not None
    number = int(child.stdout.readline().split()[0])
    run = core.config.data / "run"
    assert lock_node(run, number) is None
    child.kill()
    child.communicate()
    lock = lock_node(run, number)
    assert lock is not None
    lock.close()


def test_another_machine_takes_no_number_whose_lease_runs(core: Hub, tmp_path: Path) -> None:
    (tmp_path / "other" / "run").mkdir(parents=True)
    here = NodeLease(core.config.data)
    there = NodeLease(tmp_path / "other")
    assert (here.number, there.number) == (0, 1)
    Node.update(leased_until=db.now_ms() - 1).where(Node.number == 0).execute()
    assert NodeLease(tmp_path / "other").number == 0


def test_a_node_that_lives_long_renews_its_lease(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    node = core.node
    until = Node.get_by_id(node.number).leased_until
    later = db.now_ms() + 7 * 3_600_000
    monkeypatch.setattr(ids, "now_ms", lambda: later)
    node.renew()
    assert Node.get_by_id(node.number).leased_until > until + 6 * 3_600_000


def test_a_number_lost_while_the_machine_slept_is_not_used_on(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    node = core.node
    later = db.now_ms() + 48 * 3_600_000
    monkeypatch.setattr(ids, "now_ms", lambda: later)
    assert Node.take(node.number, "another machine")
    with pytest.raises(RuntimeError, match="another machine"):
        node.new_ids(1)


def test_machines_that_start_at_once_get_different_numbers(core: Hub, tmp_path: Path) -> None:
    folders = [tmp_path / f"machine-{i}" for i in range(6)]
    for folder in folders:
        (folder / "run").mkdir(parents=True)
    barrier, leases, faults = threading.Barrier(6), [], []

    def start(folder: Path) -> None:
        barrier.wait()
        try:
            leases.append(NodeLease(folder))
        except Exception as error:
            faults.append(error)
        finally:
            db.close_database()

    threads = [threading.Thread(target=start, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(each.number for each in leases) == [0, 1, 2, 3, 4, 5]


def test_a_process_started_after_the_clock_went_back_repeats_no_id(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_owner(core)[0]
    make_source(core, account, ["a@example.com", "b@example.com"])
    used = {row.id for row in Queued.select()}
    core.leave()
    earlier = time_of(min(used)) - 3_600_000
    monkeypatch.setattr(ids, "now_ms", lambda: earlier)
    assert core.node.new_ids(1)[0] > max(used)

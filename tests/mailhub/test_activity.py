"""The log's chain: whoever changes, deletes or slips in a row is found; erasing what is personal breaks nothing."""

import threading
from typing import Any

import pytest

from mailhub import activity
from mailhub.accounts import AccountSetting
from mailhub.activity import Activity, first_broken
from mailhub.db import close_database, sql, transaction
from mailhub.hub import Hub
from mailhub.permissions import Actor, console_actor, recipient_actor, system_actor
from mailhub.testing import make_owner

CHANGES: dict[str, Any] = {
    "sequence": 30,
    "at": 999,
    "door": "cli",
    "user_id": None,
    "action": "campaigns.start",
    "target": "13",
    "personal": '{"who":"Eve"}',
    "salt": "0" * 32,
    "commitment": "0" * 64,
    "previous": "0" * 64,
    "hash": "0" * 64,
}


def _written(core: Hub, count: int = 5) -> Actor:
    _, _, actor = make_owner(core)
    for number in range(count):
        with transaction():
            activity.write(actor, "campaigns.pause", core.ms(), "12", {"which": f"Été ’{number}", "list": [1, None]})
    return actor


def _rows(actor: Actor) -> list[Activity]:
    return list(Activity.of(actor.account_id).order_by(Activity.sequence))


def test_who_did_what_from_where_is_written(core: Hub) -> None:
    actor = _written(core, 2)
    first, second = _rows(actor)
    assert (first.sequence, second.sequence, first.previous, second.previous) == (1, 2, activity.GENESIS, first.hash)
    assert (second.door, second.user_id, second.action, second.target) == (
        "web",
        actor.user_id,
        "campaigns.pause",
        "12",
    )
    assert second.personal == {"who": "Ada Owner", "which": "Été ’1", "list": [1, None]}
    assert first_broken(actor.account_id) is None


@pytest.mark.parametrize("make", [console_actor, system_actor, lambda account: recipient_actor(account, "a@b.example")])
def test_those_without_a_user_are_written_too(sqlite_core: Hub, make: Any) -> None:
    account, _, _ = make_owner(sqlite_core)
    actor = make(account.id)
    with transaction():
        activity.write(actor, "x.y", 1)
    row = Activity.of(account).get()
    assert (row.user_id, row.door, row.personal) == (None, actor.door, {"who": actor.name})
    assert first_broken(account.id) is None


def test_every_column_is_watched() -> None:
    assert {*CHANGES, "id", "account"} == set(Activity._meta.fields)


@pytest.mark.parametrize("column", list(CHANGES))
def test_a_changed_column_is_found(core: Hub, column: str) -> None:
    actor = _written(core)
    sql(f"UPDATE activity SET {column} = ? WHERE account_id = ? AND sequence = 3", (CHANGES[column], actor.account_id))
    assert first_broken(actor.account_id) == 3


def test_a_row_given_to_another_account_is_found(core: Hub) -> None:
    actor, other = _written(core), _written(core, 0)
    sql(
        "UPDATE activity SET account_id = ? WHERE account_id = ? AND sequence = 1", (other.account_id, actor.account_id)
    )
    assert first_broken(actor.account_id) == 1
    assert first_broken(other.account_id) == 1


@pytest.mark.parametrize("sequence", [1, 3, 4])
def test_a_deleted_row_is_found(core: Hub, sequence: int) -> None:
    actor = _written(core)
    Activity.delete().where(Activity.sequence == sequence).execute()
    assert first_broken(actor.account_id) == sequence


def test_a_deleted_row_is_found_also_when_the_others_close_ranks(core: Hub) -> None:
    actor = _written(core)
    Activity.delete().where(Activity.sequence == 3).execute()
    for sequence in (4, 5):
        sql("UPDATE activity SET sequence = ? WHERE sequence = ?", (sequence - 1, sequence))
    assert first_broken(actor.account_id) == 3


def test_a_row_slipped_in_is_found(core: Hub) -> None:
    actor = _written(core)
    third = _rows(actor)[2]
    for sequence in (5, 4, 3):
        sql("UPDATE activity SET sequence = ? WHERE sequence = ?", (sequence + 1, sequence))
    Activity.create(**{**third.__data__, "id": None, "sequence": 3, "action": "campaigns.start"})
    assert first_broken(actor.account_id) == 3


def test_a_row_appended_without_the_chain_is_found(core: Hub) -> None:
    actor = _written(core)
    last = _rows(actor)[-1]
    Activity.create(**{**last.__data__, "id": None, "sequence": 6})
    assert first_broken(actor.account_id) == 6


def test_erasing_what_is_personal_leaves_the_chain_whole(core: Hub) -> None:
    actor = _written(core)
    Activity.update(personal=None, salt=None).where(Activity.sequence.in_([2, 5])).execute()
    assert first_broken(actor.account_id) is None
    with transaction():
        activity.write(actor, "campaigns.resume", core.ms())
    assert first_broken(actor.account_id) is None


def test_an_action_that_fails_writes_nothing(core: Hub) -> None:
    actor = _written(core, 1)

    def crash() -> None:
        with transaction():
            activity.write(actor, "campaigns.start", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert len(_rows(actor)) == 1


def test_accounts_have_chains_of_their_own(core: Hub) -> None:
    one, two = _written(core, 3), _written(core, 2)
    assert [row.sequence for row in _rows(one)] == [1, 2, 3]
    assert [row.sequence for row in _rows(two)] == [1, 2]


def test_writers_at_once_keep_one_chain(core: Hub) -> None:
    actor = _written(core, 0)
    barrier, faults = threading.Barrier(4), []

    def work(name: str) -> None:
        barrier.wait()
        try:
            for _ in range(10):
                with transaction():
                    activity.write(actor, name, core.ms())
        except Exception as error:
            faults.append(error)
        finally:
            close_database()

    threads = [threading.Thread(target=work, args=(f"x.{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [row.sequence for row in _rows(actor)] == list(range(1, 41))
    assert first_broken(actor.account_id) is None


def test_a_writer_does_not_wait_for_rows_added_to_the_account(core: Hub, database_url: str) -> None:
    """Two transactions, each holding what the other one wants, would end with one of them thrown away."""
    if not database_url:
        pytest.skip("SQLite has one writer: two transactions never hold anything at the same time.")
    actor = _written(core, 0)

    def write() -> None:
        with transaction():
            activity.write(actor, "x.y", 1)
        close_database()

    with transaction():
        AccountSetting.create(account=actor.account_id, key="k", value=1)
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

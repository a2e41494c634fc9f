"""Accounts share alike, then their sources; the urgent are in front; as few wait as keep the workers busy."""

from collections import Counter, deque

from mailhub.jobs.turns import Due, Rota


def _sources(account: int, *numbers: int, priority: int = 0) -> list[Due]:
    return [Due(account, "deliver", number, priority) for number in numbers]


def _slices(due: list[Due], workers: int, rounds: int) -> Counter[int]:
    """Who worked, source by source, when every worker takes the next turn and the sweep fills up after each."""
    queue: deque[Due] = deque()
    worked: Counter[int] = Counter()
    rota = Rota()
    for _ in range(rounds):
        waiting = Counter((each.task, each.number) for each in queue)
        queue.extend(rota.share(due, waiting, workers))
        worked[queue.popleft().number] += 1
    return worked


def test_a_lone_source_has_a_turn_for_each_worker() -> None:
    assert Rota().share(_sources(1, 7), {}, 3) == _sources(1, 7) * 3
    assert Rota().share(_sources(1, 7), {("deliver", 7): 2}, 3) == _sources(1, 7)
    assert Rota().share(_sources(1, 7), {("deliver", 7): 3}, 3) == []


def test_ten_campaigns_of_one_account_have_no_more_than_one_of_another() -> None:
    due = _sources(1, *range(10, 20)) + _sources(2, 99)
    for workers in (1, 2, 3, 8):
        worked = _slices(due, workers, 1000)
        assert 490 <= worked[99] <= 510, workers
        assert all(48 <= worked[number] <= 52 for number in range(10, 20)), workers


def test_who_comes_new_waits_for_no_more_turns_than_there_are_accounts_or_workers() -> None:
    for workers, accounts in ((2, 3), (4, 2), (2, 20)):
        due = [each for account in range(1, accounts + 1) for each in _sources(account, account)]
        queued = Rota().share(due, {}, workers)
        assert len(queued) <= accounts + workers - 1
        assert {each.account_id for each in queued[:accounts]} == set(range(1, accounts + 1))


def test_the_urgent_stand_in_front_and_have_turns_of_their_own() -> None:
    due = _sources(1, 5) + _sources(2, 6) + _sources(1, 8, priority=10) + _sources(3, 9, priority=20)
    assert [each.number for each in Rota().share(due, {}, 2)] == [9, 9, 8, 8, 5, 6]


def test_a_job_has_one_turn_and_its_account_no_more_for_it() -> None:
    job = Due(1, "work", 5, 0)
    assert Rota().share([job], {}, 4) == [job]
    assert Rota().share([job], {("work", 5): 1}, 4) == []
    assert Counter(Rota().share([job, *_sources(1, 5)], {}, 4)) == {job: 1, _sources(1, 5)[0]: 3}


def test_nothing_due_queues_nothing() -> None:
    assert Rota().share([], {("deliver", 1): 1}, 2) == []


def test_one_who_was_away_takes_turns_again_with_the_others() -> None:
    rota, both = Rota(), _sources(1, 1, 2)
    for _ in range(100):
        rota.share(both[:1], {}, 1)
    assert [rota.share(both, {}, 1)[0].number for _ in range(5)] == [2, 1, 2, 1, 2]

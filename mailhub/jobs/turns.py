"""Whose turn is next: the urgent first, then the accounts alike, then what each account has to do, alike.

A turn is one waiting task, so one slice of about a second. As few wait as keep the workers busy: each account gets back
the turn it used, behind the others, and who comes new waits for a second or two, not for the campaigns before.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

Waiting = Mapping[tuple[str, int], int]
"""How many tasks wait, by (task's name, source or job number)."""


class Due(NamedTuple):
    """Something to be worked on: a source (`task` is "deliver") or a job ("work"). Higher `priority` comes first."""

    account_id: int
    task: str
    number: int
    priority: int


def share(due: Sequence[Due], waiting: Waiting, workers: int) -> list[Due]:
    """What is to be queued now, in this order; `waiting` is what waits already.

    A source may have as many turns as there are workers, a job one: two workers cannot have the same job.
    """
    turns: list[Due] = []
    for priority in sorted({each.priority for each in due}, reverse=True):
        turns += _among([each for each in due if each.priority == priority], waiting, workers)
    return turns


def _among(due: Sequence[Due], waiting: Waiting, workers: int) -> Iterator[Due]:
    """Turns round by round, so that in the queue, too, no account stands twice before another stands once."""
    accounts: dict[int, list[Due]] = defaultdict(list)
    for each in due:
        accounts[each.account_id].append(each)
    own = Counter({(each.task, each.number): waiting.get((each.task, each.number), 0) for each in due})
    for turn in range(1, -(-workers // len(accounts)) + 1):
        for choices in accounts.values():
            if sum(own[each.task, each.number] for each in choices) < turn:
                free = [each for each in choices if each.task == "deliver" or not own[each.task, each.number]]
                if free:
                    chosen = _by_lot(free, own)
                    own[chosen.task, chosen.number] += 1
                    yield chosen


def _by_lot(choices: Sequence[Due], own: Mapping[tuple[str, int], int]) -> Due:
    """Of those that wait for the fewest turns, any: over a minute each has as many as the next, and nothing is kept."""
    return min(choices, key=lambda each: (own[each.task, each.number], random.random()))

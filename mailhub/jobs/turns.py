"""Whose turn is next: the urgent first, then the accounts alike, then what each account has to do, alike.

A turn is one waiting task, so one slice of about a second. As few wait as keep the workers busy: each account gets back
the turn it used, behind the others, and who comes new waits for a second or two, not for the campaigns before.
"""

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

    @property
    def key(self) -> tuple[str, int]:
        """As it waits in the engine."""
        return self.task, self.number


class Rota:
    """Who had a turn last, so that what an account has to do takes turns. One an engine; losing it loses only the order."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], int] = {}
        self._turns = 0

    def share(self, due: Sequence[Due], waiting: Waiting, workers: int) -> list[Due]:
        """What is to be queued now, in this order; `waiting` is what waits already.

        A source may have as many turns as there are workers, a job one: two workers cannot have the same job.
        """
        if len(self._last) > 2 * len(due) + 1000:
            self._last = {each.key: self._last.get(each.key, 0) for each in due}
        turns: list[Due] = []
        for priority in sorted({each.priority for each in due}, reverse=True):
            turns += self._among([each for each in due if each.priority == priority], waiting, workers)
        return turns

    def _among(self, due: Sequence[Due], waiting: Waiting, workers: int) -> Iterator[Due]:
        """Turns round by round, so that in the queue, too, no account stands twice before another stands once."""
        accounts: dict[int, list[Due]] = defaultdict(list)
        for each in due:
            accounts[each.account_id].append(each)
        own = Counter({each.key: waiting.get(each.key, 0) for each in due})
        for turn in range(1, -(-workers // len(accounts)) + 1):
            for choices in accounts.values():
                free = [each for each in choices if each.task == "deliver" or not own[each.key]]
                if free and sum(own[each.key] for each in choices) < turn:
                    chosen = min(free, key=lambda each: (own[each.key], self._last.get(each.key, 0)))
                    own[chosen.key] += 1
                    self._turns += 1
                    self._last[chosen.key] = self._turns
                    yield chosen

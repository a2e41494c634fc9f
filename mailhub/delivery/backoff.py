"""When a message is tried again: quickly at first (greylisting), then ever more slowly, never all at the same moment."""

import random

FIRST = 60.0
FACTOR = 2.5
LONGEST = 4 * 3600.0
JITTER = 0.2


QUICK = (60.0, 300.0, 600.0)
"""Seconds after the first attempts where a server only wants to see us come back."""


def delay(attempt: int, *, quick: bool = False) -> float:
    """Seconds to wait after the given attempt (1 for the first): 1, 2.5, 6, 16, 39 minutes… four hours, ± 20 %.

    `quick`: 1, 5 and 10 minutes at first, never sooner than a minute.
    """
    if quick and attempt <= len(QUICK):
        return QUICK[attempt - 1] * random.uniform(1, 1 + JITTER)
    seconds = min(FIRST * FACTOR ** (attempt - 1), LONGEST) if attempt < 20 else LONGEST
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)

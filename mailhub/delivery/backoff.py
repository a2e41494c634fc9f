"""When a message is tried again: quickly at first (greylisting), then ever more slowly, never all at the same moment."""

import random

FIRST = 60.0
FACTOR = 2.5
LONGEST = 4 * 3600.0
JITTER = 0.2


def delay(attempt: int) -> float:
    """Seconds to wait after the given attempt (1 for the first): 1, 2.5, 6, 16, 39 minutes… four hours, ± 20 %."""
    seconds = min(FIRST * FACTOR ** (attempt - 1), LONGEST) if attempt < 20 else LONGEST
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)

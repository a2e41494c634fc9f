"""How the sink is told to answer: one rule for each word found in an address."""

import re
from dataclasses import dataclass

BEHAVIOURS = (
    "hard=rcpt:550 5.1.1 No such mailbox here",
    "soft=rcpt:451 4.2.0 The mailbox is busy, try again later",
    "drop=dot:drop",
    "slow=dot:wait 2",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """At this stage, for an address whose local part contains the word: an answer, "drop" or "wait SECONDS"."""

    word: str
    stage: str
    answer: str

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Read "word=stage:answer", stage being mail (the sender's address), rcpt, data or dot. Raises ValueError."""
        found = re.fullmatch(r"([^=]+)=(mail|rcpt|data|dot):(\d{3} .*|drop|wait \d+(?:\.\d+)?)", text)
        if found is None:
            raise ValueError(f"{text!r} is not a behaviour: write it like hard=rcpt:550 5.1.1 No such mailbox")
        return cls(found[1].lower(), found[2], found[3])

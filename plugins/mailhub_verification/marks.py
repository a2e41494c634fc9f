"""What is found of an address, as fixed slugs, and what each finding weighs: the one table behind every verdict and score.

Slugs are a contract (`docs/verification.md`): programs and exported files hold them. Sentences are for people.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from mailhub.address import REASONS
from mailhub.errors import Sentence

DELIVERABLE, UNKNOWN, RISKY, UNDELIVERABLE = "deliverable", "unknown", "risky", "undeliverable"
VERDICTS = (DELIVERABLE, RISKY, UNDELIVERABLE, UNKNOWN)
"""In the order people are shown them."""
_SEVERITY = (DELIVERABLE, UNKNOWN, RISKY, UNDELIVERABLE)
"""The worst of an address's marks is its verdict. What is known to be risky says more than what could not be asked."""


class Mark(NamedTuple):
    """One finding: points added to 100, the best verdict that is still possible with it, and its sentence."""

    points: int
    verdict: str
    sentence: str


MARKS: dict[str, Mark] = {
    # the address as text: one of `mailhub.address.REASONS`, and nothing else is looked at
    **{slug: Mark(-100, UNDELIVERABLE, sentence) for slug, sentence in REASONS.items()},
    # what DNS says of the domain
    "no-domain": Mark(-100, UNDELIVERABLE, Sentence("The domain does not exist.")),
    "null-mx": Mark(-100, UNDELIVERABLE, Sentence("The domain says that it takes no mail.")),  # RFC 7505
    "no-mail-server": Mark(-100, UNDELIVERABLE, Sentence("The domain has no mail server.")),
    "implicit-mx": Mark(
        -25, RISKY, Sentence("The domain names no mail server: mail would go to its web address.")
    ),  # RFC 5321 section 5.1
    "dns-failed": Mark(-50, UNKNOWN, Sentence("DNS gave no answer about the domain: verify it again later.")),
    "dns-skipped": Mark(-30, UNKNOWN, Sentence("DNS was not asked about the domain.")),
    # the account's own history
    "hard-bounce": Mark(-90, UNDELIVERABLE, Sentence("A mail to it came back: there is no such mailbox.")),
    "bounced": Mark(-40, RISKY, Sentence("A mail to it came back.")),
    "complained": Mark(-60, RISKY, Sentence("Its owner complained about a mail.")),
    "suppressed": Mark(-40, RISKY, Sentence("It is suppressed in this account.")),
    "delivered": Mark(+10, DELIVERABLE, Sentence("A mail to it was delivered.")),
    "engaged": Mark(+20, DELIVERABLE, Sentence("A mail to it was opened or a link followed.")),
    # what kind of address it is
    "spam-trap": Mark(-80, RISKY, Sentence("It is on a list of spam traps.")),
    "trap-pattern": Mark(-60, RISKY, Sentence("It is written as spam traps are.")),
    "disposable": Mark(-70, RISKY, Sentence("Addresses of this domain are thrown away after use.")),
    "typo": Mark(-40, RISKY, Sentence("The domain looks like a mistyped one.")),
    "role": Mark(-15, DELIVERABLE, Sentence("It belongs to a function, not to a person.")),
    "international": Mark(
        -10, DELIVERABLE, Sentence("It has letters before the @ that not every server takes.")
    ),  # RFC 6531
    "free": Mark(0, DELIVERABLE, Sentence("It is with a free provider.")),
}
"""In the order reasons are told in."""

_PLACE = {slug: place for place, slug in enumerate(MARKS)}


class Weighed(NamedTuple):
    """What the findings on an address come to: `score` is 0 (worst) to 100, `reasons` are slugs in the table's order."""

    verdict: str
    score: int
    reasons: tuple[str, ...]


def weigh(found: Iterable[str]) -> Weighed:
    """Weigh the slugs found of an address."""
    return _weigh(tuple(found))


@lru_cache(4096)
def _weigh(found: tuple[str, ...]) -> Weighed:
    slugs = tuple(sorted(set(found), key=_PLACE.__getitem__))
    verdict = max((MARKS[slug].verdict for slug in slugs), key=_SEVERITY.index, default=DELIVERABLE)
    score = 100 + sum(MARKS[slug].points for slug in slugs)
    return Weighed(verdict, 0 if verdict == UNDELIVERABLE else max(0, min(100, score)), slugs)

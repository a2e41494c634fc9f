"""Which big domain was meant by a mistyped one.

Words with a letter taken out meet in one table, so a domain is compared with a few candidates instead of all.
"""

from itertools import combinations

_BIG = (
    "gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr hotmail.co.uk hotmail.de hotmail.it hotmail.es "
    "live.com live.fr live.co.uk msn.com yahoo.com yahoo.fr yahoo.co.uk yahoo.de yahoo.it yahoo.es ymail.com aol.com icloud.com "
    "protonmail.com proton.me gmx.com gmx.net gmx.de web.de t-online.de mail.com orange.fr wanadoo.fr free.fr laposte.net "
    "sfr.fr neuf.fr bbox.fr bluewin.ch telenet.be skynet.be libero.it videotron.ca sympatico.ca comcast.net "
    "verizon.net btinternet.com fastmail.com zoho.com yandex.ru"
)
BIG = _BIG.split()
"""Domains that people mean when they mistype one; the first wins among equals."""

_SHORT = 5
"""Letters before the first dot below which one changed letter makes another word, not a slip: tree.fr is not free.fr."""
_LONG = 6
"""Letters before the first dot from which there may be a slip in the name and another in the ending: hotmial.con."""
_SLIPS_OF_COM = ("co", "cm", "om")
_OTHERS = frozenset(("email.com", "hmail.com", "gmx.at", "gmx.ch", "gmx.fr", "foxmail.com"))
"""Providers of their own that are a letter or two away from another."""


_LONGEST = max(map(len, BIG)) + 2


def _without(word: str, letters: int) -> set[str]:
    kept = combinations(range(len(word)), len(word) - letters)
    return {"".join(word[place] for place in places) for places in kept}


def _shortened(word: str) -> set[str]:
    shorter = {word} | _without(word, 1)
    return shorter | _without(word, 2) if len(word) > _LONG + 2 else shorter


_known = frozenset(BIG)
_near: dict[str, list[str]] = {}
for _domain in BIG:
    for _word in _shortened(_domain):
        _near.setdefault(_word, []).append(_domain)


def suggestion(domain: str) -> str:
    """The big domain that `domain` (lower case) was probably meant to be, or "" when it is one, or like none."""
    if domain in _known or domain in _OTHERS or not 4 < len(domain) <= _LONGEST:
        return ""
    candidates = {each for word in _shortened(domain) for each in _near.get(word, ())}
    near = [(distance(domain, each), BIG.index(each), each) for each in candidates if _is_slip(domain, each)]
    return min(near)[2] if near else ""


def _is_slip(domain: str, meant: str) -> bool:
    name, _, ending = domain.partition(".")
    right, _, wanted = meant.partition(".")
    if name == right and len(ending) == 2:  # another country's, which is real more often than not
        return wanted == "com" and ending in _SLIPS_OF_COM
    in_name, in_ending = distance(name, right), distance(ending, wanted)
    if in_name > 1 or in_ending > 1 or (in_name + in_ending > 1 and len(right) < _LONG):
        return False
    return len(right) >= _SHORT or sorted(name) == sorted(right)


def distance(one: str, other: str) -> int:
    """How many letters must be added, taken out, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, before, row = before, row, [at]
        for place, opposite in enumerate(other, 1):
            cost = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != opposite))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == opposite:
                cost = min(cost, last[place - 2] + 1)
            row.append(cost)
    return row[-1]

"""What a look at one DNS record can come to: a state, what was found, and one sentence on what to do."""

from dataclasses import dataclass
from typing import Literal

from mailhub.errors import Sentence

State = Literal["ok", "warning", "missing", "wrong", "unasked"]

PROOF, DKIM, SPF, DMARC, RETURN_PATH = "proof", "dkim", "spf", "dmarc", "return_path"
TRACKING, PTR, MTA_STS, TLS_RPT = "tracking", "ptr", "mta_sts", "tls_rpt"
MATTERS = frozenset({PROOF, DKIM, SPF, DMARC, RETURN_PATH})
"""What a domain is called broken for; the others are recommended, or the server's own."""
ORDER = (PROOF, DKIM, SPF, DMARC, RETURN_PATH, TRACKING, PTR, MTA_STS, TLS_RPT)
FAILED = frozenset({"missing", "wrong"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that was looked at. `name` is where in DNS, `found` what stands there; `unasked`: nobody could say."""

    kind: str
    name: str
    state: State
    said: Sentence
    found: str = ""

    @property
    def good(self) -> bool:
        """It serves its purpose."""
        return self.state in ("ok", "warning")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a domain: a verdict on each record, and the TXT records that may prove it."""

    verdicts: tuple[Verdict, ...]
    proofs: tuple[str, ...]


def unasked(kind: str, name: str) -> Verdict:
    """The name servers did not answer, which says nothing of the record."""
    return Verdict(
        kind, name, "unasked", Sentence("The name servers of {name} gave no answer: check again later.", name=name)
    )

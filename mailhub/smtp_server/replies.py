"""What a conversation answers: reply lines with their enhanced codes (RFC 5321 section 4.2, RFC 2034), and refusals."""

import textwrap

from mailhub import outages
from mailhub.errors import Forbidden, Invalid, NotFound, UserError

_WIDTH = 480  # RFC 5321 section 4.5.3.1.5: 512 with code and CRLF


class Refused(Exception):
    """The conversation answers this and goes on, or ends when `close` is set. `enhanced` is empty for none.

    `offence` is a key of `smtp_bans.REASONS` when a stranger who does this often is banned for it.
    """

    def __init__(self, code: int, enhanced: str, sentence: str, *, close: bool = False, offence: str = "") -> None:
        super().__init__(sentence)
        self.code, self.enhanced, self.sentence, self.close, self.offence = code, enhanced, sentence, close, offence

    @property
    def bad_command(self) -> bool:
        """True when the command itself was wrong (syntax, order, login), which is not done often by honest programs."""
        return 500 <= self.code < 540

    def __str__(self) -> str:
        return reply(self.code, self.enhanced, self.sentence)


_TABLE: tuple[tuple[type[UserError], int, str], ...] = (
    (Forbidden, 550, "5.7.1"),
    (NotFound, 550, "5.1.1"),
    (Invalid, 554, "5.6.0"),
    (UserError, 554, "5.0.0"),
)


def refusal(error: UserError) -> Refused:
    """What a person must mend, as a permanent refusal with its sentence."""
    code, enhanced = next((code, enhanced) for kind, code, enhanced in _TABLE if isinstance(error, kind))
    return Refused(code, enhanced, str(error))


def trouble(error: Exception) -> Refused:
    """MailHub's own fault: the sender keeps the mail and tries again (RFC 3463 section 3.4: X.3.1 for a full disk)."""
    outage = outages.find(error)
    if outage is outages.Outage.FULL:
        return Refused(452, "4.3.1", str(outage.value))
    if outage is not None:
        return Refused(451, "4.3.0", str(outage.value))
    return Refused(451, "4.3.0", "Something went wrong here and was logged: try again later.")


def reply(code: int, enhanced: str, sentence: str) -> str:
    """A reply without its last CRLF; a long sentence becomes several lines."""
    if len(sentence) < _WIDTH and sentence.isprintable():  # nearly always
        return f"{code} {enhanced} {sentence}" if enhanced else f"{code} {sentence}"
    text = " ".join("".join(each if each.isprintable() else " " for each in sentence).split())
    lines = textwrap.wrap(text, _WIDTH, break_on_hyphens=False) or [""]
    prefix = f"{enhanced} " if enhanced else ""
    numbered = [f"{code}-{prefix}{line}" for line in lines[:-1]]
    return "\r\n".join([*numbered, f"{code} {prefix}{lines[-1]}".rstrip()])

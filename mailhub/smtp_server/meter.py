"""How much each SMTP login has submitted: counted here for every mail, told to the other processes once a second."""

from collections import Counter
from collections.abc import Iterable

from mailhub.db import now_ms
from mailhub.smtp_limits import HOUR, MINUTE, Limits, Used

Counts = Counter[tuple[int, int]]  # (login's id, minute) → how many


class Meter:
    """One process's counts of the logins that have limits. Used from the loop's thread."""

    def __init__(self) -> None:
        self.limits: dict[int, Limits] = {}
        """Of those logins (by id) that are signed in."""
        self._messages: Counts = Counter()
        self._recipients: Counts = Counter()
        self._fresh: dict[tuple[int, int], tuple[int, int]] = {}
        self._telling: dict[tuple[int, int], tuple[int, int]] = {}

    def refusal(self, login: int, limits: Limits, recipients: int, now: int) -> str:
        """Why a login may not submit a mail to so many recipients now (ms), or ""."""
        minute = now // MINUTE
        messages = (self._sum(0, login, minute, 1), self._sum(0, login, minute, HOUR))
        written = (self._sum(1, login, minute, 1), self._sum(1, login, minute, HOUR))
        for limit, used, more, words in (
            (limits.messages_per_minute, messages[0], 1, "mails a minute"),
            (limits.messages_per_hour, messages[1], 1, "mails an hour"),
            (limits.recipients_per_minute, written[0], recipients, "recipients a minute"),
            (limits.recipients_per_hour, written[1], recipients, "recipients an hour"),
        ):
            if limit and used + more > limit:
                return f"This login may submit {limit} {words} and has done so: go on later."
        return ""

    def count(self, login: int, recipients: int, now: int) -> None:
        """Count a mail that was taken."""
        key = (login, now // MINUTE)
        messages, written = self._fresh.get(key, (0, 0))
        self._fresh[key] = (messages + 1, written + recipients)

    def tell(self) -> list[Used]:
        """What is new and goes to the table now; `told` or `failed` is due afterwards."""
        self._telling, self._fresh = self._fresh, {}
        return [Used(login, minute, *counts) for (login, minute), counts in self._telling.items()]

    def told(self, known: Iterable[Used]) -> None:
        """What the table says of the logins just told of, all processes together."""
        self._telling = {}
        self.learn(known)

    def learn(self, known: Iterable[Used]) -> None:
        """Take in what the table says of a login, and forget what no limit looks at any more."""
        for each in known:
            self._messages[each.credential_id, each.minute] = each.messages
            self._recipients[each.credential_id, each.minute] = each.recipients
        oldest = now_ms() // MINUTE - HOUR
        for counts in (self._messages, self._recipients):
            for key in [key for key in counts if key[1] < oldest]:
                del counts[key]

    def failed(self) -> None:
        """The table could not be written: what is new stays so."""
        for key, (messages, recipients) in self._telling.items():
            more = self._fresh.get(key, (0, 0))
            self._fresh[key] = (messages + more[0], recipients + more[1])
        self._telling = {}

    def _sum(self, which: int, login: int, minute: int, minutes: int) -> int:
        known = (self._messages, self._recipients)[which]
        total = 0
        for each in range(minute - minutes + 1, minute + 1):
            key = (login, each)
            total += known.get(key, 0)
            for mine in (self._fresh, self._telling):
                total += mine[key][which] if key in mine else 0
        return total

"""Building: drafts become signed mails, a handful at a time, since eight signatures at once cost a third of eight.

What a draft is made of is rendering's.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mailhub import metrics
from mailhub.delivery.routes import Route
from mailhub.delivery.smtp_words import Dsn, Outcome
from mailhub.dkim import Signer, Unsigned
from mailhub.errors import UserError
from mailhub.messages import Waiting
from mailhub.multibuffer import WIDTH

GROUP = WIDTH
"""Mails built at once; so many are ready before their connection asks for them."""


log = logging.getLogger(__name__)


@dataclass(slots=True)
class ToSign:
    """A mail that lacks its signature; `finish(signature lines)` gives its bytes."""

    signer: Signer
    mail: Unsigned
    finish: Callable[[bytes], bytes]


Draft = bytes | ToSign


@dataclass(slots=True, eq=False)
class Way:
    """What a batch's messages to one domain have in common: where they may go, in order of preference.

    `source` is the source's id; `urgent`: they go ahead of others. Where a rule depends on who has the domain's mail, and
    that is not known yet, `choose(provider, or None when DNS does not say)` tells the routes; until then they are a guess.
    `whole` is the way of all these messages where some routes have refused these.
    """

    source: int
    domain: str
    routes: tuple[Route, ...]
    urgent: bool = False
    choose: Callable[[str | None], Awaitable[tuple[Route, ...]]] | None = None
    whole: "Way | None" = None


NOWHERE = Way(0, "", ())


@dataclass(slots=True)
class Ready:
    """A message that can be built at any moment. `stuffed`, `dsn`, `passed_on`: see `smtp_words.Outgoing`; `day`: of whose
    caps its pool's address was granted (since 1970)."""

    waiting: Waiting
    envelope_from: str
    stuffed: bool
    draft: Callable[[], Draft]
    dsn: Dsn | None = None
    way: Way = NOWHERE
    day: int = 0
    passed_on: bool = False


class Builder:
    """Builds, in one thread, and keeps account of the CPU time it took until `report`."""

    def __init__(self) -> None:
        self._forget()

    def build(self, group: Sequence[Ready]) -> list[bytes | Exception]:
        """The bytes of each message (about `GROUP` of them), or the error that kept it from being made."""
        began = time.thread_time()
        drafts = [_draft(ready) for ready in group]
        drafted = time.thread_time()
        made = self._sign(drafts)
        self._rendering += drafted - began
        self._signing += time.thread_time() - drafted
        self._rendered += len(group)
        return made

    def _sign(self, drafts: Sequence[Draft | Exception]) -> list[bytes | Exception]:
        made: list[bytes | Exception] = [b"" if isinstance(each, ToSign) else each for each in drafts]
        waiting: dict[Signer, list[tuple[int, ToSign]]] = {}
        for place, each in enumerate(drafts):
            if isinstance(each, ToSign):
                waiting.setdefault(each.signer, []).append((place, each))
        for signer, some in waiting.items():
            self._signed += len(some)
            finished: Sequence[bytes | Exception]
            try:
                signatures = signer.sign_all([each.mail for _, each in some])
                finished = [each.finish(signature) for (_, each), signature in zip(some, signatures, strict=True)]
            except Exception as error:
                finished = [error] * len(some)
            for (place, _), mail in zip(some, finished, strict=True):
                made[place] = mail
        return made

    def report(self) -> float:
        """Put what was counted since the last time into the metrics. Returns the CPU seconds it took."""
        spent = self._rendering + self._signing
        if self._rendered:
            metrics.count("rendered", self._rendered)
            metrics.count("signed", self._signed)
            metrics.spent("render", self._rendering)
            metrics.spent("sign", self._signing)
            self._forget()
        return spent

    def _forget(self) -> None:
        self._rendering = self._signing = 0.0
        self._rendered = self._signed = 0


def _draft(ready: Ready) -> Draft | Exception:
    try:
        return ready.draft()
    except Exception as error:
        return error


def unmade(ready: Ready, error: Exception) -> Outcome:
    """What becomes of a message that could not be built: its writer's mistake bounces it, ours is tried again."""
    if isinstance(error, UserError):
        return Outcome("bounced", 0, "5.6.0", f"The mail could not be made: {error}")
    log.error("message %s could not be made", ready.waiting.id, exc_info=error)
    return Outcome("deferred", 0, "4.3.0", "The mail could not be made: see the server's log.")

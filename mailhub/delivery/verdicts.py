"""From what a server (or the sandbox) answered to the outcome that is settled: final, or when the next attempt is."""

from mailhub.delivery.backoff import delay
from mailhub.delivery.shaping import NOTHING, Meaning, retry_after
from mailhub.delivery.smtp_words import Outcome as Answer
from mailhub.hub import Hub
from mailhub.messages import BOUNCED, DEFERRED, DELIVERED, EXPIRED, Outcome, Waiting

WAITS = ("soon", "slow", "stop", "later")
"""Actions after which a message is tried again, whatever the code's class."""


class Verdicts:
    """Judges answers."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def of(self, waiting: Waiting, answer: Answer, route: str, meaning: Meaning = NOTHING, wait: int = 0) -> Outcome:
        """The outcome of one attempt by a route (its name). A pause before the first attempt does not age a message.

        `wait`: milliseconds for which its lane takes no more.
        """
        now, attempt = self.hub.ms(), waiting.attempts + 1
        kind, due_at = _kind(answer, meaning), 0
        if kind == DEFERRED:
            due_at = now + max(wait, int(_seconds(attempt, answer, meaning) * 1000))
            first_at = waiting.first_at if waiting.attempts else now
            if due_at - first_at > self.hub.config.delivery.retry_for * 1000:
                kind = EXPIRED
        return Outcome(
            waiting.id, attempt, kind, now, answer.code, answer.enhanced, answer.text, meaning.reason, "", route,
            answer.tls, due_at,
        )  # fmt: skip


def _kind(answer: Answer, meaning: Meaning) -> str:
    if answer.kind == DELIVERED:
        return DELIVERED
    if meaning.action in WAITS:
        return DEFERRED
    return BOUNCED if meaning.action == "bounce" else str(answer.kind)


def _seconds(attempt: int, answer: Answer, meaning: Meaning) -> float:
    """Until the next attempt: what the server says, at least the usual, except that greylisting wants a quick one."""
    told = retry_after(answer.text)
    usual = delay(attempt, quick=meaning.action == "soon")
    return float(told) if told and meaning.action == "soon" else max(usual, told)

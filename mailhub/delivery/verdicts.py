"""From what a server (or the sandbox) answered to the outcome that is settled: final, or when the next attempt is."""

from collections.abc import Sequence

from mailhub.delivery.backoff import delay
from mailhub.delivery.building import Ready
from mailhub.delivery.smtp_words import Outcome as Answer
from mailhub.hub import Hub
from mailhub.messages import DEFERRED, EXPIRED, Outcome, Waiting


class Verdicts:
    """Judges answers for one route, by its name in the ledger."""

    def __init__(self, hub: Hub, route: str) -> None:
        self.hub, self.route = hub, route

    def of(self, waiting: Waiting, answer: Answer) -> Outcome:
        """The outcome of one attempt. A pause before the first attempt does not age a message."""
        now, attempt = self.hub.ms(), waiting.attempts + 1
        kind, due_at = str(answer.kind), 0
        if kind == DEFERRED:
            due_at = now + int(delay(attempt) * 1000)
            first_at = waiting.first_at if waiting.attempts else now
            if due_at - first_at > self._patience():
                kind = EXPIRED
        return Outcome(
            waiting.id, attempt, kind, now, answer.code, answer.enhanced, answer.text, "", "", self.route, answer.tls, due_at
        )  # fmt: skip

    def of_expired(self, messages: Sequence[Ready], failure: Answer) -> list[Outcome]:
        """The outcomes of those that have waited too long for a destination nobody can reach."""
        oldest = self.hub.ms() - self._patience()
        old = (each.waiting for each in messages if each.waiting.attempts and each.waiting.first_at < oldest)
        return [self.of(waiting, failure) for waiting in old]

    def _patience(self) -> int:
        return self.hub.config.delivery.retry_for * 1000

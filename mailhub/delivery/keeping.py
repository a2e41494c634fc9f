"""The sandbox route: a batch is kept here instead of leaving, in one transaction."""

from collections.abc import Sequence

from mailhub.delivery.building import Builder, Ready, unmade
from mailhub.delivery.desk import Desk
from mailhub.delivery.routes import SANDBOX
from mailhub.delivery.sandbox import Delivered, keep
from mailhub.delivery.smtp_words import Outcome
from mailhub.delivery.verdicts import Verdicts
from mailhub.hub import Hub
from mailhub.messages import Source

KEPT = Outcome("delivered", 250, "2.0.0", "kept in the sandbox")


class Keeper:
    """Keeps mail in the sandbox; on the desk's thread. Keeping twice is keeping once, so no journal is needed."""

    def __init__(self, hub: Hub, desk: Desk, verdicts: Verdicts) -> None:
        self.hub = hub
        self._desk, self._verdicts = desk, verdicts
        self._builder = Builder()

    def keep(self, source: Source, messages: Sequence[Ready]) -> None:
        """Keep messages of a source and note that they were delivered."""
        mails, outcomes = [], []
        for ready, made in zip(messages, self._builder.build(messages), strict=True):
            if isinstance(made, bytes):
                mails.append(self._sandboxed(source, ready, made))
                outcomes.append(self._verdicts.of(ready.waiting, KEPT, SANDBOX))
            else:
                self._desk.journal.add(self._verdicts.of(ready.waiting, unmade(ready, made), SANDBOX))
        keep(mails)
        self._desk.journal.pending += outcomes
        self._builder.report()

    def _sandboxed(self, source: Source, ready: Ready, mail: bytes) -> Delivered:
        each = ready.waiting
        return Delivered(
            each.id, source.account_id, source.id, ready.envelope_from, each.address, mail, self.hub.ms(),
            source.stream == "system",
        )  # fmt: skip

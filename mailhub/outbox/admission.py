"""May these messages leave? Suppression first, then every plugin's `admit_messages`; asked at submit and at claim."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mailhub.addresses import suppressed
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import Source, Waiting
from mailhub.plugins import PluginFault
from mailhub.vocabulary import Hold, Refuse, Stage

log = logging.getLogger(__name__)

HOLD_AFTER_FAULT = 60_000
"""Milliseconds a source is held when a plugin failed to answer."""


class Held(Exception):
    """Nothing of this page may leave now; the source is to be held until `until` (ms)."""

    def __init__(self, reason: str, until: int) -> None:
        super().__init__(reason)
        self.reason, self.until = reason, until


def failed(fault: PluginFault, source: Source) -> Sentence:
    """Why a source is held when a plugin did not answer; the log has the whole."""
    log.exception("source %s was held: %s", source.id, fault)
    return Sentence("The plugin {plugin} failed to answer.", plugin=fault.plugin)


Refusals = dict[int, tuple[str, Refuse]]
"""Message id → (the plugin that refused, its refusal)."""


def admit(hub: Hub, source: Source, messages: Sequence[Waiting], stage: Stage) -> Refusals:
    """Who may not leave, and why. Raises `Held` when a plugin asks for it or fails: admission fails closed."""
    refusals = _suppressed(source, messages)
    try:
        for plugin, answer in hub.ask("admit_messages", hub=hub, source=source, messages=messages, stage=stage):
            if isinstance(answer, Hold):
                raise Held(answer.reason, answer.until)
            for message_id, refusal in _checked(plugin, answer).items():
                refusals.setdefault(message_id, (plugin, refusal))
    except PluginFault as fault:
        raise Held(failed(fault, source), hub.ms() + HOLD_AFTER_FAULT) from fault
    return refusals


def _checked(plugin: str, answer: Any) -> Mapping[int, Refuse]:
    """A plugin's refusals. Raises `PluginFault` for anything else: what cannot be understood lets nothing through."""
    refusals = {} if answer is None else answer
    if isinstance(refusals, Mapping) and all(isinstance(each, Refuse) for each in refusals.values()):
        return refusals
    raise PluginFault(plugin, "admit_messages", TypeError(f"{answer!r} is neither refusals nor a hold"))


def _suppressed(source: Source, messages: Sequence[Waiting]) -> Refusals:
    """Those suppressed; nobody for the system's mail, which goes to an account's own people and not to its audience."""
    if source.stream == "system":
        return {}
    known = suppressed(source.account_id, [each.address_key for each in messages], source.stream)
    if not known:
        return {}
    return {
        each.id: ("mailhub", Refuse("suppressed", f"suppressed: {known[each.address_key]}"))
        for each in messages
        if each.address_key in known
    }

"""Mail for plugins: who it is from is found out beside, then each is given to the plugin that takes it, by itself."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial

from mailhub import metrics, outages
from mailhub.authentication.results import stamp
from mailhub.authentication.verdicts import Verdicts
from mailhub.db import transaction
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.inbound import Mail
from mailhub.inbound.arrivals import Claimed, put_off, still, take_away
from mailhub.inbound.asking import Envelope, desk, unknown
from mailhub.inbound.failing import failed
from mailhub.inbound.keeping import keep_one

PATIENCE, BATCH = 0.3, 1.0
"""Seconds a batch waits for the next answer of DNS, and for all; what comes later is there when the mail is looked at
again."""
AGAIN = 1000
"""Milliseconds until it is."""
UNASKED = 15_000
"""Milliseconds after which a mail is handed on as unknown that could not be asked about, while many name servers are slow."""
_KEPT_WHEN = {"tag": (), "quarantine": ("quarantine", "reject"), "refuse": ("quarantine",)}
"""Which wishes of a sender's domain keep a mail for staff, by the listener's policy. What was to be refused and was not
known in time is only tagged: its sender was promised that it is taken."""
log = logging.getLogger(__name__)


Asked = dict[Future[Verdicts], list[Claimed]]


def hand(hub: Hub, slot: int, batch: Sequence[Claimed], until: float) -> None:
    """Give mails to the plugins. Those whose sender is not known when the answers stop coming, or by `until` (monotonic
    seconds), are put off; where there was no room to ask for long, they are given as unknown."""
    asked: Asked = {}
    until = min(until, time.monotonic() + BATCH)
    waiting = _ask(hub, batch, asked)
    while asked or waiting:
        done = _answered(asked, until)
        for answer in done:
            for each in asked.pop(answer):
                give(hub, slot, each, answer.result)
        before = len(waiting)
        if time.monotonic() < until:
            waiting = _ask(hub, waiting, asked)
        if not done and len(waiting) == before:
            break
    late = _late(hub, waiting)
    for each in late:
        give(hub, slot, each, partial(unknown, _envelope(each)))
    _put_off(hub, slot, [*(each for several in asked.values() for each in several), *waiting], late)


def _answered(asked: Asked, until: float) -> set[Future[Verdicts]]:
    """Wait for answers, or for room where nothing is asked."""
    patience = max(0.0, min(until - time.monotonic(), PATIENCE))
    if not asked:
        time.sleep(patience)
    return wait(asked, patience, FIRST_COMPLETED).done


def _late(hub: Hub, waiting: Sequence[Claimed]) -> list[Claimed]:
    office = desk(hub)
    before = hub.ms() - UNASKED
    return [each for each in waiting if max(each.received_at, office.since) <= before] if office.is_slow() else []


def _put_off(hub: Hub, slot: int, mails: Sequence[Claimed], given: Sequence[Claimed]) -> None:
    done = {each.id for each in given}
    left = [each for each in mails if each.id not in done]
    if left:
        with transaction():
            mine = still(slot, left)
            put_off([each for each in left if each.id in mine], hub.ms() + AGAIN, counted=False)


def _ask(hub: Hub, mails: Sequence[Claimed], asked: Asked) -> list[Claimed]:
    """Ask about mails as far as there is room. Returns the others."""
    waiting = []
    for each in mails:
        answer = desk(hub).ask(_envelope(each))
        if answer is None:
            waiting.append(each)
        else:
            asked.setdefault(answer, []).append(each)
    return waiting


def _envelope(each: Claimed) -> Envelope:
    return Envelope(each.mail_id, each.content, each.peer, each.helo, each.sender, each.received_at)


def give(hub: Hub, slot: int, each: Claimed, found: Callable[[], Verdicts]) -> None:
    """Give one mail to the plugin that takes it; what it writes and that the mail is done commit together."""
    try:
        mail = _mail(hub, each, found())
        with transaction():
            if still(slot, [each]):
                _give(hub, each, mail)
    except UserError as error:
        with transaction():
            if still(slot, [each]):
                keep_one(hub, each, "refused", error.sentence)
    except Exception as error:
        if outages.find(error) is not None:
            raise
        log.exception("a plugin failed at arrival %s", each.id)
        failed(hub, slot, each, error)


def _mail(hub: Hub, each: Claimed, verdicts: Verdicts) -> Mail | None:
    """A mail with what was found out on top; None when it is to be kept for that. Nothing is locked meanwhile."""
    if verdicts.policy_result in _KEPT_WHEN[each.policy]:
        return None
    content = stamp(each.content, verdicts, hub.config.smtp.hostname)
    return Mail(each.sender, each.recipient, content, each.peer, each.helo, each.received_at, verdicts)


def _give(hub: Hub, each: Claimed, mail: Mail | None) -> None:
    if mail is None:
        keep_one(hub, each, "unauthenticated")
    elif hub.hook.receive_mail(hub=hub, mail=mail):
        take_away([each])
        metrics.count("inbound.handed")
    else:
        keep_one(hub, each, "nobody")

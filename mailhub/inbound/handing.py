"""Mail for plugins: who it is from is found out beside, then each is given to the plugin that takes it, by itself."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future

from mailhub import metrics, outages
from mailhub.authentication.results import stamp
from mailhub.authentication.verdicts import Verdicts
from mailhub.db import transaction
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.inbound import Mail
from mailhub.inbound.arrivals import Claimed, put_off, still, take_away
from mailhub.inbound.asking import Envelope, as_they_come, desk
from mailhub.inbound.failing import failed
from mailhub.inbound.keeping import keep_one

PATIENCE = 0.3
"""Seconds a batch waits for answers of DNS; what comes later is there when the mail is looked at again."""
AGAIN = 1000
"""Milliseconds until it is."""
_KEPT_WHEN = {"tag": (), "quarantine": ("quarantine", "reject"), "refuse": ("quarantine",)}
"""Which wishes of a sender's domain keep a mail for staff, by the listener's policy. What was to be refused and was not
known in time is only tagged: its sender was promised that it is taken."""
log = logging.getLogger(__name__)


def hand(hub: Hub, slot: int, batch: Sequence[Claimed], until: float) -> None:
    """Give mails to the plugins; those whose sender is not known by `until` (monotonic seconds) are put off."""
    asked: dict[Future[Verdicts], list[Claimed]] = {}
    for each in batch:
        envelope = Envelope(each.mail_id, each.content, each.peer, each.helo, each.sender)
        asked.setdefault(desk(hub).ask(envelope), []).append(each)
    left = {each.id: each for each in batch}
    for answer in as_they_come(asked, min(until, time.monotonic() + PATIENCE)):
        for each in asked[answer]:
            del left[each.id]
            give(hub, slot, each, answer.result())
    if left:
        with transaction():
            mine = still(slot, left.values())
            put_off([each for each in left.values() if each.id in mine], hub.ms() + AGAIN, counted=False)


def give(hub: Hub, slot: int, each: Claimed, verdicts: Verdicts) -> None:
    """Give one mail to the plugin that takes it; what it writes and that the mail is done commit together."""
    try:
        with transaction():
            if still(slot, [each]):
                _give(hub, each, verdicts)
    except UserError as error:
        with transaction():
            if still(slot, [each]):
                keep_one(hub, each, "refused", error.sentence)
    except Exception as error:
        if outages.find(error) is not None:
            raise
        log.exception("a plugin failed at arrival %s", each.id)
        failed(hub, slot, each, error)


def _give(hub: Hub, each: Claimed, verdicts: Verdicts) -> None:
    if verdicts.policy_result in _KEPT_WHEN[each.policy]:
        keep_one(hub, each, "unauthenticated")
        return
    content = stamp(each.content, verdicts, hub.config.smtp.hostname)
    mail = Mail(each.sender, each.recipient, content, each.peer, each.helo, each.received_at, verdicts)
    if hub.hook.receive_mail(hub=hub, mail=mail):
        take_away([each])
        metrics.count("inbound.handed")
    else:
        keep_one(hub, each, "nobody")

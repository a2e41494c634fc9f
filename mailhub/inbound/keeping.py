"""Mail kept for staff: what nobody understood, what failed, what is for the postmaster. Bounded in number and in days."""

import logging

from mailhub.db import bulk, sql
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.inbound import forwarding
from mailhub.inbound.arrivals import Claimed, keep, remove, take_away
from mailhub.messages import NEVER
from mailhub.parts import header_of, words

REASONS = {
    "nobody": Sentence("no plugin took it"),
    "not_understood": Sentence("not understood"),
    "no_message": Sentence("a complaint about no message of ours"),
    "staff": Sentence("for the postmaster"),
    "unauthenticated": Sentence("not from whom it says it is"),
    "refused": Sentence("refused by a plugin"),
    "failed": Sentence("reading it failed three times"),
}
"""Why a mail is kept, for pages."""
SUBJECT = 200
DAY = 86_400_000
PAGE = 500
log = logging.getLogger(__name__)


def keep_one(hub: Hub, each: Claimed, why: str, told: Sentence | str = "") -> None:
    """Keep a mail, in the caller's transaction; what is for staff is sent on instead where that is configured, once."""
    subject = subject_of(each.content)
    target = hub.config.inbound.forward_to
    if why == "staff" and target and not forwarding.comes_back(hub, each.content):
        forwarding.send(hub, each.sender, each.recipient, each.content, subject, target)
        take_away([each])
        return
    log.info("arrival %s was kept for staff: %s", each.id, why)
    keep(each, why, told, subject)


def subject_of(content: bytes) -> str:
    """The subject as text, on one line; "" without one."""
    return " ".join(words(header_of(content).get("subject")).split())[:SUBJECT]


def forget_old(hub: Hub) -> None:
    """Delete what is older than configured, and the oldest beyond the configured number and size; the clock's work."""
    config = hub.config.inbound
    before, octets = hub.ms() - config.kept_days * DAY, config.kept_megabytes * 1_000_000
    while True:
        with bulk():
            rows = sql(_BEYOND, (NEVER, before, config.kept_most, octets, PAGE)).fetchall()
            remove([id_ for id_, _ in rows], [mail for _, mail in rows])
        if len(rows) < PAGE:
            return


_BEYOND = (
    "SELECT id, mail_id FROM (SELECT a.id, a.mail_id, m.received_at, row_number() OVER (ORDER BY a.id DESC) AS place, "
    "sum(m.size) OVER (ORDER BY a.id DESC) AS octets FROM arrivals a JOIN arrived_mails m ON m.id = a.mail_id "
    "WHERE a.due_at = ?) AS kept WHERE received_at < ? OR place > ? OR octets > ? ORDER BY id LIMIT ?"
)

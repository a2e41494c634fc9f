"""Which submitted mails deserve a notice: those that failed, and those whose submitter asked; each exactly once.

It follows the events with a cursor of its own, which moves in the transaction that hands the notices to the outbox.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import peewee

from mailhub import outbox
from mailhub.accounts import Account
from mailhub.address import address_key, check, domain_of
from mailhub.alarm import sender_of
from mailhub.db import Model, in_list, is_postgres, sql, transaction
from mailhub.delivery.smtp_words import PASSED_ON
from mailhub.domains.policy import may_write_from
from mailhub.dsn.report import WHOLE_LENGTH, Fate, Report
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.ids import time_of
from mailhub.messages import DEFERRED, OPEN, Source
from mailhub.vocabulary import Recipient, Schedule

KIND = "notice"
"""The kind of the sources notices come from: one for each account, stream `system`, never finished."""
CURSOR = "dsn"
PAGE = 2000
"""Events looked at in one transaction."""
SLICE = 1.0
"""Seconds one call of the clock works at most."""
PER_HOUR = 100
"""Notices one sender is sent in an hour at most."""
RECIPIENTS = 100
"""Recipients one notice tells of."""
HOUR = 3_600_000
log = logging.getLogger(__name__)


class SentNotice(Model):
    """How many notices a sender was sent in an hour (counted since 1970)."""

    address_key = peewee.BigIntegerField()
    hour = peewee.BigIntegerField()
    count = peewee.IntegerField(default=0)

    class Meta:
        table_name = "sent_notices"
        primary_key = peewee.CompositeKey("address_key", "hour")


class Happened(NamedTuple):
    """A final outcome of a submitted message, with what its submitter asked ("" for nothing)."""

    message_id: int
    account_id: int
    content_id: int
    address: str
    kind: str
    code: int
    enhanced: str
    text: str
    at: int
    ret: str
    envid: str
    notify: str
    orcpt: str
    reason: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether its submitter wants to hear of it from us: of failures, unless they said otherwise; of success, unless the
        next server was asked to tell of it."""
        if self.reason == PASSED_ON:
            return False
        asked = self.notify.split(",") if self.notify else ["FAILURE"]
        return ("SUCCESS" if self.kind == "delivered" else "FAILURE") in asked and self.kind != "cancelled"


_HAPPENED = (
    "SELECT m.id, m.account_id, m.content_id, m.address, m.outcome, m.code, m.enhanced, m.text, m.settled_at, "
    "coalesce(v.ret, ''), coalesce(v.envid, ''), coalesce(v.notify, ''), coalesce(v.orcpt, ''), m.reason "
    "FROM events e JOIN sources s ON s.id = e.source_id AND s.kind = 'smtp' "
    "JOIN messages m ON m.id = e.message_id LEFT JOIN envelopes v ON v.message_id = e.message_id "
    "WHERE e.id > ? AND e.id <= ? AND e.kind = m.outcome AND m.content_id IS NOT NULL "
    "AND (e.kind IN ('bounced', 'expired', 'refused') OR v.message_id IS NOT NULL) ORDER BY e.id"
)


def notify(hub: Hub) -> None:
    """What the clock calls: look at what happened since last time, and send the notices it deserves."""
    until = time.monotonic() + SLICE
    while _has_more() and time.monotonic() < until:
        with transaction():
            _page(hub)


def forget_old(hub: Hub) -> None:
    """Delete counts of hours that have passed; the clock's work."""
    with transaction():
        sql("DELETE FROM sent_notices WHERE hour < ?", (hub.ms() // HOUR - 1,))


def _has_more() -> bool:
    newest = sql("SELECT max(id) FROM events").fetchone()[0] or 0
    row = sql("SELECT position FROM cursors WHERE name = ?", (CURSOR,)).fetchone()
    return bool(newest > (row[0] if row else 0))


def _page(hub: Hub) -> None:
    locked = " FOR UPDATE" if is_postgres() else ""
    position = sql(f"SELECT position FROM cursors WHERE name = ?{locked}", (CURSOR,)).fetchone()[0]
    last = sql(
        "SELECT max(id) FROM (SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?) AS page", (position, PAGE)
    ).fetchone()[0]
    if last is None:
        return
    happened = [Happened(*row) for row in sql(_HAPPENED, (position, last)).fetchall()]
    by_mail: dict[int, list[Happened]] = defaultdict(list)
    for each in happened:
        if each.is_wanted:
            by_mail[each.content_id].append(each)
    for content_id, some in by_mail.items():
        tell(hub, content_id, some)
    _forget_asked(happened)
    sql("UPDATE cursors SET position = ? WHERE name = ?", (last, CURSOR))


def _forget_asked(happened: Iterable[Happened]) -> None:
    ids = [each.message_id for each in happened]
    if ids:
        condition, parameters = in_list("message_id", ids)
        sql(f"DELETE FROM envelopes WHERE {condition}", parameters)


def tell(hub: Hub, content_id: int, happened: list[Happened]) -> None:
    """Send a mail's submitter a notice in the caller's transaction, unless there is nobody who may be told, or too often."""
    first = happened[0]
    row = sql(
        "SELECT subject, envelope_from, length(body), substr(body, 1, ?) FROM contents WHERE id = ?",
        (WHOLE_LENGTH, content_id),
    ).fetchone()
    if row is None or not _may_be_told(hub, first.account_id, row[1] or ""):
        return
    subject, sender, length, body = row
    for start in range(0, len(happened), RECIPIENTS):
        if not _count(hub, sender):
            log.warning(
                "account %s: a sender was told of %s failures in this hour, and no more", first.account_id, PER_HOUR
            )
            return
        whole = first.ret == "FULL" and length <= WHOLE_LENGTH
        original = bytes(body)
        _send(hub, sender, subject, original, whole, happened[start : start + RECIPIENTS])


def _may_be_told(hub: Hub, account_id: int, sender: str) -> bool:
    """Never the null sender, and nobody whose domain is not the account's: a notice must reach no stranger."""
    return bool(sender) and check(sender) is None and may_write_from(hub, account_id, domain_of(sender))


def _count(hub: Hub, sender: str) -> bool:
    """Count a notice. False when the sender had enough of them in this hour."""
    counted = sql(
        "INSERT INTO sent_notices (address_key, hour, count) VALUES (?, ?, 1) "
        "ON CONFLICT (address_key, hour) DO UPDATE SET count = sent_notices.count + 1 RETURNING count",
        (address_key(sender), hub.ms() // HOUR),
    ).fetchone()
    return int(counted[0]) <= PER_HOUR


def _send(hub: Hub, sender: str, subject: str, original: bytes, whole: bool, happened: list[Happened]) -> None:
    first = happened[0]
    report = Report(
        hostname=hub.config.smtp.hostname, sender=f"MAILER-DAEMON@{domain_of(sender_of(hub))}", recipient=sender,
        language=_language(first.account_id), subject=subject, original=original, whole=whole, envid=first.envid,
        arrived=time_of(first.message_id), at=hub.ms(), number=hub.node.new_ids(1)[0],
        fates=[_fate(hub, each) for each in happened],
    )  # fmt: skip
    try:
        with transaction():
            _submit(hub, first.account_id, report)
    except (outbox.Held, UserError) as error:
        log.warning("account %s: a notice of a mail's fate could not be sent (%s)", first.account_id, error)


def _fate(hub: Hub, each: Happened) -> Fate:
    until = time_of(each.message_id) + hub.config.delivery.retry_for * 1000 if each.kind == DEFERRED else 0
    return Fate(each.address, each.kind, each.code, each.enhanced, each.text, each.at, each.orcpt, until)


def _submit(hub: Hub, account_id: int, report: Report) -> None:
    content: Any = sql(
        "INSERT INTO contents (account_id, kind, subject, from_address, body, links, created_at, envelope_from) "
        "VALUES (?, 'mime', ?, ?, ?, '[]', ?, '') RETURNING id",
        (account_id, report.title, report.sender, report.content(), hub.ms()),
    ).fetchone()
    outbox.submit(
        hub, _source(hub, account_id), [Recipient(0, report.recipient)], content_id=content[0], envelope_from=""
    )


def _language(account_id: int) -> str:
    return "fr" if Account.get_by_id(account_id).language == "fr" else "en"


def _source(hub: Hub, account_id: int) -> Source:
    found: Source | None = Source.of(account_id).where(Source.kind == KIND, Source.state.in_((OPEN, "held"))).first()
    return found or outbox.open_source(
        hub, account_id, KIND, "Delivery notices", stream="system", started_at=hub.ms(), filling=True
    )


SCHEDULES = (Schedule("dsn", 2, notify), Schedule("dsn.forget", 3600, forget_old))

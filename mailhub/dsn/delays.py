"""Mail that waits for hours: its submitter hears of it once, if they asked for that (RFC 3461 section 5.3.1, NOTIFY=DELAY).

Programs that say nothing are told nothing: a mail that is late, and arrives, is no news to most of them.
"""

from collections import defaultdict

from mailhub.db import sql, sql_many, transaction
from mailhub.delivery.smtp_words import Dsn
from mailhub.dsn.notices import HOUR, PAGE, Happened, tell
from mailhub.hub import Hub
from mailhub.ids import first_at
from mailhub.messages import NEVER
from mailhub.vocabulary import Schedule

EVERY = 60
"""Seconds between two looks."""
_LATE = (
    "SELECT q.id, s.account_id, coalesce(q.content_id, s.content_id), q.address, 'deferred', q.code, '', q.text, "
    "coalesce((SELECT max(e.at) FROM events e WHERE e.message_id = q.id AND e.attempt > 0), 0), "
    "v.ret, v.envid, v.notify, v.orcpt, q.reason FROM envelopes v JOIN queue q ON q.id = v.message_id "
    "JOIN sources s ON s.id = q.source_id AND s.kind = 'smtp' "
    "WHERE v.message_id < ? AND v.notify LIKE ? AND q.due_at < ? ORDER BY q.id LIMIT ?"
)


def tell_of_delays(hub: Hub) -> None:
    """What the clock calls: tell of what was submitted `delivery.delay_notice` hours ago, and is not held by hand."""
    hours = hub.config.delivery.delay_notice
    if not hours:
        return
    with transaction():
        asked = (first_at(hub.ms() - hours * HOUR), "%DELAY%", NEVER, PAGE)
        late = [Happened(*row) for row in sql(_LATE, asked).fetchall()]
        by_mail: dict[int, list[Happened]] = defaultdict(list)
        for each in late:
            by_mail[each.content_id].append(each)
        for content_id, some in by_mail.items():
            tell(hub, content_id, some)
        told = [(Dsn(notify=each.notify).without("DELAY").notify, each.message_id) for each in late]
        if told:
            sql_many("UPDATE envelopes SET notify = ? WHERE message_id = ?", told)


SCHEDULES = (Schedule("dsn.delays", EVERY, tell_of_delays),)

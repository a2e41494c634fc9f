"""The job of one endpoint: what waits for it is posted in order, one request after the other, in slices of a second.

The cursor moves when the receiver has said 2xx: who is killed in between posts a little again, and nothing is left out.
"""

import logging
import time
from collections.abc import Sequence

from mailhub import Hub
from mailhub.db import in_list, sql, transaction
from mailhub.errors import Sentence
from mailhub.jobs.rows import Job
from mailhub.messages import Event
from mailhub.sentences import keep, recall
from mailhub_webhooks import payloads
from mailhub_webhooks.addresses import parse
from mailhub_webhooks.models import ACTIVE, DISABLED, Delivery, Endpoint, Extra
from mailhub_webhooks.posting import Answer, Connection
from mailhub_webhooks.signing import headers

KIND = "webhooks.deliver"
PAGE = 500
"""Events read at once."""
SCAN = 20_000
"""Events passed over at once, when they are other accounts' or of kinds nobody asked for."""
SAVE = 0.25
"""Seconds between two notes of how far an endpoint is: what a killed worker posts again."""
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600)
"""Seconds between two tries; the last one counts for all that follow."""
GIVE_UP = 3 * 86_400_000
"""Milliseconds after which an endpoint that never answered is switched off."""
LOGGED = 20
"""Requests of a slice that are kept in the log when all went well: the last ones. What fails is always kept."""
LOG_KEEPS = 500

log = logging.getLogger(__name__)


def step(hub: Hub, job: Job, until: float) -> bool | float:
    """One slice: True when more waits, seconds to wait when the receiver was slow, False when there is nothing to do."""
    endpoint = Endpoint.get_or_none(Endpoint.id == job.ref)
    if endpoint is None:
        return False
    with_care = Slice(hub, endpoint, until)
    try:
        more = with_care.work()
    finally:
        with_care.close()
    job.done += with_care.sent
    late = time.monotonic() - until
    return late if more and late > 0.5 else more  # a slow receiver has half of a worker at most


class Slice:
    """One endpoint's second: what it reads, posts and notes."""

    def __init__(self, hub: Hub, endpoint: Endpoint, until: float) -> None:
        self.hub, self.endpoint, self.until = hub, endpoint, until
        self.sent = 0
        allow = hub.config.webhooks.allow_private
        self._connection = Connection(parse(endpoint.url, True), allow)
        self._secret = hub.keyring.decrypt(endpoint.secret).decode()
        self._noted: list[Delivery] = []
        self._saved_at, self._saved = time.monotonic(), endpoint.position

    def work(self) -> bool:
        """Post until the time is over; whether more waits."""
        self._extras()
        if self.endpoint.state != ACTIVE or self.endpoint.next_at > self.hub.ms():
            return False
        while time.monotonic() < self.until:
            last, events = _next(self.endpoint)
            if last == self.endpoint.position:
                return False
            posted = self._page(events)
            if self.endpoint.failures or self.endpoint.state != ACTIVE:
                return False
            if posted == len(events):
                self.endpoint.position = last
        return True

    def _page(self, events: Sequence[Event]) -> int:
        """Post a page of events in order; how many were taken before one was not, or the time was over."""
        values = payloads.shown(events)
        size = self.endpoint.batch
        for start in range(0, len(events), size):
            part = events[start : start + size]
            if time.monotonic() >= self.until:
                return start
            if not self._post(part, payloads.body(values[start : start + size], size > 1), size > 1):
                return start
            self.endpoint.position = part[-1].id
            self._save()
        return len(events)

    def _post(self, part: Sequence[Event], body: bytes, batched: bool) -> bool:
        answer = self._send(part, body, batched)
        if answer.taken:
            self.sent += len(part)
            if self.endpoint.failures:
                _healed(self.endpoint)
            return True
        _failed(self.hub, self.endpoint, answer)
        return False

    def _send(self, part: Sequence[Event], body: bytes, batched: bool) -> Answer:
        webhook_id, began = payloads.request_id(part, batched), time.monotonic()
        signed = headers(self._secret, webhook_id, self.hub.ms() // 1000, body)
        answer = self._connection.post(body, signed)
        took = int((time.monotonic() - began) * 1000)
        kind = payloads.BATCH if batched else part[0].kind
        self._noted.append(
            Delivery(
                endpoint=self.endpoint.id, webhook_id=webhook_id, event_id=part[0].id, kind=kind, events=len(part),
                at=self.hub.ms(), took=took, code=answer.code, text=recall(keep(answer.text).replace("\0", "")),
            )
        )  # fmt: skip
        if len(self._noted) > 2 * LOGGED:
            self._noted = _worth_keeping(self._noted)
        return answer

    def _extras(self) -> None:
        """Tests and repeats go first, each once, whatever state the endpoint is in; they move no cursor."""
        for extra in list(Extra.select().where(Extra.endpoint == self.endpoint.id).order_by(Extra.id).limit(20)):
            event = Event.get_or_none(Event.id == extra.event_id, Event.account_id == self.endpoint.account_id)
            if event is not None:
                batched = self.endpoint.batch > 1
                self._send([event], payloads.body(payloads.shown([event]), batched), batched)
            with transaction():
                Extra.delete().where(Extra.id == extra.id).execute()
            if time.monotonic() >= self.until:
                return

    def _save(self, now: bool = False) -> None:
        endpoint = self.endpoint
        if endpoint.position > self._saved and (now or time.monotonic() - self._saved_at > SAVE):
            with transaction():
                Endpoint.update(position=endpoint.position).where(
                    Endpoint.id == endpoint.id, Endpoint.position < endpoint.position
                ).execute()
            self._saved, self._saved_at = endpoint.position, time.monotonic()

    def close(self) -> None:
        """Note how far it is, write the log, close the connection."""
        self._connection.close()
        self._save(now=True)
        if self._noted and Endpoint.select().where(Endpoint.id == self.endpoint.id).exists():
            _write_log(self.endpoint.id, _worth_keeping(self._noted))


def _next(endpoint: Endpoint) -> tuple[int, list[Event]]:
    """The endpoint's next events, and up to which event there are no others of its own."""
    row = sql("SELECT max(id) FROM (SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?) AS next",
              (endpoint.position, SCAN)).fetchone()  # fmt: skip
    last = int(row[0] or endpoint.position)
    if last == endpoint.position or not endpoint.kinds:
        return last, []
    condition, kinds = in_list("kind", endpoint.kinds)
    rows = sql(
        f"SELECT id FROM events WHERE id > ? AND id <= ? AND account_id = ? AND {condition} ORDER BY id LIMIT ?",
        [endpoint.position, last, endpoint.account_id, *kinds, PAGE],
    ).fetchall()
    ids = [row[0] for row in rows]
    events = list(Event.select().where(Event.id.in_(ids)).order_by(Event.id)) if ids else []
    return (ids[-1] if len(ids) == PAGE else last), events


def _healed(endpoint: Endpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.next_at = 0, None, 0
    with transaction():
        Endpoint.update(failures=0, failing_since=None, next_at=0).where(Endpoint.id == endpoint.id).execute()


def _failed(hub: Hub, endpoint: Endpoint, answer: Answer) -> None:
    """Try again later, or switch it off: at once when the receiver says it is gone, else after three days."""
    now = hub.ms()
    since = endpoint.failing_since or now
    wait = max(BACK_OFF[min(endpoint.failures, len(BACK_OFF) - 1)], answer.retry_after)
    endpoint.failures, endpoint.failing_since, endpoint.next_at = endpoint.failures + 1, since, now + wait * 1000
    with transaction():
        Endpoint.update(failures=endpoint.failures, failing_since=since, next_at=endpoint.next_at).where(
            Endpoint.id == endpoint.id
        ).execute()
    if answer.code == 410:
        _switch_off(hub, endpoint, Sentence("The receiver answered 410: it wants no more events."))
    elif now - since >= GIVE_UP:
        last = str(answer.code or answer.text)[:250]
        _switch_off(hub, endpoint, Sentence("It took no event for three days; last: {answer}", answer=last))
    else:
        log.info("webhook endpoint %s took no event (%s), tried again in %s s", endpoint.id, answer.code, wait)


def _switch_off(hub: Hub, endpoint: Endpoint, reason: Sentence) -> None:
    with transaction():
        changed = (
            Endpoint.update(state=DISABLED, reason=reason)
            .where(Endpoint.id == endpoint.id, Endpoint.state == ACTIVE)
            .execute()
        )
        if changed:
            hub.emit("webhook.disabled", endpoint.account_id, number=endpoint.id, reason=reason)
    log.warning("webhook endpoint %s was switched off", endpoint.id)


def _worth_keeping(noted: list[Delivery]) -> list[Delivery]:
    kept = {id(each) for each in noted[-LOGGED:]}
    return [each for each in noted if id(each) in kept or not 200 <= each.code < 300]


def _write_log(endpoint_id: int, noted: Sequence[Delivery]) -> None:
    names = ("endpoint_id", "webhook_id", "event_id", "kind", "events", "at", "took", "code", "text")
    with transaction():
        for each in noted:
            sql(
                f"INSERT INTO webhook_deliveries ({', '.join(names)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*(getattr(each, name) for name in names[:-1]), keep(each.text)],
            )
        sql(
            "DELETE FROM webhook_deliveries WHERE endpoint_id = ? AND id <= (SELECT id FROM webhook_deliveries "
            "WHERE endpoint_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (endpoint_id, endpoint_id, LOG_KEEPS),
        )

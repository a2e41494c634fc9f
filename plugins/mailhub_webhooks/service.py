"""Endpoints: made, changed, switched on and off, tried, and events given to them once more."""

from collections.abc import Mapping, Sequence
from typing import Any

from mailhub import Hub
from mailhub.db import sql
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.messages import Event
from mailhub_webhooks.addresses import parse
from mailhub_webhooks.events import choices
from mailhub_webhooks.models import ACTIVE, DISABLED, Delivery, Endpoint, Extra
from mailhub_webhooks.payloads import id_of
from mailhub_webhooks.signing import make_secret

MOST = 20
"""Endpoints of an account."""
LARGEST_BATCH = 500
_UNTROUBLED: dict[str, Any] = {"failures": 0, "failing_since": None, "next_at": 0}


def create(hub: Hub, account_id: int, url: str, kinds: Sequence[str], batch: int) -> tuple[Endpoint, str]:
    """An endpoint that is told what happens from now on, and its secret. Raises `Invalid`, `Conflict`."""
    if Endpoint.of(account_id).count() >= MOST:
        raise Conflict("There are {most} endpoints already: delete one that is not needed.", most=MOST)
    parse(url, hub.config.webhooks.allow_private)
    secret = make_secret()
    newest = sql("SELECT max(id) FROM events").fetchone()[0] or 0
    made = Endpoint.create(
        account=account_id, url=url, kinds=_checked(hub, kinds), batch=batch, position=newest,
        secret=hub.keyring.encrypt(secret.encode()), created_at=hub.ms(),
    )  # fmt: skip
    return made, secret


def _checked(hub: Hub, kinds: Sequence[str]) -> list[str]:
    known = [each.name for each in choices(hub)]
    wanted = list(dict.fromkeys(kinds))
    if not wanted:
        raise Invalid(fields={"kinds": Sentence("No event is chosen: choose at least one.")})
    if "*" in wanted:
        return known
    for each in wanted:
        if each not in known:
            raise Invalid(
                fields={"kinds": Sentence("There is no event {name}: choose one of the list.", name=each[:100])}
            )
    return wanted


def find(account_id: int, number: int) -> Endpoint:
    """An endpoint of an account. Raises `NotFound`."""
    found: Endpoint | None = Endpoint.of(account_id).where(Endpoint.id == number).first()
    if found is None:
        raise NotFound("There is no webhook endpoint {number}: the Webhooks page lists those there are.", number=number)
    return found


def change(hub: Hub, endpoint: Endpoint, changes: Mapping[str, Any]) -> Endpoint:
    """Give an endpoint another address, other events or another size of batches. Raises `Invalid`.

    What failed at the old address is none of the new one's faults: it is tried at once.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if "url" in given:
        parse(given["url"], hub.config.webhooks.allow_private)
        given |= _UNTROUBLED
    if "kinds" in given:
        given["kinds"] = _checked(hub, given["kinds"])
    for name, value in given.items():
        setattr(endpoint, name, value)
    if given:
        Endpoint.update(**given).where(Endpoint.id == endpoint.id).execute()
    return endpoint


def disable(endpoint: Endpoint) -> None:
    """Tell it nothing more until it is switched on. Raises `Conflict`."""
    if endpoint.state == DISABLED:
        raise Conflict("The endpoint {number} is off already.", number=endpoint.id)
    endpoint.state, endpoint.reason = DISABLED, ""
    Endpoint.update(state=DISABLED, reason="").where(Endpoint.id == endpoint.id).execute()


def enable(endpoint: Endpoint) -> None:
    """Go on from where it stopped: what happened meanwhile comes first. Raises `Conflict`."""
    if endpoint.state == ACTIVE:
        raise Conflict("The endpoint {number} is on already.", number=endpoint.id)
    fresh = {"state": ACTIVE, "reason": "", **_UNTROUBLED}
    for name, value in fresh.items():
        setattr(endpoint, name, value)
    Endpoint.update(**fresh).where(Endpoint.id == endpoint.id).execute()


def delete(endpoint: Endpoint) -> None:
    """Forget an endpoint with its log."""
    Endpoint.delete().where(Endpoint.id == endpoint.id).execute()


def try_out(hub: Hub, endpoint: Endpoint) -> str:
    """Send it an event `webhook.test` at once, whatever waits; its ID."""
    hub.emit("webhook.test", endpoint.account_id, number=endpoint.id)
    event = Event.select().where(Event.account_id == endpoint.account_id).order_by(Event.id.desc()).get()
    return replay(endpoint, event.id)


def replay(endpoint: Endpoint, event_id: int) -> str:
    """Send it an event of its account once more, at once; its ID. Raises `NotFound`."""
    if not Event.select().where(Event.id == event_id, Event.account_id == endpoint.account_id).exists():
        raise NotFound("There is no event {number} in this account any more.", number=event_id)
    Extra.create(endpoint=endpoint, event_id=event_id)
    return id_of(event_id)


def show(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as other doors see it; moments in ms."""
    told = ("url", "kinds", "batch", "state", "reason", "failures", "failing_since", "next_at", "created_at")
    return {"number": endpoint.id} | {name: getattr(endpoint, name) for name in told}


def log_of(endpoint: Endpoint, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The endpoint's log, newest first."""
    query = Delivery.select().where(Delivery.endpoint == endpoint.id)
    if before is not None:
        query = query.where(Delivery.id < before)
    told = ("id", "webhook_id", "event_id", "kind", "events", "at", "took", "code", "text")
    rows = query.order_by(Delivery.id.desc()).limit(limit)
    return [{name: getattr(row, name) for name in told} for row in rows]


def all_of(account_id: int) -> list[Endpoint]:
    """An account's endpoints, newest first."""
    return list(Endpoint.of(account_id).order_by(Endpoint.id.desc()))

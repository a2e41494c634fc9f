"""API keys: made by a user and shown once, checked at every request, revoked. A key is never worth more than its maker is now.

Its rate is leased a few requests at a time from its row, so that all processes share it and most requests write nothing.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from typing import Any

from marshmallow import fields, validate

from mailhub.accounts import ApiKey, User
from mailhub.actions import Action, Arguments, argument
from mailhub.db import sql
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor, user_actor

DAY = 86_400_000
LONGEST_LIFE = 3650
LEASED = 10
"""Requests a process may take for one write to the key's row."""
BURST = 1000
"""Milliseconds' worth of its rate that a key may use at once."""
_NOBODY = hashlib.sha256(secrets.token_bytes(32)).hexdigest()  # compared when there is no such key
_NEVER = ApiKey(id=0, key="", scopes=[])


def create(hub: Hub, actor: Actor, name: str, scopes: Sequence[str], days: int) -> tuple[ApiKey, str]:
    """A key for whoever asks and its secret, which is kept nowhere; in the caller's transaction.

    `scopes` are permissions they have, or `*` alone for all of them, now and later; `days` 0 means it never expires.
    Raises `Invalid`, also when a key of theirs that works has this name (a form sent twice makes one), and `Forbidden`
    for an actor who is no user.
    """
    if actor.user_id is None:
        raise Forbidden("An API key belongs to a user: make it as one, with --as or on the API keys page.")
    _check(hub, actor, name, scopes)
    _require_new(hub, actor, name)
    secret = secrets.token_urlsafe(32)
    made = ApiKey.create(
        account=actor.account_id,
        user=actor.user_id,
        name=name,
        key=f"mk_{secrets.token_hex(8)}",
        secret_hash=_hash(secret),
        scopes=["*"] if "*" in scopes else sorted(set(scopes)),
        created_at=hub.ms(),
        expires_at=hub.ms() + days * DAY if days else None,
    )
    return made, secret


def _require_new(hub: Hub, actor: Actor, name: str) -> None:
    living = (ApiKey.revoked_at.is_null()) & (ApiKey.expires_at.is_null() | (ApiKey.expires_at > hub.ms()))
    own = ApiKey.of(actor.account_id).where(ApiKey.user == actor.user_id, ApiKey.name == name, living)
    if taken := own.first():
        sentence = Sentence(
            "{name} has the key {key} already: choose another name, or revoke that one first.", name=name, key=taken.key
        )
        raise Invalid(fields={"name": sentence})


def _check(hub: Hub, actor: Actor, name: str, scopes: Sequence[str]) -> None:
    if not name:
        raise Invalid(fields={"name": Sentence("The key has no name: write what will use it, such as Web shop.")})
    if not scopes:
        raise Invalid(fields={"scopes": Sentence("The key may do nothing yet: choose at least one permission.")})
    for each in set(scopes) - {"*"}:
        if each not in hub.permissions:
            sentence = Sentence("There is no permission {name}: see the list of permissions.", name=each[:100])
            raise Invalid(fields={"scopes": sentence})
        if not actor.may(each):
            sentence = Sentence("You do not have the permission {name}, so your key cannot have it.", name=each)
            raise Invalid(fields={"scopes": sentence})


def revoke(hub: Hub, account_id: int, key: str) -> ApiKey:
    """The key opens nothing any more, from the next request on. Raises `NotFound`, `Conflict`."""
    found: ApiKey | None = ApiKey.of(account_id).where(ApiKey.key == key).first()
    if found is None:
        raise NotFound("There is no API key {key}: the API keys page lists those of this account.", key=key)
    if found.revoked_at is not None:
        raise Conflict("The API key {key} was revoked already: make a new one if you need it.", key=key)
    ApiKey.update(revoked_at=hub.ms()).where(ApiKey.id == found.id).execute()
    return found


def check(hub: Hub, key: str, secret: str) -> tuple[ApiKey, Actor] | None:
    """The key these belong to and who acts with it; None for unknown, wrong, expired, revoked alike, in the same time.

    None too when its maker was disabled or has left the account. The actor has those of the key's scopes that its maker
    has at this moment.
    """
    found = ApiKey.get_or_none(ApiKey.key == key)
    known = found.secret_hash if found else _NOBODY
    matches = hmac.compare_digest(known, _hash(secret))
    actor = _actor(found or _NEVER)
    if not matches or found is None or actor is None or not _lives(hub, found):
        return None
    return found, actor


def _lives(hub: Hub, key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > hub.ms())


def _actor(key: ApiKey) -> Actor | None:
    """Who acts with a key; asks the same two questions for a key that does not exist."""
    user = User.get_or_none(User.id == (key.user_id or 0))
    maker = user_actor(key.user_id or 0, key.account_id or 0, "api", f"{user.name} ({key.name})" if user else "")
    if user is None or user.disabled_at is not None or not maker.permissions:
        return None
    if "*" in key.scopes:
        return maker
    may = frozenset(each for each in key.scopes if maker.may(each))
    return Actor(maker.account_id, "api", maker.user_id, maker.name, may)


class Rates:
    """How fast each key may ask, over all processes: one of these a process, used from any thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._guard = threading.Lock()
        self._left: dict[int, int] = {}

    def take(self, key: ApiKey) -> int:
        """Count one request of a key: 0 when it may go on, else the whole seconds to wait.

        Every tenth request of a process, and the first, notes in the key's row that it was used.
        """
        with self._guard:
            left = self._left.get(key.id, 0)
            if left:
                self._left[key.id] = left - 1
                return 0
        granted = self._lease(key)
        if not granted:
            return 1
        with self._guard:
            if len(self._left) > 10_000:
                self._left.clear()
            self._left[key.id] = self._left.get(key.id, 0) + granted - 1
        return 0

    def _lease(self, key: ApiKey) -> int:
        """Take some requests from the key's row (GCRA): the row's clock runs ahead by what they are worth."""
        rate, now = self._hub.config.web.api_rate, self._hub.ms()
        count = min(LEASED, rate) if rate else LEASED
        cost = -(-count * 1000 // rate) if rate else 0
        taken = sql(
            "UPDATE api_keys SET used_at = ?, next_at = CASE WHEN next_at > ? THEN next_at ELSE ? END + ? "
            "WHERE id = ? AND next_at + ? <= ?",
            (now, now, now, cost, key.id, cost, now + max(BURST, cost)),
        )
        return count if taken.rowcount else 0


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def show(key: ApiKey) -> dict[str, Any]:
    """A key as other doors see it; moments in ms."""
    told = ("key", "name", "scopes", "created_at", "used_at", "expires_at", "revoked_at")
    return {name: getattr(key, name) for name in told} | {"user": key.user.name}


class CreateKey(Arguments):
    name = argument(fields.String, "what will use the key, such as Web shop", required=True)
    scopes = argument(fields.Raw, "permissions, with commas; * for all you have", load_default="*")
    days = argument(
        fields.Integer, "days until it expires; 0: never", load_default=0,
        validate=validate.Range(0, LONGEST_LIFE, error=Sentence("Days are a whole number from 0 to 3,650.")),
    )  # fmt: skip


class RevokeKey(Arguments):
    key = argument(fields.String, "the key's ID, such as mk_3f9a…", required=True)


def _create(hub: Hub, actor: Actor, name: str, scopes: Any, days: int) -> dict[str, Any]:
    given = scopes.split(",") if isinstance(scopes, str) else scopes if isinstance(scopes, (list, tuple)) else []
    made, secret = create(hub, actor, name, [str(each).strip() for each in given if str(each).strip()], days)
    return {**show(made), "secret": secret, "token": f"{made.key}.{secret}"}


def _list(hub: Hub, actor: Actor) -> list[dict[str, Any]]:
    return [show(each) for each in ApiKey.of(actor.account_id).order_by(ApiKey.id.desc())]


def _revoke(hub: Hub, actor: Actor, key: str) -> dict[str, Any]:
    return show(revoke(hub, actor.account_id, key)) | {"revoked_at": hub.ms()}


ACTIONS: tuple[Action, ...] = (
    Action("api_keys.create", "Make an API key", "api_keys.edit", _create, CreateKey, target="name"),
    Action("api_keys.list", "Show the API keys", "api_keys.view", _list, changes=False),
    Action("api_keys.revoke", "Revoke an API key", "api_keys.edit", _revoke, RevokeKey, confirm=True, target="key"),
)

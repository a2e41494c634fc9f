"""Who comes in from a phone: by password or pairing code, by the token of each request, by the next refresh token.

Every request asks anew: what was revoked, switched off or deactivated since has already ended.
"""

import logging

from mailhub import Forbidden, Hub, NotFound, people
from mailhub.accounts import Account, User
from mailhub.db import transaction
from mailhub.errors import Sentence
from mailhub.permissions import Actor, system_actor
from mailhub_mobile import connectors, signing
from mailhub_mobile.models import Connector
from mailhub_mobile.privileges import phone_actor
from mobile_api.access import Device, Keys, SignedOut

ACCESS_FOR = 10 * 60_000
"""Milliseconds an access token is good for."""
REFRESH_FOR = 60 * 24 * 3_600_000
"""Milliseconds after which a phone that never asked has to sign in again: sixty days."""
GRACE = 10_000
"""Milliseconds in which the refresh token before may come again: an answer was lost, or two pages asked at once."""
SEEN_EVERY = 60_000
REUSED = Sentence("An old refresh token came back: somebody else may have had a copy of it.")

log = logging.getLogger(__name__)


class Entrance:
    """The phone's door of one hub (`mobile_api.access.Access`)."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def sign_in(self, email: str, password: str, kind: str, agent: str, account: int | None) -> Keys:
        """By the same check, and with the same lock after failures, as on the web."""
        user = people.sign_in(self.hub, email, password)
        connector = _choose(self.hub, user, kind, account)
        with transaction():
            return self._enter(connector, user, agent)

    def pair(self, code: str, kind: str, agent: str) -> Keys:
        """By a pairing code: of two devices that send it at once one comes in."""
        with transaction():
            connector = _take_code(self.hub, code)
            if connector.kind not in (kind, "other"):
                raise Forbidden("This code is for a device of another kind: ask for a connector of this one.")
            return self._enter(connector, connector.user, agent)

    def _enter(self, connector: Connector, user: User, agent: str) -> Keys:
        self.hub.call(self._actor(connector, user), "connectors.sign_in", number=connector.number, agent=agent[:200])
        return self._keys(Connector.get_by_id(connector.id), user)

    def refresh(self, token: str) -> Keys:
        """Rotate; an old token ends the connector, and the activity log says why."""
        claimed = signing.peek(token, signing.REFRESH)
        connector, user = self._known(claimed, token)
        assert claimed is not None
        if claimed.generation == connector.generation and _rotate(self.hub, connector):
            return self._keys(connector, user)
        connector = Connector.get_by_id(connector.id)
        if claimed.generation == connector.generation - 1 and _may_come_again(self.hub, connector):
            return self._keys(connector, user)
        log.warning("connector %s was revoked: an old refresh token came back", connector.number)
        system = system_actor(connector.account_id)
        self.hub.call(system, "connectors.revoke", number=connector.number, reason=REUSED)
        raise _revoked()

    def read(self, token: str) -> Device:
        """Whose access token this is; notes that it was seen, at most once a minute."""
        claimed = signing.peek(token, signing.ACCESS)
        connector, user = self._known(claimed, token)
        assert claimed is not None
        _note(self.hub, connector, claimed.generation)
        return self._device(connector, user)

    def sign_out(self, device: Device) -> None:
        """End the device's tokens."""
        self.hub.call(device.actor, "connectors.sign_out", number=device.number)

    def _known(self, claimed: signing.Token | None, token: str) -> tuple[Connector, User]:
        """The connector and user of a token that is genuine, in time and still welcome."""
        found = None
        if claimed is not None and claimed.number < 2**31:
            query = Connector.select(Connector, User).join(User).where(Connector.id == claimed.number)
            found = query.first()
        if claimed is None or found is None or not signing.is_true(self.hub, token, found.family):
            raise SignedOut(Sentence("This phone is not signed in any more: sign in again."))
        self._actor(found, found.user)
        if claimed.until < self.hub.ms():
            raise SignedOut(Sentence("This token is too old: ask for a new one, or sign in again."))
        return found, found.user

    def _actor(self, connector: Connector, user: User) -> Actor:
        """Who the phone acts as. Raises `SignedOut` with the reason when it is not welcome any more."""
        if connector.revoked_at is not None:
            raise _revoked()
        if not connectors.is_on(self.hub, connector.account_id):
            raise _switched_off()
        actor = phone_actor(self.hub, connector, user) if user.disabled_at is None else None
        if actor is None:
            raise SignedOut(Sentence("You are no user of this account any more: ask one of its administrators."))
        return actor

    def _keys(self, connector: Connector, user: User) -> Keys:
        now, generation = self.hub.ms(), connector.generation
        access = signing.Token(signing.ACCESS, connector.number, generation, now + ACCESS_FOR)
        refresh = signing.Token(signing.REFRESH, connector.number, generation, now + REFRESH_FOR)
        return Keys(
            self._device(connector, user),
            signing.make(self.hub, access, connector.family),
            signing.make(self.hub, refresh, connector.family),
            ACCESS_FOR // 1000,
        )

    def _device(self, connector: Connector, user: User) -> Device:
        account = Account.get_by_id(connector.account_id)
        return Device(
            connector.number, connector.name, connector.kind, connector.privilege, connector.activated_at or 0,
            self._actor(connector, user), user.email, account.name, user.language, account.time_zone,
        )  # fmt: skip


def _revoked() -> SignedOut:
    return SignedOut(
        Sentence("The access of this phone was revoked: ask an administrator of the account for a new connector.")
    )


def _switched_off() -> SignedOut:
    return SignedOut(Sentence("Phones are switched off in this account: ask an administrator to switch them on."))


def _choose(hub: Hub, user: User, kind: str, account: int | None) -> Connector:
    """The connector a password opens: of this kind before `other`, one that waits before one that is in use."""
    query = Connector.select().where(Connector.user == user, Connector.revoked_at.is_null())
    mine = [each for each in query.order_by(Connector.id) if account in (None, each.account_id)]
    if not mine:
        raise Forbidden("You have no mobile connector here: ask an administrator of the account to give you one.")
    allowed = [each for each in mine if connectors.is_on(hub, each.account_id)]
    if not allowed:
        raise Forbidden("Phones are switched off in this account: ask an administrator to switch them on.")
    fitting = [each for each in allowed if each.kind in (kind, "other")]
    if not fitting:
        raise Forbidden("Your connector is for a device of another kind: ask an administrator for one of this kind.")
    order = {"waiting": 0, "out": 1, "active": 2}
    return min(fitting, key=lambda each: (each.kind != kind, order[each.state], each.id))


def _take_code(hub: Hub, code: str) -> Connector:
    """The connector a code belongs to, which is used up by it, in the caller's transaction."""
    wanted = connectors.code_hash(code)
    found = Connector.select(Connector, User).join(User).where(Connector.code_hash == wanted).first()
    if found is None:
        raise NotFound("This code is not known: it was used already, or mistyped. Show a new one on the Phones page.")
    if found.code_until < hub.ms():
        raise Forbidden("This code is too old: it is good for ten minutes. Show a new one on the Phones page.")
    taken = Connector.update(code_hash="").where(Connector.id == found.id, Connector.code_hash == wanted).execute()
    if not taken:
        raise NotFound("This code is not known: it was used already, or mistyped. Show a new one on the Phones page.")
    return found  # type: ignore[no-any-return]


def _rotate(hub: Hub, connector: Connector) -> bool:
    """Move to the next generation unless somebody else just did."""
    now = hub.ms()
    moved = (
        Connector.update(generation=connector.generation + 1, rotated_at=now, seen_at=now)
        .where(Connector.id == connector.id, Connector.generation == connector.generation)
        .execute()
    )
    if moved:
        connector.generation += 1
    return bool(moved)


def _may_come_again(hub: Hub, connector: Connector) -> bool:
    """The newest token was never seen in use (its answer may be lost), or was made this moment."""
    return connector.confirmed < connector.generation or hub.ms() - connector.rotated_at <= GRACE


def _note(hub: Hub, connector: Connector, generation: int) -> None:
    now = hub.ms()
    if generation > connector.confirmed or connector.seen_at is None or connector.seen_at < now - SEEN_EVERY:
        confirmed = max(generation, connector.confirmed)
        Connector.update(seen_at=now, confirmed=confirmed).where(Connector.id == connector.id).execute()

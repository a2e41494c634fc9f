"""Connectors: given, changed, revoked, paired; and the option of the account that all of them hang on."""

import hashlib
import secrets

from mailhub import Conflict, Forbidden, Hub, Invalid, NotFound
from mailhub.accounts import AccountSetting, Membership, User
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_mobile.models import KINDS, PRIVILEGES, Connector
from mailhub_mobile.privileges import ADMINISTER

OPTION = "mobile.enabled"
CODE_FOR = 10 * 60_000
"""Milliseconds a pairing code is good for."""
LONGEST_NAME = 60
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of a pairing code: 32 signs that nobody takes for another; twelve of them are 60 random bits."""


def switch(hub: Hub, account_id: int, on: bool) -> None:
    """Allow phones in an account, or none: then the devices that are signed in are asked to go at their next request."""
    AccountSetting.insert(account=account_id, key=OPTION, value=on).on_conflict(
        conflict_target=[AccountSetting.account, AccountSetting.key], update={AccountSetting.value: on}
    ).execute()


def is_on(hub: Hub, account_id: int) -> bool:
    """Whether the account allows phones."""
    return bool(hub.setting(account_id, OPTION))


def add(hub: Hub, actor: Actor, email: str, kind: str, privilege: str, name: str) -> Connector:
    """Give a user of the account a connector, in the caller's transaction. Raises `Invalid`, and `Conflict` while off."""
    if not is_on(hub, actor.account_id):
        raise Conflict("Phones are switched off in this account: switch them on first.")
    user = _member(actor.account_id, email)
    wrong = _check(kind, privilege)
    if user is None:
        wrong["user"] = Sentence("There is no user {email} in this account: add them first.", email=email)
    if wrong or user is None:
        raise Invalid(fields=wrong)
    return Connector.create(
        account=actor.account_id, user=user, name=_short(name), kind=kind, privilege=privilege,
        created_by=actor.name, created_at=hub.ms(),
    )  # fmt: skip


def _member(account_id: int, email: str) -> User | None:
    found: User | None = (
        User.select().join(Membership)
        .where(Membership.account == account_id, User.email == email.lower(), User.disabled_at.is_null())
        .first()
    )  # fmt: skip
    return found


def _check(kind: str, privilege: str) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if kind not in KINDS:
        wrong["kind"] = Sentence("{kind} is no kind of device: write iphone, ipad, android or other.", kind=kind)
    if privilege not in PRIVILEGES:
        wrong["privilege"] = Sentence("{privilege} is no privilege: write read or write.", privilege=privilege)
    return wrong


def _short(name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise Invalid(
            fields={"name": Sentence("The name is too long: take at most {length} letters.", length=LONGEST_NAME)}
        )
    return name


def change(connector: Connector, privilege: str | None, name: str | None) -> None:
    """Give it another privilege or name, in the caller's transaction; the next request goes by it."""
    _require_living(connector)
    wrong = _check(connector.kind, privilege or connector.privilege)
    if wrong:
        raise Invalid(fields=wrong)
    changes = {"privilege": privilege or connector.privilege, "name": connector.name if name is None else _short(name)}
    Connector.update(**changes).where(Connector.id == connector.id).execute()
    connector.privilege, connector.name = changes["privilege"], changes["name"]


def revoke(hub: Hub, connector: Connector, reason: str = "") -> None:
    """End it for good, in the caller's transaction: its tokens and codes are worth nothing from the next request on."""
    _require_living(connector)
    ended = {"revoked_at": hub.ms(), "revoked_for": reason, "code_hash": ""}
    Connector.update(**ended).where(Connector.id == connector.id).execute()
    connector.revoked_at = ended["revoked_at"]


def make_code(hub: Hub, connector: Connector) -> str:
    """A new pairing code, `ABCD-EFGH-JKLM`, kept nowhere; the one before is worth nothing. In the caller's transaction."""
    _require_living(connector)
    if not is_on(hub, connector.account_id):
        raise Conflict("Phones are switched off in this account: ask an administrator to switch them on.")
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    Connector.update(code_hash=code_hash(letters), code_until=hub.ms() + CODE_FOR).where(
        Connector.id == connector.id
    ).execute()
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def code_hash(code: str) -> str:
    """The SHA-256 of a code as a person types it: large or small, with or without its dashes."""
    letters = "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()


def find(account_id: int, number: int) -> Connector:
    """A connector of an account. Raises `NotFound`, also for another account's."""
    found: Connector | None = Connector.of(account_id).where(Connector.id == number).first()
    if found is None:
        raise NotFound("There is no connector {number}: the Phones page lists those there are.", number=number)
    return found


def find_own(actor: Actor, number: int) -> Connector:
    """A connector of whoever asks: nobody signs a phone in as somebody else. Raises `NotFound` and `Forbidden`."""
    found = find(actor.account_id, number)
    if found.user_id != actor.user_id:
        if not actor.may(ADMINISTER):
            raise NotFound("There is no connector {number}: the Phones page lists those there are.", number=number)
        raise Forbidden(
            "Connector {number} is not yours: its user shows the code on their own Phones page.", number=number
        )
    return found


def own(account_id: int, user_id: int) -> list[Connector]:
    """A user's living connectors, the newest first."""
    query = Connector.of(account_id).where(Connector.user == user_id, Connector.revoked_at.is_null())
    return list(query.order_by(Connector.id.desc()))


def every(account_id: int) -> list[Connector]:
    """All connectors of an account with their users, the newest first, the revoked ones last."""
    query = Connector.select(Connector, User).join(User).where(Connector.account == account_id)
    return list(query.order_by(Connector.revoked_at.is_null(False), Connector.id.desc()))


def _require_living(connector: Connector) -> None:
    if connector.revoked_at is not None:
        raise Conflict("Connector {number} was revoked: add a new one instead.", number=connector.number)

"""Logins for submission: made with their password, checked at AUTH, revoked. Each has its own source in the outbox.

The password is made here and shown once; 160 random bits need no slow hash.
"""

import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import unicodedata
from base64 import b32encode
from collections.abc import Sequence
from typing import Any

import marshmallow
from marshmallow import fields

from mailhub import outbox, smtp_limits
from mailhub.accounts import Account, SmtpCredential
from mailhub.actions import Action, Arguments, argument
from mailhub.db import now_ms, sql
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.smtp_bans import networks

USE_NOTED_EVERY = 60_000
"""Milliseconds between two notes that a login was used: each is a write."""
_NOBODY = hashlib.sha256(secrets.token_bytes(20)).hexdigest()  # compared when there is no such login


def create(hub: Hub, account_id: int, name: str) -> tuple[SmtpCredential, str]:
    """A login and its password, which is kept nowhere; in the caller's transaction. Raises `Invalid`, also
    when a login that works has this name: a form sent twice makes one.

    What is submitted with it comes from a source of its own, stream `transactional`, that never finishes.
    """
    if not name:
        raise Invalid(fields={"name": Sentence("The login has no name: write what will use it, such as Web shop.")})
    named = SmtpCredential.of(account_id).where(SmtpCredential.name == name, SmtpCredential.revoked_at.is_null())
    if taken := named.first():
        sentence = Sentence(
            "{name} has the login {login} already: choose another name, or revoke that one first.",
            name=name,
            login=taken.login,
        )
        raise Invalid(fields={"name": sentence})
    source = outbox.open_source(hub, account_id, "smtp", name, stream="transactional", started_at=hub.ms())
    password = _make_password()
    credential = SmtpCredential.create(
        account=account_id,
        name=name,
        login=_free_login(Account.get_by_id(account_id).name),
        password_hash=_hash(password),
        source_id=source.id,
        created_at=hub.ms(),
    )
    return credential, password


def revoke(hub: Hub, account_id: int, login: str) -> None:
    """The login opens nothing any more; what it submitted still leaves. Raises `NotFound`, `Conflict`."""
    credential = find(account_id, login)
    if credential.revoked_at is not None:
        raise Conflict("The SMTP login {login} was revoked already: make a new one if you need it.", login=login)
    SmtpCredential.update(revoked_at=hub.ms()).where(SmtpCredential.id == credential.id).execute()


def find(account_id: int, login: str) -> SmtpCredential:
    """A login of an account, revoked or not. Raises `NotFound`."""
    credential: SmtpCredential | None = SmtpCredential.of(account_id).where(SmtpCredential.login == login).first()
    if credential is None:
        raise NotFound("There is no SMTP login {login}: the SMTP page lists those of this account.", login=login)
    return credential


def limit(account_id: int, login: str, limits: dict[str, int]) -> None:
    """Set a login's own limits (see `smtp_limits.NAMES`; 0: none of its own). They hold within a second.

    Raises `NotFound`.
    """
    own = {name: count for name, count in limits.items() if count}
    SmtpCredential.update(limits=own).where(SmtpCredential.id == find(account_id, login).id).execute()


def allow(account_id: int, login: str, texts: Sequence[str]) -> list[str]:
    """Let a login be used from these networks only (none: from everywhere); who is signed in stays so.

    Returns them as they are kept. Raises `NotFound`, `Invalid` for what is no network.
    """
    try:
        kept = [str(each) for each in networks(texts)]
    except ValueError as error:
        sentence = Sentence("Something is no network ({error}): write 192.0.2.7 or 192.0.2.0/24.", error=str(error))
        wrong = {"networks": sentence}
        raise Invalid(fields=wrong) from None
    SmtpCredential.update(networks=kept).where(SmtpCredential.id == find(account_id, login).id).execute()
    return kept


def may_come_from(credential: SmtpCredential, peer: str) -> bool:
    """Whether a login may be used from an IP address."""
    if not credential.networks:
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks(credential.networks))


def check(login: str, password: str) -> SmtpCredential | None:
    """The credential these belong to, or None for unknown, wrong and revoked alike, in the same time."""
    credential = _find(login)
    known = credential.password_hash if credential else _NOBODY
    if not hmac.compare_digest(known, _hash(password)) or credential is None:
        return None
    return credential


def _find(login: str) -> SmtpCredential | None:
    """A living credential by its login. By hand: every new session asks, and the ORM takes six times as long."""
    cursor = sql("SELECT * FROM smtp_credentials WHERE login = ? AND revoked_at IS NULL", (login,))
    row = cursor.fetchone()
    if row is None:
        return None
    columns = dict(zip((column[0] for column in cursor.description), row, strict=True))
    for name in ("limits", "networks"):
        columns[name] = json.loads(columns[name])
    return SmtpCredential(**columns)


def note_use(credential: SmtpCredential, peer: str) -> None:
    """Note that a login was used, and from which IP address ("" for unknown), at most once a minute."""
    now = now_ms()
    if credential.used_at is None or credential.used_at <= now - USE_NOTED_EVERY:
        changed = SmtpCredential.update(used_at=now, used_from=peer or credential.used_from)
        changed.where(SmtpCredential.id == credential.id).execute()


def _make_password() -> str:
    """160 random bits in base32, in groups people can copy."""
    return "-".join(re.findall("....", b32encode(secrets.token_bytes(20)).decode().lower()))


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()


def _free_login(name: str) -> str:
    """`acme-7f3a`: the account's name in plain letters, and four digits that no other login has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub("[^a-z0-9]+", "-", plain)[:20].strip("-") or "smtp"
    while True:
        login = f"{word}-{secrets.token_hex(2)}"
        if not SmtpCredential.select().where(SmtpCredential.login == login).exists():
            return login


class CreateCredential(Arguments):
    name = argument(fields.String, "what will use the login, such as Web shop", required=True)


class RevokeCredential(Arguments):
    login = argument(fields.String, "the login, such as acme-7f3a", required=True)


def _count(reason: str) -> Any:
    most = marshmallow.validate.Range(0, 10**9, error=Sentence("A limit is a whole number from 0; 0 means none."))
    return argument(fields.Integer, reason, load_default=0, validate=most)


class LimitCredential(RevokeCredential):
    messages_per_minute = _count("mails it may submit in a minute; 0: no limit of its own")
    messages_per_hour = _count("mails it may submit in an hour; 0: no limit of its own")
    recipients_per_minute = _count("recipients it may write to in a minute; 0: no limit of its own")
    recipients_per_hour = _count("recipients it may write to in an hour; 0: no limit of its own")


class AllowCredential(RevokeCredential):
    networks = argument(
        fields.String,
        "addresses or networks it may be used from, such as 192.0.2.7, 10.0.0.0/8; none: everywhere",
        load_default="",
    )


def _create(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    credential, password = create(hub, actor.account_id, name)
    return {"name": credential.name, "login": credential.login, "password": password}


def _revoke(hub: Hub, actor: Actor, login: str) -> dict[str, Any]:
    revoke(hub, actor.account_id, login)
    return {"login": login}


def _limit(hub: Hub, actor: Actor, login: str, **limits: int) -> dict[str, Any]:
    limit(actor.account_id, login, limits)
    return {"login": login, **limits}


def _allow(hub: Hub, actor: Actor, login: str, networks: str) -> dict[str, Any]:
    return {"login": login, "networks": allow(actor.account_id, login, re.findall(r"[^\s,;]+", networks))}


def _list(hub: Hub, actor: Actor) -> dict[str, Any]:
    rows = SmtpCredential.of(actor.account_id).order_by(SmtpCredential.id.desc())
    used = smtp_limits.last_hour(hub, actor.account_id)
    return {"logins": [_row(hub, each, used.get(each.id)) for each in rows]}


def _row(hub: Hub, each: SmtpCredential, used: tuple[int, int] | None) -> dict[str, Any]:
    return {
        "name": each.name, "login": each.login, "created_at": each.created_at, "revoked_at": each.revoked_at,
        "used_at": each.used_at, "used_from": each.used_from, "networks": each.networks,
        "limits": smtp_limits.limits_on(hub, each)._asdict(),
        "last_hour": dict(zip(("messages", "recipients"), used, strict=True)) if used else None,
    }  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    Action(
        "smtp_credentials.list", "List the SMTP logins", "smtp_credentials.view", _list, changes=False,
    ),
    Action(
        "smtp_credentials.limit", "Limit an SMTP login", "smtp_credentials.edit", _limit, LimitCredential,
        target="login",
    ),
    Action(
        "smtp_credentials.allow", "Say from where an SMTP login may be used", "smtp_credentials.edit", _allow,
        AllowCredential, target="login",
    ),
    Action(
        "smtp_credentials.create", "Make an SMTP login", "smtp_credentials.edit", _create, CreateCredential,
        target="name",
    ),
    Action(
        "smtp_credentials.revoke", "Revoke an SMTP login", "smtp_credentials.edit", _revoke, RevokeCredential,
        confirm=True, target="login",
    ),
)  # fmt: skip

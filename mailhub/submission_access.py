"""Logins for submission: made with their password, checked at AUTH, revoked. Each has its own source in the outbox.

The password is made here and shown once; 160 random bits need no slow hash.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import b32encode
from typing import Any

from marshmallow import fields

from mailhub import outbox
from mailhub.accounts import Account, SmtpCredential
from mailhub.actions import Action, Arguments, argument
from mailhub.db import now_ms, sql
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor

USE_NOTED_EVERY = 60_000
"""Milliseconds between two notes that a login was used: each is a write."""
_NOBODY = hashlib.sha256(secrets.token_bytes(20)).hexdigest()  # compared when there is no such login


def create(hub: Hub, account_id: int, name: str) -> tuple[SmtpCredential, str]:
    """A login and its password, which is kept nowhere; in the caller's transaction. Raises `Invalid`.

    What is submitted with it comes from a source of its own, stream `transactional`, that never finishes.
    """
    if not name:
        raise Invalid(fields={"name": Sentence("The login has no name: write what will use it, such as Web shop.")})
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
    credential = SmtpCredential.of(account_id).where(SmtpCredential.login == login).first()
    if credential is None:
        raise NotFound("There is no SMTP login {login}: the SMTP page lists those of this account.", login=login)
    if credential.revoked_at is not None:
        raise Conflict("The SMTP login {login} was revoked already: make a new one if you need it.", login=login)
    SmtpCredential.update(revoked_at=hub.ms()).where(SmtpCredential.id == credential.id).execute()


def check(login: str, password: str) -> SmtpCredential | None:
    """The credential these belong to, or None for unknown, wrong and revoked alike, in the same time.

    Notes its use, at most once a minute.
    """
    credential = _find(login)
    known = credential.password_hash if credential else _NOBODY
    if not hmac.compare_digest(known, _hash(password)) or credential is None:
        return None
    _note_use(credential, now_ms())
    return credential


def _find(login: str) -> SmtpCredential | None:
    """A living credential by its login. By hand: every new session asks, and the ORM takes six times as long."""
    cursor = sql("SELECT * FROM smtp_credentials WHERE login = ? AND revoked_at IS NULL", (login,))
    row = cursor.fetchone()
    return SmtpCredential(**dict(zip((column[0] for column in cursor.description), row, strict=True))) if row else None


def _note_use(credential: SmtpCredential, now: int) -> None:
    if credential.used_at is None or credential.used_at <= now - USE_NOTED_EVERY:
        SmtpCredential.update(used_at=now).where(SmtpCredential.id == credential.id).execute()


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


def _create(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    credential, password = create(hub, actor.account_id, name)
    return {"name": credential.name, "login": credential.login, "password": password}


def _revoke(hub: Hub, actor: Actor, login: str) -> dict[str, Any]:
    revoke(hub, actor.account_id, login)
    return {"login": login}


ACTIONS: tuple[Action, ...] = (
    Action(
        "smtp_credentials.create", "Make an SMTP login", "smtp_credentials.edit", _create, CreateCredential,
        target="name",
    ),
    Action(
        "smtp_credentials.revoke", "Revoke an SMTP login", "smtp_credentials.edit", _revoke, RevokeCredential,
        confirm=True, target="login",
    ),
)  # fmt: skip

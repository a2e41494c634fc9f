"""Signed-in browsers: the cookie holds a random token, the table its SHA-256."""

import hashlib
import secrets

from mailhub.accounts import Account, Session, User, accounts_of, home_of
from mailhub.db import transaction
from mailhub.errors import Forbidden, NotFound
from mailhub.hub import Hub
from mailhub.web.security import SESSION_DAYS

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def begin(hub: Hub, user: User, address: str, agent: str) -> str:
    """Sign a user in to the account they joined first; returns the token. Raises `Forbidden` when they have none."""
    home = home_of(user)
    if home is None:
        raise Forbidden("You belong to no account any more: ask the owner of one to add you.")
    token = secrets.token_urlsafe(32)
    now = hub.ms()
    with transaction():
        Session.delete().where(Session.seen_at < now - SESSION_DAYS * DAY).execute()
        Session.create(
            token_hash=_hash(token),
            user=user,
            account=home,
            created_at=now,
            seen_at=now,
            address=address[:64],
            agent=agent[:200],
        )
    return token


def find(hub: Hub, token: str) -> Session | None:
    """The living session of a token with its user and account, or None. Notes that it was seen, once a minute."""
    session: Session | None = (
        Session.select(Session, User, Account)
        .join(User)
        .switch(Session)
        .join(Account)
        .where(Session.token_hash == _hash(token), User.disabled_at.is_null())
        .first()
    )
    now = hub.ms()
    if session is None or session.seen_at < now - SESSION_DAYS * DAY:
        return None
    if session.seen_at < now - MINUTE:
        Session.update(seen_at=now).where(Session.id == session.id).execute()
    return session


def end(token: str) -> None:
    """Sign the browser out: the token is worth nothing from now on."""
    Session.delete().where(Session.token_hash == _hash(token)).execute()


def enter(session: Session, account_id: int) -> None:
    """Move a session to another of the user's accounts. Raises `NotFound` for one they do not belong to."""
    if account_id not in {account.id for account in accounts_of(session.user)}:
        raise NotFound("You have no account {number}: choose one of yours from the menu.", number=account_id)
    Session.update(account=account_id).where(Session.id == session.id).execute()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

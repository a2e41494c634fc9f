"""What can be done with accounts and users: open, add, sign in, change a password. Also as actions for every door."""

import re
import secrets
import zoneinfo
from functools import cache
from typing import Any

import argon2
from marshmallow import fields

from mailhub.accounts import ROLES, Account, Membership, Role, User
from mailhub.actions import Action, Arguments, argument
from mailhub.address import REASONS, check
from mailhub.db import transaction
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.vocabulary import LANGUAGES

PASSWORD_LENGTH = 10
LOCK_AFTER = 5
LOCK_FOR = 5 * 60_000

_hasher = argon2.PasswordHasher()


@cache
def _nobody() -> str:
    """What is checked when there is no such user, so that both take as long; a tenth of a second to make."""
    return _hasher.hash(secrets.token_hex(16))


class Locked(Forbidden):
    """Too many wrong passwords: nobody signs in as this user for `LOCK_FOR` milliseconds."""


def open_account(
    hub: Hub, name: str, *, language: str = "", time_zone: str = "", company: str = "", postal_address: str = ""
) -> Account:
    """A new account with the ready-made roles, in the caller's transaction. Raises `Invalid`."""
    account = Account(
        name=name.strip(),
        company=company,
        postal_address=postal_address,
        language=language or hub.config.server.language,
        time_zone=time_zone or hub.config.server.time_zone,
        created_at=hub.ms(),
    )
    check_account(account)
    account.save(force_insert=True)
    for role, permissions in ROLES.items():
        Role.create(account=account, name=role, permissions=permissions)
    return account


def check_account(account: Account) -> None:
    """Raise `Invalid` for an empty name, an unknown language or zone."""
    wrong = {}
    if not account.name:
        wrong["name"] = Sentence("The account has no name: write one.")
    if account.language not in LANGUAGES:
        wrong["language"] = Sentence("{language} is no language of MailHub: write en or fr.", language=account.language)
    if not known_zone(account.time_zone):
        wrong["time_zone"] = Sentence("{zone} is no time zone: write one such as Europe/Paris.", zone=account.time_zone)
    if wrong:
        raise Invalid(fields=wrong)


def known_zone(name: str) -> bool:
    """True for a zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def add_user(hub: Hub, account: Account, name: str, email: str, password: str, role: str = "owner") -> User:
    """A user in an account with one role, in the caller's transaction.

    Someone who has a user already (in another account) joins this one and keeps their password. Raises `Invalid` for
    a bad address, a short password or an unknown role, `Conflict` when they are in the account already.
    """
    email = email.strip().lower()
    found = Role.of(account).where(Role.name == role).first()
    if found is None:
        names = ", ".join(each.name for each in Role.of(account).order_by(Role.id))
        raise Invalid(
            fields={"role": Sentence("This account has no role {role}: choose one of {names}.", role=role, names=names)}
        )
    user = User.get_or_none(User.email == email) or _new_user(hub, account, name, email, password)
    if Membership.of(account).where(Membership.user == user).exists():
        raise Conflict("{email} is in this account already: change their role instead.", email=email)
    Membership.create(account=account, user=user, role=found, created_at=hub.ms())
    return user


def _new_user(hub: Hub, account: Account, name: str, email: str, password: str) -> User:
    wrong = {}
    if (reason := check(email)) is not None:
        wrong["email"] = Sentence(REASONS[reason])
    if not name.strip():
        wrong["name"] = Sentence("The user has no name: write one.")
    if len(password) < PASSWORD_LENGTH:
        wrong["password"] = Sentence(
            "The password is too short: take at least {length} characters.", length=PASSWORD_LENGTH
        )
    if wrong:
        raise Invalid(fields=wrong)
    return User.create(
        name=name.strip(),
        email=email,
        password_hash=_hasher.hash(password),
        language=account.language,
        time_zone=account.time_zone,
        created_at=hub.ms(),
    )


def make_password() -> str:
    """A password people can copy: 96 random bits in groups."""
    return "-".join(re.findall("....", secrets.token_hex(12)))


def sign_in(hub: Hub, email: str, password: str) -> User:
    """The user these belong to. Raises `Forbidden` with one sentence for unknown and wrong alike.

    After five failures in a row the user is locked for five minutes, whatever is typed: `Locked`.
    """
    user = _named(email.strip().lower())
    if user is not None and user.locked_until > hub.ms():
        raise Locked(Sentence("Too many wrong passwords: this user is locked for five minutes. Wait, then try again."))
    if not _matches(user.password_hash if user and user.password_hash else _nobody(), password) or user is None:
        _count_failure(hub, user)
        raise Forbidden("This e-mail address and password do not belong together: check both and try again.")
    if user.failed_logins:
        User.update(failed_logins=0, locked_until=0).where(User.id == user.id).execute()
    return user


def _named(email: str) -> User | None:
    """The user who may sign in by an address; what no database can look for is nobody's."""
    if "\0" in email or not _is_whole(email):
        return None
    found: User | None = User.get_or_none(User.email == email, User.disabled_at.is_null())
    return found


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password if _is_whole(password) else "")
    except argon2.exceptions.VerificationError:
        return False


def _is_whole(text: str) -> bool:
    """Whether it has no half signs (lone surrogates), which JSON can bring and which are no text."""
    return not re.search("[\ud800-\udfff]", text)


def _count_failure(hub: Hub, user: User | None) -> None:
    if user is None:
        return
    with transaction():
        User.update(failed_logins=User.failed_logins + 1).where(User.id == user.id).execute()
        User.update(locked_until=hub.ms() + LOCK_FOR, failed_logins=0).where(
            User.id == user.id, User.failed_logins >= LOCK_AFTER
        ).execute()


def has_users() -> bool:
    """True once somebody can sign in."""
    return bool(User.select().exists())


def first_visit_token(hub: Hub) -> str:
    """What guards the first visit: known to who has the key file; worth nothing once there is a user."""
    return hub.keyring.derive("first visit")[:20].hex()


def first_visit_url(hub: Hub) -> str:
    """The address the server prints at its start, or "" when there is a user already."""
    if has_users():
        return ""
    return f"{hub.config.server.public_url.rstrip('/')}/welcome?token={first_visit_token(hub)}"


def find_user(email: str) -> User:
    """A user by e-mail address. Raises `NotFound`."""
    user = User.get_or_none(User.email == email.strip().lower())
    if user is None:
        raise NotFound("There is no user {email}: `mailhub user create` makes one.", email=email)
    return user


def find_account(number: int) -> Account:
    """An account by number. Raises `NotFound`."""
    account = Account.get_or_none(Account.id == number)
    if account is None:
        raise NotFound("There is no account {number}: `mailhub account create` opens one.", number=number)
    return account


class CreateAccount(Arguments):
    name = argument(fields.String, "name of the account", required=True)
    language = argument(fields.String, "en or fr", load_default="")
    time_zone = argument(fields.String, "such as Europe/Paris", load_default="")


class CreateUser(Arguments):
    name = argument(fields.String, "full name", required=True)
    email = argument(fields.String, "e-mail address they sign in with", required=True)
    password = argument(fields.String, "at least ten characters; made and shown when left out", load_default="")
    role = argument(fields.String, "owner, administrator, marketer, analyst or billing", load_default="marketer")


class ChangeAccount(Arguments):
    name = argument(fields.String, "name of the account", load_default=None)
    company = argument(fields.String, "company name", load_default=None)
    postal_address = argument(fields.String, "postal address, shown under campaigns", load_default=None)
    language = argument(fields.String, "en or fr", load_default=None)
    time_zone = argument(fields.String, "such as Europe/Paris", load_default=None)


def _create_account(hub: Hub, actor: Actor, name: str, language: str, time_zone: str) -> dict[str, Any]:
    account = open_account(hub, name, language=language, time_zone=time_zone)
    return {"number": account.id, "name": account.name}


def _create_user(hub: Hub, actor: Actor, name: str, email: str, password: str, role: str) -> dict[str, Any]:
    known = User.get_or_none(User.email == email.lower()) is not None
    made = "" if password or known else make_password()
    account = find_account(actor.account_id)
    if not _may_give(actor, _permissions(account, role)):
        raise Forbidden("The role {role} may do more than you, so you cannot give it: ask an owner.", role=role)
    user = add_user(hub, account, name, email, password or made, role)
    return {"email": user.email, "name": user.name, "role": role, "password": made}


def _may_give(actor: Actor, permissions: list[str]) -> bool:
    """Nobody gives what they do not have."""
    if "*" in permissions:
        return actor.may("owners.create")
    if "administer" in permissions:
        return bool({"*", "administer"} & actor.permissions)
    return all(actor.may(each) for each in permissions)


def _permissions(account: Account, role: str) -> list[str]:
    found = Role.of(account).where(Role.name == role).first()
    return list(found.permissions) if found else []


def _change_account(hub: Hub, actor: Actor, **changes: str | None) -> dict[str, Any]:
    account = find_account(actor.account_id)
    for name, value in changes.items():
        if value is not None:
            setattr(account, name, value)
    check_account(account)
    account.save()
    return {"number": account.id, "name": account.name}


ACTIONS: tuple[Action, ...] = (
    Action("accounts.create", "Open an account", "accounts.create", _create_account, CreateAccount, target="name"),
    Action("accounts.change", "Change the account", "account.edit", _change_account, ChangeAccount),
    # No target: an address is kept beside the log's chain, where it can be erased, never in it.
    Action("users.create", "Add a user", "users.create", _create_user, CreateUser),
)

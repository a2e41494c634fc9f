"""Who pays, who signs in, who may: accounts, users, roles, memberships, sessions, SMTP credentials, API keys and domains.

Tables and questions about their rows. What can be done with them is in `people` and `domains`.
"""

import secrets
from typing import TYPE_CHECKING, Any, Self

import peewee

from mailhub.db import JsonField, Model, UTCField

OPERATOR = 1
"""The operator's account: the one that runs the server."""


class Account(Model):
    """Who pays. Account 1 is the operator's. A sub-account has a `parent`, whose domains it may inherit."""

    parent = peewee.ForeignKeyField("self", null=True)
    if TYPE_CHECKING:
        parent_id: int | None
    name = peewee.TextField()
    company = peewee.TextField(default="")
    postal_address = peewee.TextField(default="")
    time_zone = peewee.TextField(default="UTC")
    language = peewee.TextField(default="en")
    created_at = UTCField()

    class Meta:
        table_name = "accounts"


class OwnedModel(Model):
    """A row that belongs to an account. Every query on such a table starts with `of(account)`."""

    account = peewee.ForeignKeyField(Account, index=True)
    if TYPE_CHECKING:
        account_id: int

    @classmethod
    def of(cls, account: Account | int) -> "peewee.ModelSelect[Self]":
        """The account's own rows, as a query to go on with."""
        return cls.select().where(cls.account == account)


class User(Model):
    """Who signs in. `email` is kept lower-case; `password_hash` is argon2id, empty until a password is set.

    `phone` is a number they proved to have, as +33612345678 (E.164); nobody else has the same one.
    """

    name = peewee.TextField()
    email = peewee.TextField(unique=True)
    password_hash = peewee.TextField(default="")
    language = peewee.TextField(default="en")
    time_zone = peewee.TextField(default="UTC")
    created_at = UTCField()
    disabled_at = UTCField(null=True)
    failed_logins = peewee.IntegerField(default=0)
    locked_until = UTCField(default=0)
    phone = peewee.TextField(null=True, unique=True)
    phone_confirmed_at = UTCField(null=True)

    class Meta:
        table_name = "users"


class Role(OwnedModel):
    """A named set of permissions of one account. `permissions` holds names, `*` for all of them, or `administer`
    for all but those that make owners."""

    name = peewee.TextField()
    permissions = JsonField(default=list)

    class Meta:
        table_name = "roles"
        indexes = ((("account", "name"), True),)


class Membership(OwnedModel):
    """A user's place in an account, with one role; several rows for several roles."""

    user = peewee.ForeignKeyField(User, backref="memberships", index=True)
    role = peewee.ForeignKeyField(Role)
    created_at = UTCField()

    class Meta:
        table_name = "memberships"
        indexes = ((("account", "user", "role"), True),)


class Session(Model):
    """A signed-in browser. The cookie holds the token, the table only its SHA-256."""

    token_hash = peewee.TextField(unique=True)
    user = peewee.ForeignKeyField(User, index=True)
    account = peewee.ForeignKeyField(Account)
    created_at = UTCField()
    seen_at = UTCField()
    address = peewee.TextField(default="")
    agent = peewee.TextField(default="")

    class Meta:
        table_name = "sessions"


class SmtpCredential(OwnedModel):
    """A login for submission. Its password is made here (160 random bits), so a plain SHA-256 of it is kept.

    `limits` are its own (see `smtp_limits`), `networks` those it may be used from (none: everywhere).
    """

    name = peewee.TextField()
    login = peewee.TextField(unique=True)
    password_hash = peewee.TextField()
    source_id = peewee.IntegerField()
    created_at = UTCField()
    used_at = UTCField(null=True)
    revoked_at = UTCField(null=True)
    used_from = peewee.TextField(default="")
    limits = JsonField(default=dict)
    networks = JsonField(default=list)

    class Meta:
        table_name = "smtp_credentials"


class ApiKey(OwnedModel):
    """A program's way in, made by a user and never worth more than they are. Its secret has 256 random bits, so a plain
    SHA-256 of it is kept. `scopes` holds permissions, or `*` for all its maker has; `next_at` (ms) is its rate's clock."""

    user = peewee.ForeignKeyField(User, index=True)
    if TYPE_CHECKING:
        user_id: int
    name = peewee.TextField()
    key = peewee.TextField(unique=True)
    secret_hash = peewee.TextField()
    scopes = JsonField(default=list)
    next_at = peewee.BigIntegerField(default=0)
    created_at = UTCField()
    used_at = UTCField(null=True)
    expires_at = UTCField(null=True)
    revoked_at = UTCField(null=True)

    class Meta:
        table_name = "api_keys"


class Domain(OwnedModel):
    """A domain an account may write from. `name` is in A-label form, lower-case; `token` is what its owner publishes.

    Nothing leaves from an account's domain before `proved_at`; the operator's needs no proof. Of one name, one row on a
    server is proved at most. The operator's may be `shared` with all accounts, an account's `inherited` by sub-accounts.
    `own_links`: links of campaigns go through link.<name> once that leads here. `asked_at`: when somebody asked for a
    look at its records that has not ended yet.
    """

    name = peewee.TextField()
    token = peewee.TextField(default=lambda: secrets.token_hex(16))
    proved_at = UTCField(null=True)
    shared = peewee.BooleanField(default=False)
    inherited = peewee.BooleanField(default=False)
    own_links = peewee.BooleanField(default=False)
    created_at = UTCField()
    checked_at = UTCField(null=True)
    check_at = UTCField(default=0, index=True)
    asked_at = UTCField(null=True)

    class Meta:
        table_name = "domains"
        indexes = ((("account", "name"), True),)


class DkimKey(Model):
    """One of a domain's signing keys (RFC 6376, RFC 8463). `private_key` is encrypted PEM (see `secrets`).

    `state` is next (made, waiting for its record), active (signs) or retired (signs no more since `changed_at`, and is
    still published for what is on its way).
    """

    domain = peewee.ForeignKeyField(Domain, on_delete="CASCADE")
    selector = peewee.TextField()
    algorithm = peewee.TextField()
    private_key = peewee.BlobField()
    record = peewee.TextField()
    state = peewee.TextField(default="active")
    changed_at = UTCField(default=0)
    created_at = UTCField()

    class Meta:
        table_name = "dkim_keys"
        indexes = ((("domain", "selector"), True),)


class AccountSetting(OwnedModel):
    """What an account chose differently from a setting's default."""

    key = peewee.TextField()
    value = JsonField()

    class Meta:
        table_name = "settings"
        indexes = ((("account", "key"), True),)


ROLES: dict[str, list[str]] = {
    "owner": ["*"],
    "administrator": ["administer"],
    "marketer": [
        "campaigns.view", "campaigns.edit", "campaigns.validate", "campaigns.start", "campaigns.pause", "campaigns.cancel",
        "contacts.view", "contacts.edit", "contacts.import", "lists.edit", "suppressions.view", "suppressions.edit",
        "messages.view", "sandbox.view", "alerts.edit", "phones.edit", "slack.use", "verifications.view", "verifications.run",
        "replies.view", "replies.handle", "segments.edit",
    ],
    "analyst": ["campaigns.view", "contacts.view", "messages.view", "suppressions.view", "alerts.edit", "phones.edit", "slack.use"],
    "billing": ["account.view", "alerts.edit", "phones.edit", "slack.use", "billing.view", "billing.edit"],
}  # fmt: skip
"""Ready-made roles, given to every new account."""


def permissions_of(user: User | int, account: Account | int) -> frozenset[str]:
    """The names a user's roles in an account give; empty when the user does not belong to it."""
    query: Any = (
        Role.select(Role.permissions).join(Membership).where(Membership.account == account, Membership.user == user)
    )
    return frozenset(name for (names,) in query.tuples() for name in names)


def home_of(user: User | int) -> Account | None:
    """The account a user has belonged to for longest: where signing in leads. None when they belong to none."""
    first = Membership.select(Membership.account).where(Membership.user == user).order_by(Membership.id).first()
    return first.account if first else None


def accounts_of(user: User | int) -> list[Account]:
    """The accounts a user belongs to, by name."""
    return list(
        Account.select().join(Membership).where(Membership.user == user).group_by(Account.id).order_by(Account.name)
    )

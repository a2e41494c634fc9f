"""The first tables."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    name = peewee.TextField()
    company = peewee.TextField()
    postal_address = peewee.TextField()
    time_zone = peewee.TextField()
    language = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "accounts"


class User(peewee.Model):
    name = peewee.TextField()
    email = peewee.TextField(unique=True)
    password_hash = peewee.TextField()
    language = peewee.TextField()
    time_zone = peewee.TextField()
    created_at = peewee.BigIntegerField()
    disabled_at = peewee.BigIntegerField(null=True)
    failed_logins = peewee.IntegerField()
    locked_until = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "users"


class Role(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    name = peewee.TextField()
    permissions = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "roles"
        indexes = ((("account", "name"), True),)


class Membership(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, backref="+")
    role = peewee.ForeignKeyField(Role, backref="+")
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "memberships"
        indexes = ((("account", "user", "role"), True),)


class Session(peewee.Model):
    token_hash = peewee.TextField(unique=True)
    user = peewee.ForeignKeyField(User, backref="+")
    account = peewee.ForeignKeyField(Account, backref="+")
    created_at = peewee.BigIntegerField()
    seen_at = peewee.BigIntegerField()
    address = peewee.TextField()
    agent = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "sessions"


class Domain(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    name = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "domains"
        indexes = ((("account", "name"), True),)


class DkimKey(peewee.Model):
    domain = peewee.ForeignKeyField(Domain, on_delete="CASCADE", backref="+")
    selector = peewee.TextField()
    algorithm = peewee.TextField()
    private_key = peewee.BlobField()
    record = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "dkim_keys"
        indexes = ((("domain", "selector"), True),)


class SmtpCredential(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    name = peewee.TextField()
    login = peewee.TextField(unique=True)
    password_hash = peewee.TextField()
    source_id = peewee.IntegerField()
    created_at = peewee.BigIntegerField()
    used_at = peewee.BigIntegerField(null=True)
    revoked_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "smtp_credentials"


class AccountSetting(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    key = peewee.TextField()
    value = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "settings"
        indexes = ((("account", "key"), True),)


class Activity(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    sequence = peewee.IntegerField()
    at = peewee.BigIntegerField()
    door = peewee.TextField()
    user_id = peewee.IntegerField(null=True)
    action = peewee.TextField()
    target = peewee.TextField()
    personal = peewee.TextField(null=True)
    salt = peewee.TextField(null=True)
    commitment = peewee.TextField()
    previous = peewee.TextField()
    hash = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "activity"
        indexes = ((("account", "sequence"), True),)


class Suppression(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    scope = peewee.TextField()
    reason = peewee.TextField()
    origin = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "suppressions"
        indexes = ((("account", "address_key", "scope"), True),)


class Content(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    kind = peewee.TextField()
    subject = peewee.TextField()
    from_address = peewee.TextField()
    body = peewee.BlobField()
    links = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "contents"


class Source(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    kind = peewee.TextField()
    ref = peewee.BigIntegerField()
    name = peewee.TextField()
    stream = peewee.TextField()
    state = peewee.TextField()
    priority = peewee.SmallIntegerField()
    rate = peewee.IntegerField(null=True)
    next_at = peewee.DoubleField()
    content = peewee.ForeignKeyField(Content, backref="+", null=True)
    held_reason = peewee.TextField()
    held_until = peewee.BigIntegerField(null=True)
    filling = peewee.BooleanField()
    marker = peewee.BigIntegerField()
    planned = peewee.IntegerField()
    submitted = peewee.IntegerField()
    created_at = peewee.BigIntegerField()
    started_at = peewee.BigIntegerField(null=True)
    finished_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "sources"
        indexes = ((("state", "stream"), False),)


class Queued(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    source = peewee.ForeignKeyField(Source, index=False, backref="+")
    recipient_key = peewee.BigIntegerField()
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    domain = peewee.TextField()
    language = peewee.TextField()
    content_id = peewee.IntegerField(null=True)
    envelope_from = peewee.TextField(null=True)
    due_at = peewee.BigIntegerField()
    attempts = peewee.SmallIntegerField()
    first_at = peewee.BigIntegerField()
    holder = peewee.SmallIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "queue"
        indexes = ((("source", "due_at"), False),)


class Message(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    source_id = peewee.IntegerField()
    recipient_key = peewee.BigIntegerField()
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    content_id = peewee.IntegerField(null=True)
    outcome = peewee.TextField()
    attempts = peewee.SmallIntegerField()
    code = peewee.SmallIntegerField()
    enhanced = peewee.TextField()
    text = peewee.TextField()
    reason = peewee.TextField()
    plugin = peewee.TextField()
    route = peewee.TextField()
    tls = peewee.TextField()
    settled_at = peewee.BigIntegerField()
    opened_at = peewee.BigIntegerField(null=True)
    clicked_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "messages"
        indexes = (
            (("source_id", "id"), False),
            (("account_id", "id"), False),
            (("account_id", "address_key"), False),
        )


class Event(peewee.Model):
    id = peewee.BigAutoField(primary_key=True)
    kind = peewee.TextField()
    account_id = peewee.IntegerField()
    source_id = peewee.IntegerField()
    message_id = peewee.BigIntegerField()
    attempt = peewee.SmallIntegerField(null=True)
    at = peewee.BigIntegerField()
    code = peewee.SmallIntegerField()
    enhanced = peewee.TextField()
    text = peewee.TextField()
    values = peewee.TextField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "events"
        indexes = ((("message_id", "attempt"), True),)


class Counter(peewee.Model):
    source_id = peewee.IntegerField()
    hour = peewee.IntegerField()
    kind = peewee.TextField()
    count = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "counters"
        primary_key = peewee.CompositeKey("source_id", "hour", "kind")


class Cursor(peewee.Model):
    name = peewee.TextField(primary_key=True)
    position = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "cursors"


class Node(peewee.Model):
    number = peewee.SmallIntegerField(primary_key=True)
    machine = peewee.TextField()
    leased_until = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "nodes"


class Job(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    kind = peewee.TextField()
    ref = peewee.BigIntegerField()
    state = peewee.TextField()
    due_at = peewee.BigIntegerField()
    holder = peewee.SmallIntegerField(null=True)
    done = peewee.BigIntegerField()
    total = peewee.BigIntegerField()
    faults = peewee.SmallIntegerField()
    error = peewee.TextField()
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "jobs"
        indexes = (
            (("state", "due_at"), False),
            (("kind", "ref"), False),
        )


TABLES = (
    Account,
    User,
    Role,
    Membership,
    Session,
    Domain,
    DkimKey,
    SmtpCredential,
    AccountSetting,
    Activity,
    Suppression,
    Content,
    Source,
    Queued,
    Message,
    Event,
    Counter,
    Cursor,
    Node,
    Job,
)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, TABLES)
    db.execute_sql("CREATE INDEX queue_holder ON queue (holder) WHERE holder IS NOT NULL")

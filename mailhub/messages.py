"""One message from accepted to settled: sources, queue, ledger, events, contents, counters. Tables and their states.

Only the `outbox` writes sources, queue and messages. A queue row is what is still to do and goes at the final outcome; a
message row is what happened and is written then. Ids of messages are 64 bits, ordered by time (see `ids`).
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import peewee

from mailhub.accounts import OwnedModel
from mailhub.db import JsonField, Model, SandboxModel, UTCField
from mailhub.sentences import SentenceField

OPEN, PAUSED, HELD, CANCELLED, FINISHED = "open", "paused", "held", "cancelled", "finished"
SOURCE_STATES = (OPEN, PAUSED, HELD, CANCELLED, FINISHED)

DELIVERED, DEFERRED, BOUNCED, REFUSED, EXPIRED = "delivered", "deferred", "bounced", "refused", "expired"
OUTCOMES = (DELIVERED, BOUNCED, REFUSED, EXPIRED, CANCELLED)
"""Final outcomes. `deferred` is an attempt that will be made again."""
OPENED, CLICKED, UNSUBSCRIBED, COMPLAINED = "opened", "clicked", "unsubscribed", "complained"
EVENT_KINDS = (*OUTCOMES, DEFERRED, OPENED, CLICKED, UNSUBSCRIBED, COMPLAINED)
BOUNCES = ("hard", "soft", "block", "unknown")
"""The classes of a bounce: nobody is there, not now, not from us, and what nobody could read."""
AFTERWARDS, COMPLAINT = 0, -1
"""The `attempt` of the event that a delivered message bounced, and of that its reader complained: so each comes once."""


class Content(OwnedModel):
    """A frozen version of what is sent: a compiled campaign (JSON), or a mail that came whole (bytes), shared by its recipients.

    `envelope_from` is the sender a login gave its mail: whoever hears what became of it.
    """

    kind = peewee.TextField()  # compiled | mime
    subject = peewee.TextField(default="")
    from_address = peewee.TextField(default="")
    body = peewee.BlobField()
    links = JsonField(default=list)
    created_at = UTCField()
    envelope_from = peewee.TextField(null=True)

    class Meta:
        table_name = "contents"


class Envelope(Model):
    """What the submitter of one message asked to be told (RFC 3461), as it came; only for those that asked.

    `ret` is FULL or HDRS, `envid` and `orcpt` are xtext, `notify` such as SUCCESS,FAILURE; each may be empty.
    """

    message_id = peewee.BigIntegerField(primary_key=True)
    ret = peewee.TextField(default="")
    envid = peewee.TextField(default="")
    notify = peewee.TextField(default="")
    orcpt = peewee.TextField(default="")

    class Meta:
        table_name = "envelopes"


class Source(OwnedModel):
    """What messages come from: a campaign, a login, a test. Pausing a million messages changes one row here.

    `rate` is messages a minute (None: as fast as it goes); `next_at` the moment, in ms, from which the next may leave.
    `filling` stays true while its audience is still being submitted. `marker` is where filling goes on.
    """

    kind = peewee.TextField()  # campaign | smtp | test
    ref = peewee.BigIntegerField(default=0)
    name = peewee.TextField(default="")
    stream = peewee.TextField(default="bulk")
    state = peewee.TextField(default=OPEN)
    priority = peewee.SmallIntegerField(default=0)
    rate = peewee.IntegerField(null=True)
    next_at = peewee.DoubleField(default=0)
    content = peewee.ForeignKeyField(Content, null=True)
    if TYPE_CHECKING:
        content_id: int | None
    held_reason = SentenceField(default="")
    held_until = UTCField(null=True)
    filling = peewee.BooleanField(default=False)
    marker = peewee.BigIntegerField(default=0)
    planned = peewee.IntegerField(default=0)
    submitted = peewee.IntegerField(default=0)
    created_at = UTCField()
    started_at = UTCField(null=True)
    finished_at = UTCField(null=True)

    class Meta:
        table_name = "sources"
        indexes = ((("state", "stream"), False),)


class Queued(Model):
    """One message still to be sent. `holder` is the node that has it claimed until `due_at`; else due_at is when it may leave.

    `reason` (a slug), `code` and `text` say why it waits: what the last server answered, or what the lane suffers from.
    """

    id = peewee.BigIntegerField(primary_key=True)
    source = peewee.ForeignKeyField(Source, index=False)
    recipient_key = peewee.BigIntegerField(default=0)
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    domain = peewee.TextField()
    language = peewee.TextField(default="")
    content_id = peewee.IntegerField(null=True)
    envelope_from = peewee.TextField(null=True)
    due_at = UTCField()
    attempts = peewee.SmallIntegerField(default=0)
    first_at = UTCField()
    holder = peewee.SmallIntegerField(null=True)
    reason = peewee.TextField(default="")
    code = peewee.SmallIntegerField(default=0)
    text = peewee.TextField(default="")

    class Meta:
        table_name = "queue"
        indexes = ((("source", "due_at"), False),)


class Message(Model):
    """What became of one message: the ledger, one row at its final outcome. One that was delivered may still bounce.
    `bounce` is one of `BOUNCES` once a bounce was judged, else "". No foreign keys: rows outlive what they came from and
    can be cut off by age."""

    id = peewee.BigIntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    source_id = peewee.IntegerField()
    recipient_key = peewee.BigIntegerField(default=0)
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    content_id = peewee.IntegerField(null=True)
    outcome = peewee.TextField()
    attempts = peewee.SmallIntegerField(default=0)
    code = peewee.SmallIntegerField(default=0)
    enhanced = peewee.TextField(default="")
    text = peewee.TextField(default="")
    reason = peewee.TextField(default="")
    plugin = peewee.TextField(default="")
    route = peewee.TextField(default="")
    tls = peewee.TextField(default="")
    settled_at = UTCField()
    opened_at = UTCField(null=True)
    clicked_at = UTCField(null=True)
    bounce = peewee.TextField(default="")
    complained_at = UTCField(null=True)

    class Meta:
        table_name = "messages"
        indexes = ((("source_id", "id"), False), (("account_id", "id"), False), (("account_id", "address_key"), False))


def of_outcome(outcome: str) -> list[Any]:
    """The conditions for messages of one outcome.

    The rare ones have an index of their own, which is used when its condition is said word for word.
    """
    rare = [peewee.SQL("outcome <> 'delivered'")] if outcome != DELIVERED else []
    return [Message.outcome == outcome, *rare]


class Event(Model):
    """What happened, numbered in commit order: whoever has seen n will never find anything new at or below n."""

    id = peewee.BigAutoField()
    kind = peewee.TextField()
    account_id = peewee.IntegerField()
    source_id = peewee.IntegerField(default=0)
    message_id = peewee.BigIntegerField(default=0)
    attempt = peewee.SmallIntegerField(null=True)
    at = UTCField()
    code = peewee.SmallIntegerField(default=0)
    enhanced = peewee.TextField(default="")
    text = peewee.TextField(default="")
    values = JsonField(null=True)

    class Meta:
        table_name = "events"
        indexes = ((("message_id", "attempt"), True),)


class Counter(Model):
    """How many events of a kind a source had in an hour (`hour` is hours since 1970). Follows the events in batches."""

    source_id = peewee.IntegerField()
    hour = peewee.IntegerField()
    kind = peewee.TextField()
    count = peewee.IntegerField()

    class Meta:
        table_name = "counters"
        primary_key = peewee.CompositeKey("source_id", "hour", "kind")


class LinkCount(Model):
    """How often each link of a source was followed, and by how many recipients. Follows the events in batches."""

    source_id = peewee.IntegerField()
    link = peewee.IntegerField()
    clicks = peewee.IntegerField()
    readers = peewee.IntegerField()

    class Meta:
        table_name = "link_counts"
        primary_key = peewee.CompositeKey("source_id", "link")


class FollowedLink(Model):
    """That a message's link was followed at least once: what tells its first click from the next ones."""

    message_id = peewee.BigIntegerField()
    link = peewee.IntegerField()

    class Meta:
        table_name = "followed_links"
        primary_key = peewee.CompositeKey("message_id", "link")


class PastMessage(Model):
    """What stays of a purged message that had a link to unsubscribe: which source it came from, and to whom it went."""

    id = peewee.BigIntegerField(primary_key=True)
    source_id = peewee.IntegerField()
    address_key = peewee.BigIntegerField()

    class Meta:
        table_name = "past_messages"


class PastRecipient(Model):
    """An address that purged messages of an account were written to, once: without its row their links name nobody."""

    account_id = peewee.IntegerField()
    address_key = peewee.BigIntegerField()
    address = peewee.TextField()

    class Meta:
        table_name = "past_recipients"
        primary_key = peewee.CompositeKey("account_id", "address_key")


class Cursor(Model):
    """How far a reader of the events has come; moved in the reader's own transaction."""

    name = peewee.TextField(primary_key=True)
    position = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "cursors"


class Kept(SandboxModel):
    """A mail the sandbox delivered: its envelope and its bytes (zlib)."""

    id = peewee.BigIntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    source_id = peewee.IntegerField()
    system = peewee.BooleanField(default=False)
    envelope_from = peewee.TextField()
    recipient = peewee.TextField()
    subject = peewee.TextField(default="")
    size = peewee.IntegerField()
    body = peewee.BlobField()
    at = UTCField()

    class Meta:
        table_name = "sandbox"
        indexes = ((("account_id", "id"), False), (("at",), False))


class Asked(NamedTuple):
    """What the submitter of a message asked to be told; the columns of `Envelope`."""

    ret: str = ""
    envid: str = ""
    notify: str = ""
    orcpt: str = ""


NEVER = 32_503_680_000_000
"""The `due_at` (ms) of a message that an operator holds: the year 3000."""


class Waiting(NamedTuple):
    """A queue row on its way: what admission sees at submit, and what a claim brings."""

    id: int
    recipient_key: int
    address: str
    address_key: int
    domain: str
    language: str = ""
    content_id: int | None = None
    envelope_from: str | None = None
    attempts: int = 0
    first_at: int = 0


class Outcome(NamedTuple):
    """What an attempt brought. `kind` is a final outcome or `deferred` (then `due_at` is when it is tried again).

    `code` and `enhanced` are the server's (RFC 5321, RFC 3463), `reason` a fixed slug, `plugin` who refused.
    """

    id: int
    attempt: int
    kind: str
    at: int
    code: int = 0
    enhanced: str = ""
    text: str = ""
    reason: str = ""
    plugin: str = ""
    route: str = ""
    tls: str = ""
    due_at: int = 0

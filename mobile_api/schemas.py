"""What goes in and comes out under /mobile/v1, as marshmallow schemas: the OpenAPI document is made of them."""

from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from mailhub.errors import Sentence
from mobile_api.access import KINDS

STATES = ("draft", "validated", "scheduled", "sending", "paused", "finished", "cancelled")
LONGEST = 2**31 - 1
_KIND = OneOf(KINDS, error=Sentence("Write one of the kinds of device that the document names, such as other."))


def _told(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description, **more}}


class Keep(Schema):
    """Where the refresh token goes."""

    keep = String(
        load_default="body",
        validate=OneOf(["body", "cookie"], error=Sentence("Write body or cookie.")),
        **_told("cookie: the refresh token is set as an HttpOnly cookie and left out of the answer, for web pages"),
    )


class SignIn(Keep):
    """The password, from a device of some kind."""

    email = String(required=True, validate=Length(1, 320, error=Sentence("An e-mail address has 1 to 320 characters.")))
    password = String(required=True, validate=Length(1, 1000, error=Sentence("A password has 1 to 1,000 characters.")))
    kind = String(load_default="other", validate=_KIND)
    account = Integer(
        load_default=None, allow_none=True,
        validate=Range(1, LONGEST, error=Sentence("An account’s number is a whole number, 1 or more.")),
        **_told("number of the account, for users of several"),
    )  # fmt: skip


class Pair(Keep):
    """The pairing code, from a device of some kind."""

    code = String(
        required=True,
        validate=Length(1, 64, error=Sentence("A pairing code has 1 to 64 characters.")),
        **_told("as shown beside the QR code, dashes or not"),
    )
    kind = String(load_default="other", validate=_KIND)


class Refresh(Schema):
    """The refresh token; left out where it is a cookie."""

    refresh_token = String(
        load_default="", validate=Length(max=200, error=Sentence("A refresh token has 200 characters at most."))
    )


class When(Schema):
    """A new time."""

    at = String(
        required=True, validate=Length(1, 100, error=Sentence("A time has 1 to 100 characters.")),
        **_told("2026-12-24T09:00 in the account's zone, tomorrow 9:00, in 2 hours, or with an offset"),
    )  # fmt: skip


class Once(Schema):
    """Headers of a wish: done once for its key, and only on what was seen."""

    key = String(
        data_key="Idempotency-Key", load_default="",
        validate=Length(max=200, error=Sentence("An Idempotency-Key has 200 characters at most.")),
        **_told("made anew for each wish: the same request with the same key does nothing twice (kept for a day)"),
    )  # fmt: skip
    seen = String(
        data_key="If-Match", load_default="",
        validate=Length(max=200, error=Sentence("An ETag has 200 characters at most.")),
        **_told("the ETag (or the quoted version) of the campaign as it was seen: 412 when it was changed since"),
    )  # fmt: skip


class Page(Schema):
    """Which campaigns, and from where on."""

    state = String(
        load_default="", validate=OneOf(["", *STATES], error=Sentence("Write one of the states that campaigns have."))
    )
    before = Integer(
        load_default=None,
        validate=Range(1, LONGEST, error=Sentence("Write the number that the page before gave as next.")),
        **_told("the `next` of the page before"),
    )
    limit = Integer(
        load_default=20, validate=Range(1, 100, error=Sentence("The limit is a whole number from 1 to 100."))
    )


class Person(Schema):
    """Who is signed in, from what, and what may be done."""

    user = String()
    email = String()
    account = String()
    language = String()
    time_zone = String()
    connector = Integer()
    device = String()
    kind = String(validate=OneOf(KINDS))
    privilege = String(validate=OneOf(["read", "write"]))
    activated_at = DateTime()
    can = List(String())


class Tokens(Schema):
    """What a device gets when it signs in."""

    access_token = String()
    token_type = String()
    expires_in = Integer(**_told("seconds"))
    refresh_token = String(**_told("left out where it is a cookie"))
    me = Nested(Person)


class Today(Schema):
    """The account's numbers since midnight in its zone."""

    delivered = Integer()
    bounced = Integer()
    opened = Integer()
    clicked = Integer()
    unsubscribed = Integer()


class Numbers(Today):
    """What became of the recipients."""

    planned = Integer()
    waiting = Integer()
    deferred = Integer()
    refused = Integer()
    expired = Integer()
    cancelled = Integer()


class Summary(Schema):
    """A campaign in a line."""

    number = Integer()
    name = String()
    state = String()
    scheduled_at = DateTime(allow_none=True)
    started_at = DateTime(allow_none=True)
    finished_at = DateTime(allow_none=True)


class Campaign(Summary):
    """A campaign with its statistics. `version` is what If-Match compares."""

    version = String()
    sentence = String(**_told("what is happening, for a person"))
    time_zone = String()
    numbers = Nested(Numbers)
    rate = Integer(**_told("messages a minute now"))
    seconds_left = Integer(allow_none=True)
    standing = String()
    can = List(String(), **_told("what may be asked for now, from this device"))


class Campaigns(Schema):
    """A page of campaigns, newest first."""

    campaigns = List(Nested(Summary))
    next = Integer(allow_none=True, **_told("give it as `before` for the next page; null at the end"))


class Overview(Schema):
    """What runs now, what comes next, what was last, and today's numbers."""

    today = Nested(Today)
    running = List(Nested(Campaign))
    coming = List(Nested(Summary))
    last = List(Nested(Summary))
    more = Boolean(**_told("more are running or coming than are shown"))

"""Who may not speak to the SMTP listeners for a while: the table of bans, and what an operator does with it.

Whom to ban is decided by `smtp_server`, which also keeps the living bans in memory.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any, NamedTuple

import marshmallow
import peewee
from marshmallow import fields

from mailhub.accounts import SmtpCredential
from mailhub.actions import Action, Arguments, argument
from mailhub.db import Model, UTCField, sql, transaction
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.vocabulary import Schedule

LOGIN = "login:"
"""What the subject of a ban of a login begins with; every other subject is an address or a network."""
FIRST, LONGEST = 10 * 60_000, 7 * 24 * 3_600_000
"""Milliseconds a first ban lasts, and the longest: each is six times the one before."""
REMEMBERED = 30 * 24 * 3_600_000
"""Milliseconds an ended ban still makes the next one longer."""
HAND = "hand"
BROADEST = {4: 8, 6: 16}
"""Bits at least of a network that is banned by hand: one more is most likely a slip of the hand."""
REASONS = {
    "login": Sentence("wrong logins"),
    "early": Sentence("spoke before the greeting"),
    "smuggling": Sentence("tried to smuggle mail"),
    "guessing": Sentence("guessed addresses"),
    "commands": Sentence("wrong commands"),
    HAND: Sentence("banned by hand"),
}
"""Why somebody was banned, for pages."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SmtpBan(Model):
    """One ban. `subject` is an address, a network, or `login:` and a login; `until` None means for ever.

    Ended ones stay for a month, since `count` makes the next one longer; `changed_at` tells the listeners what is new.
    """

    subject = peewee.TextField(primary_key=True)
    reason = peewee.TextField()
    count = peewee.IntegerField()
    made_at = UTCField()
    until = UTCField(null=True)
    changed_at = UTCField(index=True)

    class Meta:
        table_name = "smtp_bans"


class Standing(NamedTuple):
    """How a ban stands: its subject, until when (ms; None: for ever), and whether a person made it."""

    subject: str
    until: int | None
    by_hand: bool = False


def network_of(address: str) -> str:
    """The network an address is judged by: itself for IPv4, its /64 for IPv6, where one machine has all of it.

    What is no address is its own subject.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def networks(texts: Iterable[str]) -> list[Network]:
    """Networks such as 10.0.0.0/8 or a single address. Raises `ValueError` for what is none."""
    return [ipaddress.ip_network(each.strip(), strict=False) for each in texts]


def ban(subject: str, reason: str, now: int) -> None:
    """Ban a subject from `now` (ms), in the caller's transaction; longer each time.

    A ban that still stands is left as it is: several processes may have seen the same offences.
    """
    row = SmtpBan.get_or_none(SmtpBan.subject == subject)
    if row is not None and (row.until is None or row.until > now):
        return
    count = row.count + 1 if row else 1
    _write(subject, reason, count, now, now + min(FIRST * 6 ** min(count - 1, 10), LONGEST))


def _write(subject: str, reason: str, count: int, now: int, until: int | None) -> None:
    sql(
        "INSERT INTO smtp_bans (subject, reason, count, made_at, until, changed_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (subject) DO UPDATE SET reason = excluded.reason, count = excluded.count, "
        "made_at = excluded.made_at, until = excluded.until, changed_at = excluded.changed_at",
        (subject, reason, count, now, until, now),
    )


def changed_since(at: int) -> list[Standing]:
    """The bans that were made, lifted or changed since a moment (ms)."""
    rows = sql("SELECT subject, until, reason FROM smtp_bans WHERE changed_at >= ?", (at,)).fetchall()
    return [Standing(subject, until, reason == HAND) for subject, until, reason in rows]


def standing(now: int) -> list[SmtpBan]:
    """The bans that stand at `now` (ms), the newest first."""
    living = (SmtpBan.until.is_null()) | (SmtpBan.until > now)
    return list(SmtpBan.select().where(living).order_by(SmtpBan.made_at.desc(), SmtpBan.subject).limit(1000))


def lift(hub: Hub, subject: str) -> None:
    """End a ban now, and forget that there was one. Raises `NotFound`."""
    ended = (
        SmtpBan.update(until=hub.ms(), count=0, changed_at=hub.ms())
        .where(SmtpBan.subject == subject, (SmtpBan.until.is_null()) | (SmtpBan.until > hub.ms()))
        .execute()
    )
    if not ended:
        raise NotFound("No ban of {subject} stands: the page SMTP bans lists those that do.", subject=subject)


def forget_old(hub: Hub) -> None:
    """Delete bans that ended a month ago; the clock's work."""
    with transaction():
        SmtpBan.delete().where(SmtpBan.until < hub.ms() - REMEMBERED).execute()


def _subject(text: str) -> str:
    """The subject somebody means by an address, a network or a login. Raises `Invalid`."""
    if text.startswith(LOGIN):
        return text
    try:
        network = networks([text])[0]
    except ValueError:
        sentence = Sentence("{text} is no network: write 192.0.2.7 or 192.0.2.0/24.", text=text)
        wrong = {"subject": sentence}
        raise Invalid(fields=wrong) from None
    return str(network) if network.num_addresses > 1 else str(network.network_address)


def _require_sense(hub: Hub, subject: str) -> None:
    """A ban by hand must do what it says, and no more than was meant. Raises `Invalid`."""
    sentence = _nonsense(hub, subject)
    if sentence is not None:
        wrong = {"subject": sentence}
        raise Invalid(fields=wrong)


def _nonsense(hub: Hub, subject: str) -> Sentence | None:
    if subject.startswith(LOGIN):
        login = subject.removeprefix(LOGIN)
        there_is = SmtpCredential.select().where(SmtpCredential.login == login).exists()
        return None if there_is else Sentence("There is no SMTP login {login}: copy it whole.", login=login)
    (network,) = networks([subject])
    if network.prefixlen < BROADEST[network.version]:
        return Sentence(
            "{network} is a large part of the Internet: ban /{bits} or smaller networks.",
            network=network,
            bits=BROADEST[network.version],
        )
    for trusted in networks(hub.config.smtp.trusted_networks):
        if trusted.version == network.version and trusted.overlaps(network):
            return Sentence(
                "{network} is trusted, and trusted addresses are never banned: take {trusted} out of "
                "smtp.trusted_networks first.",
                network=network,
                trusted=trusted,
            )
    return None


class Which(Arguments):
    subject = argument(
        fields.String, "an address, a network such as 192.0.2.0/24, or login: and a login", required=True
    )


class AddBan(Which):
    hours = argument(
        fields.Integer,
        "how long, in hours; 0: for ever",
        load_default=24,
        validate=marshmallow.validate.Range(0, 87_600, error=Sentence("Hours are a whole number from 0 to 87,600.")),
    )


def _list(hub: Hub, actor: Actor) -> dict[str, Any]:
    rows = standing(hub.ms())
    return {
        "bans": [
            {"subject": each.subject, "reason": each.reason, "since": each.made_at, "until": each.until}
            for each in rows
        ]
    }


def _lift(hub: Hub, actor: Actor, subject: str) -> dict[str, Any]:
    found = _subject(subject)
    lift(hub, found)
    return {"subject": found}


def _add(hub: Hub, actor: Actor, subject: str, hours: int) -> dict[str, Any]:
    found, now = _subject(subject), hub.ms()
    _require_sense(hub, found)
    until = now + hours * 3_600_000 if hours else None
    _write(found, HAND, 1, now, until)
    return {"subject": found, "until": until}


ACTIONS: tuple[Action, ...] = (
    Action("smtp_bans.list", "List the SMTP bans", "smtp_bans.view", _list, changes=False),
    Action("smtp_bans.lift", "Lift an SMTP ban", "smtp_bans.edit", _lift, Which, target="subject"),
    Action("smtp_bans.add", "Ban an address from SMTP", "smtp_bans.edit", _add, AddBan, confirm=True, target="subject"),
)
SCHEDULES = (Schedule("smtp_bans.forget", 3600, forget_old),)

"""Random small bases and random rules for tests of segments, and what the rules mean, said in plain Python."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailhub.address import address_key
from mailhub.addresses import Suppression
from mailhub.db import from_ms
from mailhub.hub import Hub
from mailhub.messages import Content, Event, FollowedLink, Message, Source
from mailhub_contacts import segments
from mailhub_contacts.models import GROUP, LIST, Contact, ContactList, CustomField, ListContact
from mailhub_contacts.segment_rules import NEEDS, OWN, Group, Rule, verbs

DAY = 86_400_000
WORDS = ("", "Lyon", "LYON", "Saint-Étienne", "saint-étienne", "a*b?[c]", "100 %", "Ωmega", "ωMEGA", 'l\'été \\ "fin"')
DATES = ("2027-01-14", "2027-01-20T10:00", "2026-12-01", "14/01/2027", "2027-02-31")
ADDRESSES = ("a@example.com", "B@example.com", "c@news.example.ca", '"d@e"@example.org', "é@example.com")
LINKS = ["https://example.com/Été", "https://example.com/shop", "https://example.org/"]
SUBJECTS = (
    "address", "domain", "display", "language", "city", f"{OWN}size", f"{OWN}renewal", "list", "group", "created", "changed",
    "sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "active", "suppressed",
)  # fmt: skip


@dataclass
class Base:
    """An account's rows, as the tables hold them."""

    account: int
    zone: str
    now: int
    contacts: list[Contact] = field(default_factory=list)
    sets: dict[int, set[int]] = field(default_factory=dict)
    sources: list[int] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    clicks: set[tuple[int, int]] = field(default_factory=set)
    left: list[tuple[int, int, int]] = field(default_factory=list)  # message, source, at
    suppressions: list[Suppression] = field(default_factory=list)


def make(hub: Hub, account: int, zone: str, chance: random.Random) -> Base:
    """A random base, written into the account, whose tables are emptied first."""
    for table in (
        FollowedLink,
        Event,
        Message,
        Source,
        Content,
        ListContact,
        ContactList,
        Contact,
        CustomField,
        Suppression,
    ):
        table.delete().execute()
    base = Base(account, zone, hub.ms())
    for name in ("size", "renewal"):
        CustomField.create(account=account, slug=name, title=name)
    kinds = [
        (ContactList.create(account=account, kind=kind, name=name, created_at=1))
        for name in "ab"
        for kind in (LIST, GROUP)
    ]
    for address in chance.sample(ADDRESSES, chance.randint(0, len(ADDRESSES))):
        for copy in range(chance.choice((1, 1, 1, 2))):
            base.contacts.append(_contact(base, address, copy, chance))
    for each in kinds:
        base.sets[each.id] = {contact.id for contact in base.contacts if chance.random() < 0.4}
        for contact in base.sets[each.id]:
            ListContact.insert(list=each.id, contact=contact).execute()
    content = Content.create(account=account, kind="compiled", body=b"", links=LINKS, created_at=1)
    for name in ("Spring", "Autumn"):
        source = Source.create(account=account, kind="campaign", name=name, content=content, created_at=1)
        base.sources.append(source.id)
    for contact in base.contacts:
        _happen(base, contact, chance)
    return base


def _moment(base: Base, chance: random.Random) -> int:
    return base.now - chance.choice((0, 1, 5 * DAY, 10 * DAY, 10 * DAY - 1, 200 * DAY)) - chance.choice((0, 1))


def _contact(base: Base, address: str, copy: int, chance: random.Random) -> Contact:
    fields = {name: chance.choice(WORDS) for name in ("city", "size") if chance.random() < 0.8}
    fields |= {"renewal": chance.choice(DATES)} if chance.random() < 0.7 else {}
    return Contact.create(
        account=base.account, address=address, address_key=address_key(address), copy=copy, display=chance.choice(WORDS),
        language=chance.choice(("en", "fr", "")), fields=fields, created_at=_moment(base, chance),
        updated_at=_moment(base, chance),
    )  # fmt: skip


def _happen(base: Base, contact: Contact, chance: random.Random) -> None:
    same = {"account": base.account, "address": contact.address, "address_key": contact.address_key}
    if chance.random() < 0.3 and not any(each.address_key == contact.address_key for each in base.suppressions):
        base.suppressions.append(
            Suppression.create(
                **same,
                reason=chance.choice(("unsubscribed", "bounced")),
                scope="bulk",
                created_at=_moment(base, chance),
            )
        )
    for source in base.sources:
        if chance.random() < 0.6:
            _message(base, contact, source, chance)


def _message(base: Base, contact: Contact, source: int, chance: random.Random) -> None:
    message = Message.create(
        id=len(base.messages) + 1, account_id=base.account, source_id=source, address=contact.address,
        address_key=contact.address_key, outcome=chance.choice(("delivered", "delivered", "bounced", "refused", "expired")),
        settled_at=_moment(base, chance), opened_at=chance.choice((None, _moment(base, chance))),
        clicked_at=chance.choice((None, _moment(base, chance))), complained_at=chance.choice((None, None, _moment(base, chance))),
    )  # fmt: skip
    base.messages.append(message)
    if message.clicked_at:
        for link in chance.sample(range(len(LINKS)), 2):
            FollowedLink.insert(message_id=message.id, link=link).execute()
            base.clicks.add((message.id, link))
    if chance.random() < 0.3:
        at = _moment(base, chance)
        Event.create(kind="unsubscribed", account_id=base.account, source_id=source, message_id=message.id, at=at)
        base.left.append((message.id, source, at))


def rules(base: Base, chance: random.Random, depth: int = 1) -> dict[str, Any]:
    """A random group of rules that the base's account can say."""
    inner = [
        rules(base, chance, depth + 1) if depth < 4 and chance.random() < 0.25 else _rule(base, chance)
        for _ in range(chance.randint(1, 3))
    ]
    return {"match": chance.choice(("all", "any", "none")), "rules": inner}


def _rule(base: Base, chance: random.Random) -> dict[str, Any]:
    what = chance.choice(SUBJECTS)
    how = chance.choice(verbs(what))
    told: dict[str, Any] = {"what": what, "how": how}
    if NEEDS.get(how) == "value":
        told["value"] = _value(base, what, chance)
    elif NEEDS.get(how) == "days":
        told["days"] = chance.choice((0, 5, 10, 30, 36_500))
    elif NEEDS.get(how) == "date":
        told["date"] = chance.choice(("2027-01-14", "2027-01-15", "2026-12-31"))
    elif what in ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"):
        told |= {"campaign": chance.choice(base.sources)} if chance.random() < 0.6 else {}
        told |= {"days": chance.choice((5, 10))} if chance.random() < 0.5 else {}
        if what == "clicked" and "campaign" in told and chance.random() < 0.6:
            told["link"] = chance.choice(("été", "SHOP", "example", "nowhere"))
    return told


def _value(base: Base, what: str, chance: random.Random) -> str | int:
    if what in ("list", "group"):
        return chance.choice([each.id for each in ContactList.of(base.account).where(ContactList.kind == what)])
    if what == "language":
        return chance.choice(("en", "fr"))
    if what in ("address", "domain"):
        return chance.choice(("a@example.com", "b@EXAMPLE.com", "É", "example.com", ".ca", "@", "d@e"))
    return chance.choice([*(word for word in WORDS if word), "é", "ÉT", "on", "*", "Ω", "\\", '"', "%"])


def expected(base: Base, told: Any) -> list[int]:
    """Who the rules describe, each address once, as plain Python reads them."""
    group = segments.named(base.account, segments.read(told))
    inside = [contact for contact in base.contacts if _holds(base, group, contact)]
    first = {each.address_key: each.id for each in sorted(inside, key=lambda each: -each.copy)}
    return sorted(first.values())


def _holds(base: Base, rule: Group | Rule, contact: Contact) -> bool:
    if isinstance(rule, Group):
        each = [_holds(base, inner, contact) for inner in rule.rules]
        return {"all": all(each), "any": any(each), "none": not any(each)}[rule.match]
    what, since = rule.what, base.now - rule.days * DAY
    if what in ("list", "group"):
        return (contact.id in base.sets[int(rule.value)]) == (rule.how == "in")
    if what in ("created", "changed"):
        at = contact.created_at if what == "created" else contact.updated_at
        day = from_ms(at).astimezone(ZoneInfo(base.zone)).date().isoformat()
        return {"within": at >= since, "older": at < since, "before": day < rule.date, "after": day > rule.date}[
            rule.how
        ]
    if what == "active":
        mine = [each for each in base.messages if each.address_key == contact.address_key]
        ever = any(at is not None and at >= since for each in mine for at in (each.opened_at, each.clicked_at))
        return ever == (rule.how == "within")
    if rule.how in ("did", "did_not"):
        return _happened(base, rule, contact, since if rule.days else 0) == (rule.how == "did")
    return _says(base, rule, _text(rule.what, contact))


def _happened(base: Base, rule: Rule, contact: Contact, since: int) -> bool:
    what = rule.what
    if what == "suppressed" or (what == "unsubscribed" and not rule.campaign):
        return any(
            each.address_key == contact.address_key and each.created_at >= since
            and (what == "suppressed" or each.reason == "unsubscribed") for each in base.suppressions
        )  # fmt: skip
    mine = [each for each in base.messages if each.address_key == contact.address_key]
    mine = [each for each in mine if rule.campaign in (0, each.source_id)]
    if what == "unsubscribed":
        ids = {each.id for each in mine}
        return any(id_ in ids and at >= since for id_, _, at in base.left)
    if rule.link:
        wanted = [number for number, link in enumerate(LINKS) if rule.link.lower() in link.lower()]
        mine = [each for each in mine if any((each.id, number) in base.clicks for number in wanted)]
    at = {"opened": "opened_at", "clicked": "clicked_at", "complained": "complained_at"}.get(what, "settled_at")
    outcomes = {"sent": ("delivered", "bounced", "expired"), "delivered": ("delivered",), "bounced": ("bounced",)}.get(
        what
    )
    mine = [each for each in mine if outcomes is None or each.outcome in outcomes]
    return any(getattr(each, at) is not None and getattr(each, at) >= since for each in mine)


def _text(what: str, contact: Contact) -> str:
    if what == "domain":
        return str(contact.address).rpartition("@")[2]
    if what in ("address", "display", "language"):
        return str(getattr(contact, what))
    return str(contact.fields.get(what.removeprefix(OWN), ""))


def _says(base: Base, rule: Rule, text: str) -> bool:
    if rule.how in ("empty", "not_empty"):
        return (text == "") == (rule.how == "empty")
    if rule.how in ("past_days", "next_days", "before", "after"):
        return _dated(base, rule, text)
    text, sought = text.lower(), str(rule.value).lower()
    found = {
        "is": text == sought,
        "contains": sought in text,
        "begins": text.startswith(sought),
        "ends": text.endswith(sought),
    }
    return found[rule.how.removesuffix("_not")] == (not rule.how.endswith("_not"))


def _dated(base: Base, rule: Rule, text: str) -> bool:
    day, digits = text[:10], text[:10].replace("-", "")
    if len(digits) != 8 or not digits.isdecimal() or day[4:5] + day[7:8] != "--":
        return False
    today = from_ms(base.now).astimezone(ZoneInfo(base.zone)).date()
    first, last = today - timedelta(days=rule.days), today + timedelta(days=rule.days)
    spans = {"past_days": (first, today), "next_days": (today, last)}
    if rule.how in spans:
        begin, end = (each.isoformat() for each in spans[rule.how])
        return begin <= day <= end
    date.fromisoformat(rule.date)
    return day < rule.date if rule.how == "before" else day > rule.date

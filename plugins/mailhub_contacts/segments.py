"""Segments: contacts that rules describe. Find, make, change, delete, count, look at; who is in one is asked anew each time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mailhub.accounts import Account
from mailhub.db import sql
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.messages import Content, Source
from mailhub.permissions import Actor
from mailhub_contacts.columns import slug
from mailhub_contacts.models import Contact, ContactList, CustomField, Segment
from mailhub_contacts.segment_rules import OWN, SETS, Group, Rule, read
from mailhub_contacts.segment_sql import Asking, condition
from mailhub_contacts.segment_texts import Condition

MAX_NAME, SHOWN = 100, 20
CAMPAIGN = "campaign"
"""The kind of the sources that a rule may name."""
_MANY = 2000
"""Matches from which the first ones are found sooner along the contacts than by what each rule picks out."""


def all_of(account_id: int) -> list[Segment]:
    """An account's segments, by name."""
    return list(Segment.of(account_id).order_by(Segment.name))


def find(account_id: int, number: int) -> Segment:
    """An account's segment. Raises `NotFound`."""
    found: Segment | None = Segment.of(account_id).where(Segment.id == number).first()
    if found is None:
        raise NotFound("There is no segment {number}: the Segments page shows those that are there.", number=number)
    return found


def campaigns(account_id: int, limit: int = 200) -> list[Source]:
    """The campaigns that rules may name, the newest first."""
    mine = Source.of(account_id).where(Source.kind == CAMPAIGN)
    return list(mine.order_by(Source.id.desc()).limit(limit))


def create(hub: Hub, actor: Actor, name: str, rules: Any) -> Segment:
    """A new segment. Raises `Invalid` for its name or its rules."""
    _check_name(actor.account_id, name)
    kept = named(actor.account_id, read(rules)).json()
    now = hub.ms()
    return Segment.create(account=actor.account_id, name=name, rules=kept, created_at=now, updated_at=now)


def change(hub: Hub, actor: Actor, number: int, name: str | None, rules: Any) -> Segment:
    """Give a segment another name or other rules; None leaves them. Raises `NotFound`, `Invalid`."""
    segment = find(actor.account_id, number)
    if name is not None and name != segment.name:
        _check_name(actor.account_id, name)
        segment.name = name
    if rules is not None:
        segment.rules = named(actor.account_id, read(rules)).json()
    segment.updated_at = hub.ms()
    segment.save()
    return segment


def delete(actor: Actor, number: int) -> Segment:
    """Take a segment away; its contacts stay. Raises `NotFound`."""
    segment = find(actor.account_id, number)
    Segment.delete().where(Segment.account == actor.account_id, Segment.id == segment.id).execute()
    return segment


def _check_name(account_id: int, name: str) -> None:
    if not name:
        raise Invalid(fields={"name": Sentence("A segment needs a name.")})
    if len(name) > MAX_NAME:
        raise Invalid(fields={"name": Sentence("A name has {most} characters at most.", most=MAX_NAME)})
    if Segment.of(account_id).where(Segment.name == name).exists():
        raise Invalid(fields={"name": Sentence("There is a segment {name} already: choose another name.", name=name)})


def named(account_id: int, group: Group) -> Group:
    """Rules whose lists, groups, campaigns and fields are the account's and there, names become numbers.

    Raises `Invalid` with the field `rules` for the first that is not.
    """
    rules = [
        named(account_id, each) if isinstance(each, Group) else _named_rule(account_id, each) for each in group.rules
    ]
    return Group(group.match, tuple(rules))


def _named_rule(account_id: int, rule: Rule) -> Rule:
    if rule.what in SETS:
        return replace(rule, value=_list(account_id, rule))
    if rule.what.startswith(OWN):
        name = slug(rule.what.removeprefix(OWN))
        if not CustomField.of(account_id).where(CustomField.slug == name).exists():
            raise _invalid("There is no field {name}: choose one of those that contacts have.", name=name)
        return replace(rule, what=OWN + name)
    return replace(rule, campaign=_campaign(account_id, rule.campaign)) if rule.campaign else rule


def _list(account_id: int, rule: Rule) -> int:
    there = ContactList.of(account_id).where(ContactList.kind == rule.what, ContactList.deleted_at.is_null())
    same = ContactList.id == rule.value if isinstance(rule.value, int) else ContactList.name == rule.value
    found = there.where(same).first()
    if found is None and rule.what == "list":
        raise _invalid("There is no list {name} any more: choose another one.", name=rule.value)
    if found is None:
        raise _invalid("There is no group {name} any more: choose another one.", name=rule.value)
    return int(found.id)


def _campaign(account_id: int, wanted: str | int) -> int:
    same = Source.id == wanted if isinstance(wanted, int) else Source.name == wanted
    found = list(Source.of(account_id).where(Source.kind == CAMPAIGN, same).order_by(Source.id.desc()).limit(2))
    if not found:
        raise _invalid("There is no campaign {name} that was sent: choose another one.", name=wanted)
    if len(found) > 1:
        numbers = ", ".join(str(each.id) for each in found)
        raise _invalid(
            "Several campaigns are named {name}: write its number, such as {numbers}.", name=wanted, numbers=numbers
        )
    return int(found[0].id)


def _invalid(template: str, **values: Any) -> Invalid:
    return Invalid(fields={"rules": Sentence(template, **values)})


def asking(account_id: int, now: int, groups: Sequence[Group], by_row: bool = False) -> Asking:
    """What the rules of these groups are asked with; `now` is in ms, `by_row` as in `segment_sql`."""
    zone = Account.get_by_id(account_id).time_zone
    wanted = {(int(rule.campaign), rule.link) for group in groups for rule in group.leaves() if rule.link}
    links = {(source, text): _links(account_id, source, text) for source, text in wanted}
    return Asking(account_id, now, zone, links, by_row)


def _links(account_id: int, source_id: int, text: str) -> list[int]:
    """The numbers of a campaign's links that hold a text, whatever its case."""
    source = Source.of(account_id).where(Source.id == source_id).first()
    content = Content.of(account_id).where(Content.id == source.content_id).first() if source else None
    links = content.links if content else []
    return [number for number, url in enumerate(links) if text.casefold() in str(url).casefold()]


def of_segment(account_id: int, number: int) -> Group | None:
    """The rules of a segment; None when it, or a list, a campaign or a field that it names, is not there any more."""
    segment = Segment.of(account_id).where(Segment.id == number).first()
    if segment is None:
        return None
    try:
        return named(account_id, read(segment.rules))
    except Invalid:
        return None


# Of several contacts with one address, only the first copy that is in it.
_FIRST = (
    "(c.copy = 0 OR NOT EXISTS (SELECT 1 FROM contacts s WHERE s.account_id = c.account_id "
    "AND s.address_key = c.address_key AND s.copy < c.copy AND {same}))"
)


def _within(group: Group, asking: Asking) -> Condition:
    """Who the rules describe. Where no address has copies, PostgreSQL is not told of them: it plans for the dearest."""
    inside, said = condition(group, asking)
    if not sql("SELECT 1 FROM contacts WHERE account_id = ? AND copy > 0 LIMIT 1", (asking.account_id,)).fetchone():
        return f"c.account_id = ? AND {inside}", [asking.account_id, *said]
    same, again = condition(group, asking, "s")
    return f"c.account_id = ? AND {inside} AND {_FIRST.format(same=same)}", [asking.account_id, *said, *again]


def count(account_id: int, now: int, group: Group) -> int:
    """How many addresses the rules describe now (`now` in ms); each once."""
    inside, said = _within(group, asking(account_id, now, [group]))
    return int(sql(f"SELECT count(*) FROM contacts c WHERE {inside}", said).fetchone()[0])


def first(account_id: int, now: int, group: Group, found: int, limit: int = SHOWN) -> list[Contact]:
    """The first contacts that the rules describe, when they describe `found` in all."""
    if not found:
        return []
    inside, said = _within(group, asking(account_id, now, [group], by_row=found >= _MANY))
    rows = sql(f"SELECT c.id FROM contacts c WHERE {inside} ORDER BY c.id LIMIT ?", [*said, limit]).fetchall()
    return list(Contact.of(account_id).where(Contact.id.in_([row[0] for row in rows])).order_by(Contact.id))


def show(segment: Segment) -> dict[str, Any]:
    """A segment as other doors see it."""
    return {"number": segment.id, "name": segment.name, "rules": segment.rules}

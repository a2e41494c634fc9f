"""Lists and segments as audiences: who is in them, page by page, each address once; what is known of each contact.

Keys are `list:<number>`, `group:<number>`, `segment:<number>` and `contacts:all`. Every page is a walk along an index: the
last of a million costs as the first. A segment is not counted until somebody asks: its rules may look at every contact.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mailhub.db import in_list, now_ms, sql
from mailhub.vocabulary import Audience, Recipient
from mailhub_contacts import lists, segment_sql, segments
from mailhub_contacts.columns import FIELDS
from mailhub_contacts.models import GROUP, LIST, Contact, ContactList
from mailhub_contacts.segment_rules import Group
from mailhub_contacts.segment_sql import Asking
from mailhub_contacts.segment_texts import Condition

EVERYONE = "contacts:all"
_SETS = ("list:", "group:")
_SEGMENT = "segment:"
_BLANK = dict.fromkeys(FIELDS, "")

_SAME = "SELECT 1 FROM contacts s WHERE s.account_id = c.account_id AND s.address_key = c.address_key"
_EXCLUDED = (
    "SELECT 1 FROM contacts s JOIN list_contacts x ON x.contact_id = s.id AND {lists} "
    "WHERE s.account_id = c.account_id AND s.address_key = c.address_key"
)
"""Whether a contact's address is in an excluded list, under whatever copy."""
# A page asks it row by row: LIMIT keeps PostgreSQL from hashing the whole excluded list for every page.
_BY_ROW = " AND ({found} LIMIT 1) IS NULL"
_BY_SET = " AND NOT EXISTS ({found})"


class Chosen(NamedTuple):
    """What keys name: everyone, lists and groups by number, segments by their rules."""

    everyone: bool
    lists: list[int]
    segments: list[Group]


def choices(account_id: int, all_contacts: str = "All contacts") -> list[Audience]:
    """What an account can write to: its lists, groups and segments, and everyone, who are named `all_contacts`."""
    counted = [
        Audience(f"{kind}:{each.id}", each.name, count)
        for kind in (LIST, GROUP)
        for each, count in lists.with_counts(account_id, kind)
    ]
    counted += [Audience(f"{_SEGMENT}{each.id}", each.name) for each in segments.all_of(account_id)]
    everyone = Contact.of(account_id).count()
    return [*counted, Audience(EVERYONE, all_contacts, everyone)] if everyone or counted else counted


def recipients(
    account_id: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int, now: int | None = None
) -> list[Recipient] | None:
    """The hook `audience_recipients`; None when a key is not this plugin's, or what it names is not there (any more).

    `now` (in ms) is what the days of rules are counted from.
    """
    chosen, others = _read(account_id, include), _read(account_id, exclude)
    if chosen is None or others is None or not include:
        return None
    if others.everyone:
        return []
    asking = segments.asking(account_id, _moment(now), [*chosen.segments, *others.segments], by_row=True)
    outside, excluded = _not_excluded(others, asking)
    copies, among = _first_copy(chosen, asking)
    condition, parameters = outside + copies, [*excluded, *among]
    if chosen.everyone:
        return _page(_ALL + condition + _UP, [account_id, after, *parameters, limit])
    arms = [(_ONE_LIST + condition + _UP_LIST, [number, account_id, after, *parameters]) for number in chosen.lists]
    for group in chosen.segments:
        inside, said = segment_sql.condition(group, asking)
        arms.append((f"{_ALL} AND {inside}{condition}{_UP}", [account_id, after, *said, *parameters]))
    query = " UNION ".join(f"SELECT * FROM ({arm}) a{n}" for n, (arm, _) in enumerate(arms))
    each = [value for _, values in arms for value in (*values, limit)]
    return _page(query + " ORDER BY 1 LIMIT ?", [*each, limit])


_ALL = "SELECT c.id, c.address, c.language FROM contacts c WHERE c.account_id = ? AND c.id > ?"
_UP = " ORDER BY c.id LIMIT ?"
_ONE_LIST = (
    "SELECT c.id, c.address, c.language FROM list_contacts m JOIN contacts c ON c.id = m.contact_id "
    "WHERE m.list_id = ? AND c.account_id = ? AND m.contact_id > ?"
)
_UP_LIST = " ORDER BY m.contact_id LIMIT ?"


def _page(query: str, parameters: list[Any]) -> list[Recipient]:
    return [Recipient(*row) for row in sql(query, parameters).fetchall()]


def count(account_id: int, include: Sequence[str], exclude: Sequence[str], now: int | None = None) -> int | None:
    """The hook `audience_count`; None as for `recipients`."""
    chosen, others = _read(account_id, include), _read(account_id, exclude)
    if chosen is None or others is None or not include:
        return None
    if others.everyone:
        return 0
    asking = segments.asking(account_id, _moment(now), [*chosen.segments, *others.segments])
    condition, parameters = _not_excluded(others, asking)
    query = "SELECT count(DISTINCT c.address_key) FROM contacts c WHERE c.account_id = ?"
    if not chosen.everyone:
        inside, said = _is_in(chosen, asking, "c")
        query += f" AND {inside}"
        parameters = [*said, *parameters]
    return int(sql(query + condition, [account_id, *parameters]).fetchone()[0])


def _moment(now: int | None) -> int:
    return now_ms() if now is None else now


def _read(account_id: int, keys: Sequence[str]) -> Chosen | None:
    """What keys name; None when one is not this plugin's or names nothing that is the account's and there.

    A list that was deleted makes nobody's audience: its people would get what they are excluded from.
    """
    named = set(keys) - {EVERYONE}
    rules = [_rules(account_id, key) for key in sorted(named) if key.startswith(_SEGMENT)]
    sets = sorted(key for key in named if key.startswith(_SETS))
    numbers = _lists(account_id, sets)
    there = [group for group in rules if group is not None]
    if len(numbers) + len(there) < len(named):
        return None
    return Chosen(EVERYONE in keys, numbers, there)


def _rules(account_id: int, key: str) -> Group | None:
    word = key.removeprefix(_SEGMENT)
    return segments.of_segment(account_id, int(word)) if word.isdecimal() and len(word) < 10 else None


def _lists(account_id: int, keys: Sequence[str]) -> list[int]:
    """The numbers of those keys' lists that are the account's and there."""
    words = [key.partition(":")[2] for key in keys]
    numbers = {int(word) for word in words if word.isdecimal()}
    if not numbers:
        return []
    found = ContactList.of(account_id).where(ContactList.id.in_(numbers), ContactList.deleted_at.is_null())
    return sorted(each.id for each in found)


def _not_excluded(others: Chosen, asking: Asking) -> Condition:
    outside = ""
    said: list[Any] = []
    form = _BY_ROW if asking.by_row else _BY_SET
    if others.lists:
        among, said = in_list("x.list_id", others.lists)
        outside = form.format(found=_EXCLUDED.format(lists=among))
    for group in others.segments:
        inside, values = segment_sql.condition(group, asking, "s")
        outside += form.format(found=f"{_SAME} AND {inside}")
        said = [*said, *values]
    return outside, said


def _is_in(chosen: Chosen, asking: Asking, contact: str) -> Condition:
    """Whether a contact is in one of the chosen lists and segments."""
    each = [segment_sql.condition(group, asking, contact) for group in chosen.segments]
    if chosen.lists:
        among, numbers = in_list("y.list_id", chosen.lists)
        each.append((f"{contact}.id IN (SELECT y.contact_id FROM list_contacts y WHERE {among})", numbers))
    return f"({' OR '.join(text for text, _ in each)})", [value for _, values in each for value in values]


def _first_copy(chosen: Chosen, asking: Asking) -> Condition:
    """Of several contacts with one address, only the first copy that is in the audience."""
    same = f"{_SAME} AND s.copy < c.copy"
    said: list[Any] = []
    if chosen.segments and not chosen.everyone:
        inside, said = _is_in(chosen, asking, "s")
        same += f" AND {inside}"
    elif not chosen.everyone:
        among, said = in_list("y.list_id", chosen.lists)
        same = same.replace(" WHERE ", f" JOIN list_contacts y ON y.contact_id = s.id AND {among} WHERE ", 1)
    return f" AND (c.copy = 0 OR NOT EXISTS ({same}))", said


def fields_of(account_id: int, keys: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
    """The hook `recipient_fields`: every known field (if only as ""), and the custom ones a contact has."""
    if not keys:
        return {}
    condition, parameters = in_list("id", keys)
    rows = sql(
        f"SELECT id, address, language, display, fields FROM contacts WHERE account_id = ? AND {condition}",
        [account_id, *parameters],
    )
    return {
        id_: {**_BLANK, **json.loads(fields), "address": address, "language": language, "display": display}
        for id_, address, language, display, fields in rows.fetchall()
    }

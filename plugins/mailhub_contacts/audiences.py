"""Lists as audiences: who is in them, page by page, each address once; what is known of each for personalisation.

Keys are `list:<number>`, `group:<number>` and `contacts:all`. Every page is a walk along an index: the last of a
million costs as the first.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mailhub.db import in_list, sql
from mailhub.vocabulary import Audience, Recipient
from mailhub_contacts import lists
from mailhub_contacts.columns import FIELDS
from mailhub_contacts.models import GROUP, LIST, Contact, ContactList

EVERYONE = "contacts:all"
_SETS = ("list:", "group:")
_BLANK = dict.fromkeys(FIELDS, "")

_EXCLUDED = (
    "SELECT 1 FROM contacts s JOIN list_contacts x ON x.contact_id = s.id AND {lists} "
    "WHERE s.account_id = c.account_id AND s.address_key = c.address_key"
)
"""Whether a contact's address is in an excluded list, under whatever copy."""
# A page asks it row by row: LIMIT keeps PostgreSQL from hashing the whole excluded list for every page.
_ROW_NOT_EXCLUDED = f" AND ({_EXCLUDED} LIMIT 1) IS NULL"
_NONE_EXCLUDED = f" AND NOT EXISTS ({_EXCLUDED})"

# Of several contacts with one address, only the first copy that is in the audience.
_FIRST_COPY = (
    " AND (c.copy = 0 OR NOT EXISTS (SELECT 1 FROM contacts s {join} "
    "WHERE s.account_id = c.account_id AND s.address_key = c.address_key AND s.copy < c.copy))"
)


def choices(account_id: int, all_contacts: str = "All contacts") -> list[Audience]:
    """What an account can write to: its lists, and everyone, who are named `all_contacts`."""
    counted = [
        Audience(f"{kind}:{each.id}", each.name, count)
        for kind in (LIST, GROUP)
        for each, count in lists.with_counts(account_id, kind)
    ]
    everyone = Contact.of(account_id).count()
    return [*counted, Audience(EVERYONE, all_contacts, everyone)] if everyone or counted else counted


def recipients(
    account_id: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int
) -> list[Recipient] | None:
    """The hook `audience_recipients`; None when a key is not this plugin's, or its list is not there (any more)."""
    if not _are_there(account_id, include, exclude):
        return None
    if EVERYONE in exclude:
        return []
    chosen = [] if EVERYONE in include else _lists(account_id, include)
    if not chosen and EVERYONE not in include:
        return None  # deleted since it was looked at
    outside, excluded = _not_excluded(account_id, exclude, _ROW_NOT_EXCLUDED)
    copies, among = _first_copy(chosen)
    condition, parameters = outside + copies, [*excluded, *among]
    if not chosen:
        return _page(_ALL + condition + _UP, [account_id, after, *parameters, limit])
    arm = "SELECT * FROM (" + _ONE_LIST + condition + _UP_LIST + ") a{n}"
    query = " UNION ".join(arm.format(n=n) for n in range(len(chosen)))
    each = [[number, account_id, after, *parameters, limit] for number in chosen]
    return _page(query + " ORDER BY 1 LIMIT ?", [*(value for values in each for value in values), limit])


_ALL = "SELECT c.id, c.address, c.language FROM contacts c WHERE c.account_id = ? AND c.id > ?"
_UP = " ORDER BY c.id LIMIT ?"
_ONE_LIST = (
    "SELECT c.id, c.address, c.language FROM list_contacts m JOIN contacts c ON c.id = m.contact_id "
    "WHERE m.list_id = ? AND c.account_id = ? AND m.contact_id > ?"
)
_UP_LIST = " ORDER BY m.contact_id LIMIT ?"


def _page(query: str, parameters: list[Any]) -> list[Recipient]:
    return [Recipient(*row) for row in sql(query, parameters).fetchall()]


def count(account_id: int, include: Sequence[str], exclude: Sequence[str]) -> int | None:
    """The hook `audience_count`; None as for `recipients`."""
    if not _are_there(account_id, include, exclude):
        return None
    if EVERYONE in exclude:
        return 0
    condition, parameters = _not_excluded(account_id, exclude, _NONE_EXCLUDED)
    query = "SELECT count(DISTINCT c.address_key) FROM contacts c WHERE c.account_id = ?"
    if EVERYONE not in include:
        chosen = _lists(account_id, include)
        if not chosen:
            return None
        among, numbers = in_list("m.list_id", chosen)
        query += f" AND c.id IN (SELECT m.contact_id FROM list_contacts m WHERE {among})"
        parameters = [*numbers, *parameters]
    return int(sql(query + condition, [account_id, *parameters]).fetchone()[0])


def _are_there(account_id: int, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """A list that was deleted makes nobody's audience: its people would get what they are excluded from."""
    named = {*include, *exclude} - {EVERYONE}
    if not include or not all(key.startswith(_SETS) for key in named):
        return False
    return len(_lists(account_id, sorted(named))) == len(named)


def _lists(account_id: int, keys: Sequence[str]) -> list[int]:
    """The numbers of those keys' lists that are the account's and there."""
    words = [key.partition(":")[2] for key in keys if key.startswith(_SETS)]
    numbers = {int(word) for word in words if word.isdecimal()}
    if not numbers:
        return []
    found = ContactList.of(account_id).where(ContactList.id.in_(numbers), ContactList.deleted_at.is_null())
    return sorted(each.id for each in found)


def _not_excluded(account_id: int, exclude: Sequence[str], condition: str) -> tuple[str, list[Any]]:
    excluded = _lists(account_id, exclude)
    if not excluded:
        return "", []
    among, numbers = in_list("x.list_id", excluded)
    return condition.format(lists=among), numbers


def _first_copy(chosen: Sequence[int]) -> tuple[str, list[Any]]:
    """The condition that keeps second copies out; `chosen` are the lists of the audience, none for everyone."""
    if not chosen:
        return _FIRST_COPY.format(join=""), []
    among, numbers = in_list("y.list_id", chosen)
    return _FIRST_COPY.format(join=f"JOIN list_contacts y ON y.contact_id = s.id AND {among}"), numbers


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

"""Lists as audiences: who is in them, page by page, each address once; what is known of each for personalisation.

Keys are `list:<number>` and `contacts:all`. Every page is a walk along an index: the last of a million costs as the
first.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mailhub.db import in_list, sql
from mailhub.vocabulary import Audience, Recipient
from mailhub_contacts import lists
from mailhub_contacts.columns import FIELDS
from mailhub_contacts.models import Contact, ContactList

EVERYONE = "contacts:all"
_BLANK = dict.fromkeys(FIELDS, "")

# Nobody whose address is excluded; of several contacts with one address only the first copy that is in the audience.
_NOT_EXCLUDED = (
    " AND NOT EXISTS (SELECT 1 FROM contacts s JOIN list_contacts x ON x.contact_id = s.id AND {lists} "
    "WHERE s.account_id = c.account_id AND s.address_key = c.address_key)"
)
_FIRST_COPY = (
    " AND (c.copy = 0 OR NOT EXISTS (SELECT 1 FROM contacts s {join} "
    "WHERE s.account_id = c.account_id AND s.address_key = c.address_key AND s.copy < c.copy))"
)


def choices(account_id: int) -> list[Audience]:
    """What an account can write to: its lists, and everyone."""
    counted = [Audience(f"list:{each.id}", each.name, count) for each, count in lists.with_counts(account_id)]
    everyone = Contact.of(account_id).count()
    return [*counted, Audience(EVERYONE, "All contacts", everyone)] if everyone or counted else counted


def recipients(
    account_id: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int
) -> list[Recipient] | None:
    """The hook `audience_recipients`; None when a key is not this plugin's."""
    if not _are_ours(include, exclude):
        return None
    if EVERYONE in exclude:
        return []
    condition, parameters = _outside(account_id, include, exclude)
    if EVERYONE in include:
        return _page(_ALL + condition + _UP, [account_id, after, *parameters, limit])
    chosen = _lists(account_id, include)
    if not chosen:
        return []
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
    """The hook `audience_count`; None when a key is not this plugin's."""
    if not _are_ours(include, exclude):
        return None
    if EVERYONE in exclude:
        return 0
    condition, parameters = _outside(account_id, (), exclude)
    query = "SELECT count(DISTINCT c.address_key) FROM contacts c WHERE c.account_id = ?"
    if EVERYONE not in include:
        chosen = _lists(account_id, include)
        if not chosen:
            return 0
        among, numbers = in_list("m.list_id", chosen)
        query += f" AND c.id IN (SELECT m.contact_id FROM list_contacts m WHERE {among})"
        parameters = [*numbers, *parameters]
    return int(sql(query + condition, [account_id, *parameters]).fetchone()[0])


def _are_ours(include: Sequence[str], exclude: Sequence[str]) -> bool:
    return bool(include) and all(key == EVERYONE or key.startswith("list:") for key in (*include, *exclude))


def _lists(account_id: int, keys: Sequence[str]) -> list[int]:
    """The numbers of those keys' lists that are the account's and there."""
    numbers = {int(key[5:]) for key in keys if key.startswith("list:") and key[5:].isdecimal()}
    if not numbers:
        return []
    found = ContactList.of(account_id).where(ContactList.id.in_(numbers), ContactList.deleted_at.is_null())
    return sorted(each.id for each in found)


def _outside(account_id: int, include: Sequence[str], exclude: Sequence[str]) -> tuple[str, list[Any]]:
    """The condition that keeps the excluded and the second copies out; the latter only matters with `include`."""
    condition, parameters = "", []
    if excluded := _lists(account_id, exclude):
        among, numbers = in_list("x.list_id", excluded)
        condition, parameters = _NOT_EXCLUDED.format(lists=among), [*numbers]
    if not include:
        return condition, parameters
    join = ""
    if EVERYONE not in include and (chosen := _lists(account_id, include)):
        among, numbers = in_list("y.list_id", chosen)
        join, parameters = f"JOIN list_contacts y ON y.contact_id = s.id AND {among}", [*parameters, *numbers]
    return condition + _FIRST_COPY.format(join=join), parameters


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

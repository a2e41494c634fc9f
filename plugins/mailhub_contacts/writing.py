"""What a batch of an import writes: contacts and their places in lists and groups, set by set, and what undoes it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mailhub.db import in_list, is_postgres, sql, sql_many
from mailhub_contacts.mapping import Row
from mailhub_contacts.models import Import
from mailhub_contacts.spans import pack
from mailhub_contacts.tallies import differences
from mailhub_contacts.weighing import Change, Weighed, encode_fields

_COLUMNS = "account_id, address, address_key, copy, language, display, fields, created_at, updated_at"
_ADDED = " ON CONFLICT (account_id, address_key, copy) DO NOTHING RETURNING address_key, id"
_SPLIT = "\x1f"
"""Stands between the texts of a column in one parameter: arrays of texts take psycopg longer than all the rest."""
_TEXTS = "string_to_array(?, E'\\x1f')"
_NUMBERS = "string_to_array(?, ',')::bigint[]"
_FROM_COLUMNS = (
    f"INSERT INTO contacts ({_COLUMNS}) SELECT ?, address, address_key, 0, language, display, fields, ?, ? "
    f"FROM unnest({_TEXTS}, {_NUMBERS}, {_TEXTS}, {_TEXTS}, {_TEXTS}) AS given "
    "(address, address_key, language, display, fields) WHERE address_key IS NOT NULL"
)
_REWRITE_FROM_COLUMNS = (
    "UPDATE contacts SET language = given.language, display = given.display, fields = given.fields, "
    f"updated_at = given.updated_at FROM unnest({_TEXTS}, {_TEXTS}, {_TEXTS}, {_NUMBERS}, {_NUMBERS}) AS given "
    "(language, display, fields, updated_at, id) WHERE contacts.id = given.id"
)
_ONCE = "ON CONFLICT (list_id, contact_id) DO NOTHING"
_VALUES = "(?, ?, ?, 0, ?, ?, ?, ?, ?)"


def write_batch(record: Import, weighed: Weighed, now: int) -> dict[str, Any]:
    """Write a batch in its transaction. Returns what undoes it, as JSON (see `undoing`); empty when nothing changed."""
    added = _add(record, weighed.new, now)
    _change(weighed.changed.values(), now)
    everyone = [*added.values(), *(known.id for known in weighed.known.values())]
    told = {
        "new": pack(added.values()),
        "changed": [(each.was.id, each.was.updated_at, differences(each)) for each in weighed.changed.values()],
        "listed": _enlist(record, everyone, set(added.values())),
    }
    return {"at": now, **told} if any(told.values()) else {}


def _add(record: Import, rows: Sequence[Row], now: int) -> dict[int, int]:
    """Add contacts; returns the numbers of those that were added, by address key."""
    if not rows:
        return {}
    given = [
        (row.address, row.key, row.language or record.language, row.display, encode_fields(row.fields)) for row in rows
    ]
    if is_postgres():
        added = sql(_FROM_COLUMNS + _ADDED, [record.account_id, now, now, *_as_columns(given)])
    else:
        query = f"INSERT INTO contacts ({_COLUMNS}) VALUES " + ", ".join([_VALUES] * len(given)) + _ADDED
        added = sql(query, [value for each in given for value in (record.account_id, *each, now, now)])
    return dict(added.fetchall())


def _as_columns(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows as a text for each column, as the statements take them; one more empty text keeps the last of them."""
    return [
        ",".join(map(str, column))
        if isinstance(column[0], int)
        else _SPLIT.join([*(text.replace(_SPLIT, " ") for text in column), ""])
        for column in zip(*rows, strict=True)
    ]


def _change(changes: Iterable[Change], now: int) -> None:
    rewrite([(each.language, each.display, each.fields, now, each.was.id) for each in changes])


def rewrite(rows: Sequence[tuple[str, str, str, int, int]]) -> None:
    """Write language, display, fields (JSON) and `updated_at` (ms) over the contacts with the numbers that come last."""
    if not rows:
        return
    if is_postgres():
        sql(_REWRITE_FROM_COLUMNS, _as_columns(rows))
    else:
        sql_many("UPDATE contacts SET language = ?, display = ?, fields = ?, updated_at = ? WHERE id = ?", rows)


def _enlist(record: Import, contacts: Sequence[int], new: set[int]) -> Mapping[str, list[int]]:
    """Put contacts into the import's lists and groups; returns who was not there before, by list."""
    old = [each for each in contacts if each not in new]
    put: dict[str, list[int]] = {}
    for number in _there(record):
        there = _among(number, old)
        if coming := [each for each in contacts if each not in there]:
            _put(number, coming)
            put[str(number)] = pack(coming)
    return put


def _put(number: int, contacts: Sequence[int]) -> None:
    if is_postgres():
        sql(
            f"INSERT INTO list_contacts (list_id, contact_id) SELECT ?, unnest({_NUMBERS}) {_ONCE}",
            [number, ",".join(map(str, contacts))],
        )
    else:
        sql(
            f"INSERT INTO list_contacts (list_id, contact_id) SELECT ?, value FROM json_each(?) WHERE true {_ONCE}",
            [number, json.dumps(contacts)],
        )


def _there(record: Import) -> list[int]:
    """The import's lists, less those that were deleted meanwhile: they take nobody in."""
    if not record.lists:
        return []
    wanted, chosen = in_list("id", record.lists)
    found = sql(
        f"SELECT id FROM lists WHERE account_id = ? AND {wanted} AND deleted_at IS NULL", [record.account_id, *chosen]
    )
    return [row[0] for row in found.fetchall()]


def _among(number: int, contacts: Sequence[int]) -> set[int]:
    if not contacts:
        return set()
    named, ids = in_list("contact_id", contacts)
    rows = sql(f"SELECT contact_id FROM list_contacts WHERE list_id = ? AND {named}", [number, *ids])
    return {row[0] for row in rows.fetchall()}

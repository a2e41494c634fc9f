"""Keyset paging: pages of a long list, newest first, by the id of the row where they begin; never by counting."""

from typing import Any, NamedTuple

import peewee
from flask import request, url_for

SIZE = 50
"""Rows a page shows."""


class Leaf(NamedTuple):
    """One page of a list: its rows, and the addresses of its neighbours ("" where there is none)."""

    rows: list[Any]
    newer: str
    older: str


def keyset(query: "peewee.ModelSelect[Any]", column: Any, size: int = SIZE) -> Leaf:
    """The page of `query` that the address asks for by `?before=` or `?after=` a value of the numeric `column`.

    The other parameters of the address (its filters) stay in the neighbours' addresses.
    """
    before, after = request.args.get("before", type=int), request.args.get("after", type=int)
    if after is not None:
        rows = list(query.where(column > after).order_by(column.asc()).limit(size + 1))
        more = len(rows) > size
        rows = rows[:size][::-1]
        return Leaf(rows, _address(after=_key(rows[0], column)) if more else "", _older(rows, column))
    if before is not None:
        query = query.where(column < before)
    rows = list(query.order_by(column.desc()).limit(size + 1))
    older = _older(rows[:size], column) if len(rows) > size else ""
    newer = _address(after=_key(rows[0], column)) if before is not None and rows else ""
    return Leaf(rows[:size], newer, older)


def _older(rows: list[Any], column: Any) -> str:
    return _address(before=_key(rows[-1], column)) if rows else ""


def _key(row: Any, column: Any) -> int:
    return int(getattr(row, column.name))


def _address(**place: int) -> str:
    filters = {name: value for name, value in request.args.items() if name not in ("before", "after") and value}
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **filters, **place})

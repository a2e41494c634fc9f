"""The rules of a segment as one SQL condition on a row of contacts, for SQLite and PostgreSQL.

Two ways to ask what happened to an address. *By set* is for counting: everyone who opened is looked up once. *By row* is
for walking along the contacts a page at a time: each contact asks an index, and a page costs what its rows cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailhub.db import from_ms, is_postgres
from mailhub_contacts.segment_rules import ALL, BEHAVIOUR, MOMENTS, NONE, OWN, SETS, Group, Rule
from mailhub_contacts.segment_texts import Condition, compare, dated

DAY = 86_400_000
_EARLIEST, _LATEST = "0000-01-01", "9999-12-31"


@dataclass(frozen=True)
class Asking:
    """For whom and when rules are asked. `now` is in ms, `zone` says when a day begins, `links` are (campaign, text) →
    the numbers of the campaign's links that hold the text, `by_row` see above.
    """

    account_id: int
    now: int
    zone: str = "UTC"
    links: Mapping[tuple[int, str], list[int]] = field(default_factory=dict)
    by_row: bool = False

    def ago(self, days: int) -> int:
        """The moment that many days of 24 hours ago, in ms."""
        return self.now - days * DAY

    def midnight(self, day: date) -> int:
        """When a day begins where the account is, in ms."""
        return int(datetime.combine(day, time(), ZoneInfo(self.zone)).timestamp() * 1000)

    def today(self) -> date:
        """The day it is where the account is."""
        return from_ms(self.now).astimezone(ZoneInfo(self.zone)).date()


def condition(group: Group, asking: Asking, contact: str = "c") -> Condition:
    """Whether a contact (`contact` is its table's alias) is in a segment, with the parameters for `sql`."""
    each = [
        condition(rule, asking, contact) if isinstance(rule, Group) else _rule(rule, asking, contact)
        for rule in group.rules
    ]
    said = [value for _, values in each for value in values]
    if group.match == NONE:
        return _neither([text for text, _ in each]), said
    return f"({(' AND ' if group.match == ALL else ' OR ').join(text for text, _ in each)})", said


def _neither(each: list[str]) -> str:
    """None of these: not one, and not the other. PostgreSQL joins for `NOT EXISTS` between ANDs, never within a NOT (… OR …)."""
    return f"({' AND '.join(f'(NOT {text})' for text in each)})"


def _rule(rule: Rule, asking: Asking, contact: str) -> Condition:
    if rule.what in SETS:
        return _in_set(rule, contact, asking.by_row)
    if rule.what in MOMENTS:
        return _moment(rule, asking, f"{contact}.{rule.what.replace('changed', 'updated')}_at")
    if rule.what == "active":
        return _active(rule, asking, contact)
    if rule.what in BEHAVIOUR or rule.what == "suppressed":
        happened, said = _happened(rule, asking, contact)
        return (f"(NOT {happened})" if rule.how == "did_not" else happened), said
    return _text(rule, asking, *_column(rule.what, contact))


def _in_set(rule: Rule, contact: str, by_row: bool) -> Condition:
    if by_row or rule.how == "not_in":
        found = f"EXISTS (SELECT 1 FROM list_contacts m WHERE m.list_id = ? AND m.contact_id = {contact}.id)"
    else:
        found = f"{contact}.id IN (SELECT m.contact_id FROM list_contacts m WHERE m.list_id = ?)"
    return (f"(NOT {found})" if rule.how == "not_in" else found), [rule.value]


def _moment(rule: Rule, asking: Asking, column: str) -> Condition:
    if rule.how == "before":
        return f"{column} < ?", [asking.midnight(date.fromisoformat(rule.date))]
    if rule.how == "after":
        return f"{column} >= ?", [asking.midnight(date.fromisoformat(rule.date) + timedelta(days=1))]
    return (f"{column} >= ?" if rule.how == "within" else f"{column} < ?"), [asking.ago(rule.days)]


def _column(what: str, contact: str) -> Condition:
    """A field as a text that is never null."""
    if what in ("address", "display", "language"):
        return f"{contact}.{what}", []
    if what == "domain":  # after the last @: a quoted local part may hold one too
        address = f"{contact}.address"
        if is_postgres():
            return f"reverse(split_part(reverse({address}), '@', 1))", []
        return f"substr({address}, length(rtrim({address}, replace({address}, '@', ''))) + 1)", []
    name = what.removeprefix(OWN)
    if is_postgres():
        return f"coalesce({contact}.fields::json ->> CAST(? AS text), '')", [name]
    return f"coalesce(json_extract({contact}.fields, ?), '')", [f'$."{name}"']


def _text(rule: Rule, asking: Asking, column: str, said: list[Any]) -> Condition:
    if rule.how in ("empty", "not_empty"):
        return f"{column} {'=' if rule.how == 'empty' else '<>'} ''", said
    if rule.how in ("past_days", "next_days", "before", "after"):
        return dated(column, said, *_days(rule, asking.today()))
    positive = rule.how.removesuffix("_not")
    text, values = compare(positive, column, said, str(rule.value))
    return (f"(NOT {text})" if positive != rule.how else text), values


def _days(rule: Rule, today: date) -> tuple[str, str]:
    """The first and the last day that a rule about a date allows."""
    span = timedelta(days=rule.days)
    if rule.how == "past_days":
        return (today - span).isoformat(), today.isoformat()
    if rule.how == "next_days":
        return today.isoformat(), (today + span).isoformat()
    told, one = date.fromisoformat(rule.date), timedelta(days=1)
    return (_EARLIEST, (told - one).isoformat()) if rule.how == "before" else ((told + one).isoformat(), _LATEST)


def _active(rule: Rule, asking: Asking, contact: str) -> Condition:
    each = [_happened(Rule(what, "did", days=rule.days), asking, contact, True) for what in ("opened", "clicked")]
    if not (asking.by_row or is_postgres()):
        each = [_both(each)]
    either = " OR ".join(text for text, _ in each)
    said = [value for _, values in each for value in values]
    return (f"({either})" if rule.how == "within" else _neither([text for text, _ in each])), said


def _both(each: list[Condition]) -> Condition:
    """Two conditions `address_key IN (…)` as one: SQLite then makes and asks one set."""
    (one, said), (other, again) = each
    return f"{one.removesuffix(')')} UNION ALL {other.partition('IN (')[2]}", [*said, *again]


_BECAME = {
    "sent": ("m.outcome IN ('delivered', 'bounced', 'expired')", "m.settled_at"),
    "delivered": ("m.outcome = 'delivered'", "m.settled_at"),
    "bounced": ("m.outcome = 'bounced' AND m.outcome <> 'delivered'", "m.settled_at"),
    "opened": ("m.opened_at IS NOT NULL", "m.opened_at"),
    "clicked": ("m.clicked_at IS NOT NULL", "m.clicked_at"),
    "complained": ("m.complained_at IS NOT NULL", "m.complained_at"),
}
"""What a message's row says when this became of it, and when. The words fit the partial indexes on the ledger."""
_HIDDEN = {
    "m.source_id = ": "+m.source_id = ",
    "e.source_id = ": "+e.source_id = ",
    "m.outcome = ": "m.outcome || '' = ",
}
"""By row, the address alone leads to the few messages that are asked about; an index of all that a campaign's readers
opened, walked along for each contact, took a thousand times as long."""
_RARE = ("opened", "clicked", "bounced", "complained")


def _happened(rule: Rule, asking: Asking, contact: str, dated: bool = False) -> Condition:
    """Whether something happened to the contact's address; `dated`: within the last `days`, be they 0."""
    since = [asking.ago(rule.days)] if rule.days or dated else []
    if rule.what == "suppressed" or (rule.what == "unsubscribed" and not rule.campaign):
        return _suppressed(rule, asking, contact, since)
    if rule.what == "unsubscribed":
        became, at = "e.kind = 'unsubscribed' AND e.source_id = ?", "e.at"
        tables, said = "events e JOIN messages m ON m.id = e.message_id", [rule.campaign]
    else:
        became, at = _BECAME[rule.what]
        tables, said = "messages m", []
        if rule.campaign:
            became, said = f"m.source_id = ? AND {became}", [rule.campaign]
    if rule.link:
        numbers = asking.links.get((int(rule.campaign), rule.link), [])
        among = ", ".join(map(str, numbers)) or "-1"
        became += f" AND EXISTS (SELECT 1 FROM followed_links f WHERE f.message_id = m.id AND f.link IN ({among}))"
    if since:
        became += f" AND {at} >= ?"
    return _asked(rule, asking, contact, tables, became, [*said, *since])


def _asked(rule: Rule, asking: Asking, contact: str, tables: str, became: str, said: list[Any]) -> Condition:
    mine = f"m.account_id = ? AND m.address_key = {contact}.address_key"
    if asking.by_row:  # a scalar with LIMIT is never made into a join that hashes the whole ledger
        for column, hidden in _HIDDEN.items():
            became = became.replace(column, hidden)
        return f"((SELECT 1 FROM {tables} WHERE {mine} AND {became} LIMIT 1) IS NOT NULL)", [asking.account_id, *said]
    if is_postgres() or not (rule.campaign or rule.what in _RARE):
        return f"EXISTS (SELECT 1 FROM {tables} WHERE {mine} AND {became})", [asking.account_id, *said]
    if not rule.campaign:
        became = f"m.source_id IN (SELECT id FROM sources WHERE account_id = ?) AND {became}"
        said = [asking.account_id, *said]
    return (
        f"{contact}.address_key IN (SELECT m.address_key FROM {tables} WHERE +m.account_id = ? AND {became})",
        [asking.account_id, *said],
    )


def _suppressed(rule: Rule, asking: Asking, contact: str, since: list[int]) -> Condition:
    query = f"SELECT 1 FROM suppressions u WHERE u.account_id = ? AND u.address_key = {contact}.address_key"
    if rule.what == "unsubscribed":
        query += " AND u.reason = 'unsubscribed'"
    if since:
        query += " AND u.created_at >= ?"
    found = f"(({query} LIMIT 1) IS NOT NULL)" if asking.by_row else f"EXISTS ({query})"
    return found, [asking.account_id, *since]

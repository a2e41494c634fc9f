"""Rules: which mail takes which routes. They are numbered from 1, and the first that fits wins."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mailhub.accounts import Account
from mailhub.delivery.shaping import of_config
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.routes import RouteRow, RouteRule, RouteTarget, changed
from mailhub.routing import checks

HEAVIEST = 1000
LAST_RANK = 9
_TARGET = re.compile(r"(?P<name>[^=@]+?)\s*(?:=\s*(?P<weight>\d{1,6}))?\s*(?:@\s*(?P<rank>\d{1,6}))?")


class Chosen(NamedTuple):
    """A route of a rule as it is asked for: its name, its share, its order."""

    name: str
    weight: int = 1
    rank: int = 1

    def __str__(self) -> str:
        return f"{self.name}={self.weight}@{self.rank}"


def read(text: str) -> Chosen:
    """`name`, `name=weight`, `name@order` or `name=weight@order`. Raises `Invalid`."""
    found = _TARGET.fullmatch(text.strip())
    weight, rank = (int(found["weight"] or 1), int(found["rank"] or 1)) if found else (0, 0)
    if found is None or not 1 <= weight <= HEAVIEST or not 1 <= rank <= LAST_RANK:
        sentence = Sentence(
            "{text} is no route of a rule: write its name, its weight (1 to 1,000) and its order (1 to 9), such as main=3@1.",
            text=text,
        )
        raise _wrong("routes", sentence)
    return Chosen(found["name"].strip(), weight, rank)


def find(rule_id: int) -> RouteRule:
    """A rule by its number. Raises `NotFound`."""
    row: RouteRule | None = RouteRule.get_or_none(RouteRule.id == rule_id)
    if row is None:
        raise NotFound("There is no rule {rule}: the Routes page lists them.", rule=rule_id)
    return row


def targets_of(rows: Iterable[RouteRule]) -> dict[int, list[RouteTarget]]:
    """The routes of rules, by rule: in order, then by weight."""
    found: dict[int, list[RouteTarget]] = {row.id: [] for row in rows}
    chosen = RouteTarget.select(RouteTarget, RouteRow).join(RouteRow).where(RouteTarget.rule.in_(list(found) or [0]))
    for each in chosen.order_by(RouteTarget.rank, RouteTarget.weight.desc(), RouteTarget.id):
        found[each.rule_id].append(each)
    return found


def ordered() -> list[RouteRule]:
    """All rules, in order."""
    return list(RouteRule.select().order_by(RouteRule.position, RouteRule.id))


def tell(row: RouteRule, targets: Sequence[RouteTarget]) -> dict[str, Any]:
    """A rule as every door sees it."""
    return {
        "rule": row.id, "position": row.position, "stream": row.stream, "account": row.account_id,
        "sender_domain": row.sender_domain, "recipient_domain": row.recipient_domain, "provider": row.provider,
        "routes": [{"name": each.route.name, "weight": each.weight, "order": each.rank} for each in targets],
    }  # fmt: skip


def create(hub: Hub, given: dict[str, Any], routes: Sequence[Chosen], position: int | None = None) -> RouteRule:
    """A new rule, the last unless a position is given, in the caller's transaction. Raises `Invalid`."""
    row = RouteRule(created_at=hub.ms(), position=RouteRule.select().count() + 1)
    _fill(hub, row, given)
    found = _routes(routes)
    row.save(force_insert=True)
    _choose(row, routes, found)
    if position is not None:
        move(row, position)
    changed()
    return row


def change(hub: Hub, row: RouteRule, given: dict[str, Any], routes: Sequence[Chosen] | None) -> RouteRule:
    """Change what is given (None: as it was). Raises `Invalid`."""
    _fill(hub, row, given)
    found = _routes(routes) if routes is not None else {}
    row.save()
    if routes is not None:
        RouteTarget.delete().where(RouteTarget.rule == row).execute()
        _choose(row, routes, found)
    changed()
    return row


def move(row: RouteRule, position: int) -> int:
    """Put a rule in another place, from 1 (the first); beyond the end means last. Returns the place it has now."""
    others = [each for each in ordered() if each.id != row.id]
    place = max(1, min(position, len(others) + 1))
    _number([*others[: place - 1], row, *others[place - 1 :]])
    changed()
    return place


def delete(row: RouteRule) -> None:
    """Delete a rule; the ones after it move up."""
    RouteTarget.delete().where(RouteTarget.rule == row).execute()
    row.delete_instance()
    _number(ordered())
    changed()


def _number(rows: Sequence[RouteRule]) -> None:
    for position, row in enumerate(rows, 1):
        if row.position != position:
            RouteRule.update(position=position).where(RouteRule.id == row.id).execute()
            row.position = position


def _fill(hub: Hub, row: RouteRule, given: dict[str, Any]) -> None:
    wrong: dict[str, str] = {}
    if given.get("stream") is not None:
        row.stream = given["stream"]
        if not checks.stream(row.stream):
            wrong["stream"] = Sentence(
                "{stream} is no stream: write bulk, transactional or system, or nothing.", stream=row.stream
            )
    if given.get("account") is not None:
        row.account = given["account"] or None
        if given["account"] and not Account.select().where(Account.id == given["account"]).exists():
            wrong["account"] = Sentence("There is no account {number}: the rule fits nobody.", number=given["account"])
    if given.get("provider") is not None:
        row.provider = given["provider"].lower()
        known = of_config(hub.config).names
        if row.provider and row.provider not in known:
            wrong["provider"] = Sentence(
                "{provider} is no mailbox provider: there are {known}.", provider=row.provider, known=", ".join(known)
            )
    for key in ("sender_domain", "recipient_domain"):
        if given.get(key) is not None:
            _set_domain(row, key, given[key], wrong)
    if wrong:
        raise Invalid(fields=wrong)


def _set_domain(row: RouteRule, key: str, text: str, wrong: dict[str, str]) -> None:
    try:
        setattr(row, key, checks.domain(text))
    except ValueError:
        wrong[key] = Sentence(
            "{domain} is no domain: write example.com, or *.example.com for all under it.", domain=text
        )


def _routes(chosen: Sequence[Chosen]) -> dict[str, RouteRow]:
    """The rows of the routes asked for. Raises `Invalid`."""
    names = [each.name for each in chosen]
    found = {row.name: row for row in RouteRow.select().where(RouteRow.name.in_(names or [""]))}
    wrong = None
    if not names:
        wrong = Sentence("The rule has no route: choose at least one.")
    elif missing := [name for name in names if name not in found]:
        wrong = Sentence("There is no route {name}: make it on the Routes page.", name=missing[0])
    elif twice := [name for name in names if names.count(name) > 1]:
        wrong = Sentence("The route {name} is chosen twice: once is enough.", name=twice[0])
    if wrong:
        raise _wrong("routes", wrong)
    return found


def _choose(row: RouteRule, chosen: Sequence[Chosen], found: dict[str, RouteRow]) -> None:
    for each in chosen:
        RouteTarget.create(rule=row, route=found[each.name], weight=each.weight, rank=each.rank)


def _wrong(field: str, sentence: Sentence) -> Invalid:
    return Invalid(fields={field: sentence})

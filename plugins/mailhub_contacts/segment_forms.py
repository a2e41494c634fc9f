"""The form in which rules are built: fields named by their place in the tree, read into the JSON that `segment_rules` reads.

The root is `r`, its rules `r.0`, `r.1`…; a group has `r.1.match`, a rule `r.0.what`, `r.0.how` and the rest. A button's value
says what is to be done to the tree: `rule:r.1` and `group:r.1` add to a group, `remove:r.1.0` takes away.
"""

from collections.abc import Mapping
from typing import Any

from mailhub_contacts.segment_rules import ALL, DEEPEST, MATCHES, MOST_RULES, may_say, verbs

ROOT, ORDER = "r", "do"
_FIRST = {"what": "language", "how": "is"}


def new() -> dict[str, Any]:
    """The rules a new segment begins with."""
    return {"match": ALL, "rules": [dict(_FIRST)]}


def read(form: Mapping[str, str]) -> dict[str, Any]:
    """The rules of a form as JSON, as far as they are filled in."""
    return _group(form, ROOT, 1)


def _group(form: Mapping[str, str], place: str, depth: int) -> dict[str, Any]:
    match = form.get(f"{place}.match", ALL)
    return {"match": match if match in MATCHES else ALL, "rules": _inner(form, place, depth)}


def _inner(form: Mapping[str, str], place: str, depth: int) -> list[dict[str, Any]]:
    found = []
    for n in range(MOST_RULES + 1):  # one more than may be, so that it is refused, not lost
        inner = f"{place}.{n}"
        if f"{inner}.match" in form and depth < DEEPEST:
            found.append(_group(form, inner, depth + 1))
        elif f"{inner}.what" in form:
            found.append(_rule(form, inner))
        else:
            break
    return found


def _rule(form: Mapping[str, str], place: str) -> dict[str, Any]:
    """A rule of which the verb fits the subject: after another subject was chosen, its first."""
    what, how = form.get(f"{place}.what", ""), form.get(f"{place}.how", "")
    known = verbs(what)
    how = how if how in known or not known else known[0]
    said = {name: form.get(f"{place}.{name}", "").strip() for name in may_say(what, how)}
    if not said.get("campaign"):
        said.pop("link", None)
    return {"what": what, "how": how, **{name: text for name, text in said.items() if text}}


def after(rules: dict[str, Any], order: str) -> dict[str, Any]:
    """The rules once a button's order is done; an order that fits nothing changes nothing."""
    verb, _, place = order.partition(":")
    path = [int(word) for word in place.split(".")[1:] if word.isascii() and word.isdecimal() and len(word) < 4]
    if verb == "remove" and path:
        group = _at(rules, path[:-1])
        if group is not None and path[-1] < len(group["rules"]):
            del group["rules"][path[-1]]
    elif verb in ("rule", "group") and (group := _at(rules, path)) is not None:
        group["rules"].append(new() if verb == "group" else dict(_FIRST))
    return rules


def _at(rules: dict[str, Any], path: list[int]) -> dict[str, Any] | None:
    """The group at a place, or None."""
    for n in path:
        inner = rules.get("rules", [])
        if n >= len(inner):
            return None
        rules = inner[n]
    return rules if "rules" in rules else None

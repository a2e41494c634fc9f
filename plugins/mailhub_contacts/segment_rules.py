"""The rules of a segment: what they may say, read strictly from JSON. What they mean in SQL is in `segment_sql`.

A group is `{"match": "all"|"any"|"none", "rules": […]}`; a rule says `what`, `how` and what that needs (see `NEEDS`).
Whether the lists, campaigns and fields that are named are there is for `segments`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from mailhub.errors import Invalid, Sentence
from mailhub_contacts.columns import FIELDS

DEEPEST, MOST_RULES, LONGEST, MOST_DAYS = 5, 50, 200, 36_500
ALL, ANY, NONE = MATCHES = ("all", "any", "none")
OWN = "custom:"
"""What stands before the slug of a field that the account added."""
TEXTS = ("address", "domain", *(name for name in FIELDS if name not in ("address", "language")))
SETS = ("list", "group")
MOMENTS = ("created", "changed")
BEHAVIOUR = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed")
COMPARISONS = ("is", "is_not", "contains", "contains_not", "begins", "ends")
_DATED = ("past_days", "next_days", "before", "after")
_DID = ("did", "did_not")


def verbs(what: str) -> tuple[str, ...]:
    """What can be said about a subject, the usual first; nothing for a word that is no subject."""
    if what in TEXTS or what.startswith(OWN):
        dated = () if what in ("address", "domain", "display") else _DATED
        return (*COMPARISONS, "empty", "not_empty", *dated)
    if what in SETS:
        return ("in", "not_in")
    if what in MOMENTS:
        return ("within", "older", "before", "after")
    others = {"language": ("is", "is_not", "empty", "not_empty"), "active": ("within", "older"), "suppressed": _DID}
    return others.get(what, _DID if what in BEHAVIOUR else ())


NEEDS: dict[str, str] = {
    **dict.fromkeys(COMPARISONS, "value"),
    **dict.fromkeys(("in", "not_in"), "value"),
    **dict.fromkeys(("within", "older", "past_days", "next_days"), "days"),
    **dict.fromkeys(("before", "after"), "date"),
}
"""What a verb cannot do without; the others stand alone."""


def may_say(what: str, how: str) -> tuple[str, ...]:
    """The keys a rule of this kind may have beside `what` and `how`."""
    if what in BEHAVIOUR:
        return ("campaign", "days", "link") if what == "clicked" else ("campaign", "days")
    return (NEEDS[how],) if how in NEEDS else ()


@dataclass(frozen=True)
class Rule:
    """One thing said of a contact. What a verb does not need is "" or 0; `days` counts days of 24 hours."""

    what: str
    how: str
    value: str | int = ""
    days: int = 0
    date: str = ""
    campaign: str | int = 0
    link: str = ""

    def json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        told = {name: value for name, value in asdict(self).items() if value not in ("", 0)}
        return {**told, "days": self.days} if NEEDS.get(self.how) == "days" else told


@dataclass(frozen=True)
class Group:
    """Rules of which all, any or none must hold."""

    match: str
    rules: "tuple[Group | Rule, ...]"

    def json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {"match": self.match, "rules": [each.json() for each in self.rules]}

    def leaves(self) -> list[Rule]:
        """Every rule in it, however deep."""
        inner = [each.leaves() if isinstance(each, Group) else [each] for each in self.rules]
        return [rule for rules in inner for rule in rules]


def read(told: Any) -> Group:
    """The rules that JSON says. Raises `Invalid` with the field `rules` for whatever is not exactly right."""
    group = _group(told, 1)
    if len(group.leaves()) > MOST_RULES:
        raise _invalid("A segment has {most} rules at most: take some out.", most=MOST_RULES)
    return group


def _invalid(template: str, **values: Any) -> Invalid:
    return Invalid(fields={"rules": Sentence(template, **values)})


def _group(told: Any, depth: int) -> Group:
    if depth > DEEPEST:
        raise _invalid("Groups stand {most} deep at most: use fewer within each other.", most=DEEPEST)
    if not isinstance(told, Mapping) or set(told) != {"match", "rules"} or not isinstance(told["rules"], list):
        raise _invalid("A group of rules says what it matches and which rules, nothing else.")
    if told["match"] not in MATCHES:
        raise _invalid("A group matches all, any or none of its rules: write one of these words.")
    if not told["rules"]:
        raise _invalid("A group has no rule: add one to it, or take it out.")
    if len(told["rules"]) > MOST_RULES:
        raise _invalid("A segment has {most} rules at most: take some out.", most=MOST_RULES)
    inner = tuple(_group(each, depth + 1) if _is_group(each) else _rule(each) for each in told["rules"])
    return Group(told["match"], inner)


def _is_group(told: Any) -> bool:
    return isinstance(told, Mapping) and "rules" in told


def _rule(told: Any) -> Rule:
    if not isinstance(told, Mapping) or not all(isinstance(name, str) for name in told):
        raise _invalid("A rule says what and how: write both.")
    what, how = told.get("what", ""), told.get("how", "")
    known = verbs(what) if isinstance(what, str) else ()
    if not known:
        raise _invalid("A segment knows nothing named {what}: choose one of the subjects.", what=_short(what))
    if how not in known:
        raise _invalid(
            "{what} takes one of {known}, not {how}.", what=_short(what), known=", ".join(known), how=_short(how)
        )
    allowed = may_say(what, how)
    if unknown := sorted(set(told) - {"what", "how", *allowed}):
        raise _invalid("A rule about {what} takes no {name}: leave it out.", what=_short(what), name=_short(unknown[0]))
    said = {name: _READERS[name](what, told[name]) for name in allowed if told.get(name) not in (None, "")}
    needed = NEEDS.get(how)
    if needed and needed not in said:
        raise _invalid("The rule about {what} is not complete: fill in its {name}.", what=_short(what), name=needed)
    if said.get("link") and not said.get("campaign"):
        raise _invalid("A link belongs to a campaign: choose which.")
    return Rule(what, how, **said)


def _value(what: str, told: Any) -> str | int:
    if what in SETS:
        return _named(what, told)
    text = _text(what, told)
    if what == "language" and text not in ("en", "fr"):
        raise _invalid("The language {language} is not known: write en or fr.", language=_short(text))
    return text


def _text(what: str, told: Any) -> str:
    if not isinstance(told, str) or not (text := told.strip()):
        raise _invalid("The rule about {what} compares with a text: write one.", what=_short(what))
    if len(text) > LONGEST:
        raise _invalid("The text of a rule has {most} characters at most: shorten it.", most=LONGEST)
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise _invalid("The text of the rule about {what} holds a character that no text has.", what=_short(what))
    return text


def _named(what: str, told: Any) -> str | int:
    """A number, or the name that `segments` finds it by."""
    if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 2**31:
        return told
    text = _text(what, told if isinstance(told, str) else "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def _days(what: str, told: Any) -> int:
    text = str(told) if isinstance(told, (int, str)) and not isinstance(told, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MOST_DAYS):
        raise _invalid("Days are a whole number from 0 to {most}.", most=MOST_DAYS)
    return int(text)


def _date(what: str, told: Any) -> str:
    try:
        day = date.fromisoformat(told)
    except (TypeError, ValueError):
        raise _invalid("A date is written as 2027-01-31, not {date}.", date=_short(told)) from None
    if not 1900 <= day.year <= 2200:
        raise _invalid("A date lies between the years 1900 and 2200.")
    return day.isoformat()


_READERS: dict[str, Any] = {"value": _value, "days": _days, "date": _date, "campaign": _named, "link": _text}


def _short(told: Any) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in str(told)[:40])
    return text or "—"

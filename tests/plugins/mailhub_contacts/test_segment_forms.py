"""The builder's form says the rules it was drawn from, and its buttons change them where they stand."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailhub_contacts import segment_forms
from mailhub_contacts.segment_rules import DEEPEST, MOST_RULES

RULES: dict[str, Any] = {
    "match": "any",
    "rules": [
        {"what": "city", "how": "is", "value": "Lyon"},
        {"match": "none", "rules": [{"what": "clicked", "how": "did", "campaign": "7", "days": "30", "link": "shop"}]},
    ],
}


def form_of(rules: dict[str, Any], place: str = "r") -> dict[str, str]:
    """What a browser sends for the rules as they were drawn."""
    if "rules" not in rules:
        return {f"{place}.{name}": str(value) for name, value in rules.items()}
    inner = [form_of(each, f"{place}.{n}") for n, each in enumerate(rules["rules"])]
    return {f"{place}.match": rules["match"], **{name: value for each in inner for name, value in each.items()}}


def test_the_form_says_its_rules() -> None:
    assert segment_forms.read(form_of(RULES)) == RULES
    assert segment_forms.read({}) == {"match": "all", "rules": []}


def test_another_subject_takes_its_first_verb_and_drops_what_does_not_fit() -> None:
    form = {**form_of(RULES), "r.0.what": "created", "r.1.0.campaign": ""}
    first, group = segment_forms.read(form)["rules"]
    assert first == {"what": "created", "how": "within"}
    assert group["rules"] == [{"what": "clicked", "how": "did", "days": "30"}]


def test_buttons_change_the_rules() -> None:
    rules = segment_forms.after(copy.deepcopy(RULES), "rule:r.1")
    assert len(rules["rules"][1]["rules"]) == 2
    rules = segment_forms.after(rules, "group:r")
    assert rules["rules"][2]["rules"] == [{"what": "language", "how": "is"}]
    rules = segment_forms.after(segment_forms.after(rules, "remove:r.2"), "remove:r.1.1")
    assert rules == RULES
    assert segment_forms.after(copy.deepcopy(RULES), "remove:r.1")["rules"] == RULES["rules"][:1]


@given(st.text(max_size=12) | st.from_regex(r"(rule|group|remove):r(\.[0-9]{1,4}){0,4}", fullmatch=True))
def test_no_order_spoils_the_rules(order: str) -> None:
    changed = segment_forms.after(copy.deepcopy(RULES), order)
    assert segment_forms.read(form_of(changed)) == changed


def test_a_form_is_bounded() -> None:
    many = {f"r.{n}.what": "city" for n in range(500)}
    assert len(segment_forms.read(many)["rules"]) == MOST_RULES + 1
    deep = {f"r{'.0' * depth}.match": "all" for depth in range(20)}
    rules, depth = segment_forms.read(deep), 0
    while rules["rules"]:
        (rules,), depth = rules["rules"], depth + 1
    assert depth < DEEPEST

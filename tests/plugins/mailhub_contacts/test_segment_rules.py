"""Rules are read strictly: whatever JSON says, it is rules that read the same again, or one sentence."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailhub.errors import Invalid
from mailhub_contacts.segment_rules import DEEPEST, MOST_RULES, NEEDS, Group, Rule, may_say, read, verbs

WHAT = st.sampled_from(
    [
        "address",
        "city",
        "custom:size",
        "custom:",
        "language",
        "list",
        "group",
        "created",
        "clicked",
        "active",
        "suppressed",
        "x",
    ]
)
HOW = st.sampled_from(
    ["is", "contains_not", "empty", "in", "within", "before", "past_days", "did", "did_not", "nothing"]
)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.none(), max_size=2)
)
SAID = st.dictionaries(st.sampled_from(["value", "days", "date", "campaign", "link", "more"]), ODD, max_size=2)
LEAF = st.builds(lambda what, how, said: {"what": what, "how": how, **said}, WHAT | ODD, HOW | ODD, SAID) | ODD
TREE = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda match, rules: {"match": match, "rules": rules},
        st.sampled_from(["all", "any", "none"]) | ODD,
        st.lists(inner, max_size=3) | ODD,
    ),
    max_leaves=8,
)


@given(TREE)
@example({"match": "all", "rules": [{"what": "city", "how": "is", "value": "Lyon\ud800"}]})
@example({"match": "all", "rules": [{"what": "city", "how": "is", "value": "\0"}]})
@example({"match": "all", "rules": [{"what": "list", "how": "in", "value": "٣"}]})
@example({"match": "all", "rules": [{"what": "list", "how": "in", "value": 10**30}]})
@example({"match": "all", "rules": [{"what": "created", "how": "within", "days": "9" * 30}]})
@example({"match": "all", "rules": [{1: 2}]})
def test_any_json_is_rules_or_a_sentence(told: Any) -> None:
    try:
        group = read(told)
    except Invalid as error:
        sentence = error.fields["rules"]
    else:
        sentence = "." if read(group.json()) == group else "reads otherwise"
    assert sentence.endswith(".")


def leaf(**said: Any) -> dict[str, Any]:
    return {"match": "all", "rules": [said]}


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"what": "city", "how": "is", "value": "Lyon"}
    for _ in range(depth):
        inner = {"match": "none", "rules": [inner]}
    return inner


def test_what_is_read() -> None:
    told = {
        "match": "any",
        "rules": [{"what": "active", "how": "older", "days": 0}, {"what": "list", "how": "in", "value": "7"}],
    }
    group = read(told)
    assert group == Group("any", (Rule("active", "older"), Rule("list", "in", 7)))
    assert group.json()["rules"] == [
        {"what": "active", "how": "older", "days": 0},
        {"what": "list", "how": "in", "value": 7},
    ]
    assert read(nested(DEEPEST)).leaves() == [Rule("city", "is", "Lyon")]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (nested(DEEPEST + 1), "Groups stand 5 deep"),
        ({"match": "all", "rules": []}, "has no rule"),
        ({"match": "most", "rules": [leaf()]}, "all, any or none"),
        ({"match": "all", "rules": [leaf(what="city", how="empty")] * (MOST_RULES + 1)}, "50 rules at most"),
        (
            {"match": "all", "rules": [{"match": "all", "rules": [{"what": "city", "how": "empty"}] * 26}] * 2},
            "50 rules",
        ),
        (leaf(what="shoe size", how="is", value="9"), "knows nothing named shoe size"),
        (leaf(what="list", how="is", value=1), "one of in, not_in, not is"),
        (leaf(what="city", how="is", value="Lyon", days=3), "takes no days"),
        (leaf(what="city", how="is"), "fill in its value"),
        (leaf(what="city", how="is", value="x" * 201), "200 characters"),
        (leaf(what="created", how="within", days=-1), "whole number from 0"),
        (leaf(what="created", how="before", date="31/12/2027"), "not 31/12/2027"),
        (leaf(what="created", how="before", date="0001-01-01"), "1900 and 2200"),
        (leaf(what="language", how="is", value="de"), "write en or fr"),
        (leaf(what="clicked", how="did", link="shop"), "choose which"),
    ],
)
def test_what_is_refused(told: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(told)
    assert sentence in caught.value.fields["rules"]


def test_every_verb_has_its_needs() -> None:
    for what in ("address", "domain", "language", "list", "created", "clicked", "active", "suppressed", "custom:x"):
        for how in verbs(what):
            needed = NEEDS.get(how)
            assert needed is None or needed in may_say(what, how)
    assert verbs("nothing") == ()

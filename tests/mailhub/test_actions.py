"""An action checks, runs and is logged, in one transaction; what a person typed wrong is said by name."""

from typing import Any

import pytest
from marshmallow import fields

from mailhub.accounts import Account
from mailhub.actions import Action, Arguments, Nothing, argument, explain
from mailhub.activity import Activity, first_broken
from mailhub.errors import Conflict, Forbidden, Invalid, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor, console_actor
from mailhub.testing import make_owner


class Feed(Arguments):
    name = argument(fields.String, "whom", required=True)
    grams = argument(fields.Integer, "how much", load_default=5)
    password = argument(fields.String, "secret", load_default="")


def _feed(hub: Hub, actor: Actor, name: str, grams: int, password: str) -> dict[str, Any]:
    Account.update(company=f"{name} {grams}").where(Account.id == actor.account_id).execute()
    if name == "cat":
        raise Conflict("Cats are not birds.")
    return {"fed": name, "grams": grams}


FEED = Action("birds.feed", "Feed a bird", "birds.feed", _feed, Feed, target="name")


def _company(account: Account) -> str:
    return str(Account.get_by_id(account.id).company)


def test_it_runs_and_is_logged(core: Hub) -> None:
    account, user, actor = make_owner(core)
    assert FEED.perform(core, actor, {"name": "  Tit ", "grams": "7", "password": "hush"}) == {"fed": "Tit", "grams": 7}
    row = Activity.of(account).get()
    assert (row.action, row.target, row.door, row.user_id) == ("birds.feed", "Tit", "web", user.id)
    assert row.personal == {"who": user.name, "name": "Tit", "grams": 7}
    assert _company(account) == "Tit 7"


def test_a_sentence_stays_one_that_can_be_translated(core: Hub) -> None:
    account, _, actor = make_owner(core)
    told = Sentence("{bird} of {town}", bird="Tit", town="Paris")
    fed = FEED.perform(core, actor, {"name": told})["fed"]
    assert isinstance(fed, Sentence)
    assert fed.template == "{bird} of {town}"
    row = Activity.of(account).get()
    assert (row.target, row.personal["name"].values) == ("Tit of Paris", {"bird": "Tit", "town": "Paris"})
    assert first_broken(account.id) is None
    assert _company(account) == "Tit of Paris 5"


def test_without_the_permission_nothing_happens(core: Hub) -> None:
    account, _, _ = make_owner(core)
    with pytest.raises(Forbidden, match=r"birds\.feed"):
        FEED.perform(core, Actor(account.id, "web", None, "x", frozenset({"birds.watch"})), {"nonsense": 1})
    assert _company(account) == ""
    assert Activity.of(account).count() == 0


def test_a_mistake_in_the_work_leaves_no_trace(core: Hub) -> None:
    account, _, actor = make_owner(core)
    with pytest.raises(Conflict, match="Cats"):
        FEED.perform(core, actor, {"name": "cat"})
    assert _company(account) == ""
    assert Activity.of(account).count() == 0


@pytest.mark.parametrize(
    ("given", "wrong"),
    [({}, {"name"}), ({"name": "a", "grams": "many"}, {"grams"}), ({"name": "a", "colour": "red"}, {"colour"}),
     ({"grams": "x", "colour": 1}, {"name", "grams", "colour"}), ({"name": ["a", "b"]}, {"name"})],
)  # fmt: skip
def test_each_wrong_argument_is_named(sqlite_core: Hub, given: dict[str, Any], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        FEED.load(given)
    assert set(caught.value.fields) == wrong
    for name in wrong:
        assert caught.value.fields[name].startswith(f"{name}: ")


def test_a_read_is_not_logged(core: Hub) -> None:
    account, _, actor = make_owner(core)
    read = Action("birds.list", "List birds", "birds.watch", lambda hub, actor: [1], changes=False)
    assert read.perform(core, actor, {}) == [1]
    assert Activity.of(account).count() == 0


def test_what_has_a_number_is_the_target(core: Hub) -> None:
    account, _, actor = make_owner(core)
    Action("birds.add", "Add", "birds.add", lambda hub, actor: {"number": 12}, Nothing).perform(core, actor, {})
    assert Activity.of(account).get().target == "12"


def test_long_values_are_cut_in_the_log_and_the_chain_holds(core: Hub) -> None:
    account, _, actor = make_owner(core)
    FEED.perform(core, actor, {"name": "’" * 5000})
    assert Activity.of(account).get().personal["name"] == "’" * 200 + "…"
    assert first_broken(account.id) is None


def test_the_console_may_do_everything(core: Hub) -> None:
    account, _, _ = make_owner(core)
    FEED.perform(core, console_actor(account.id), {"name": "Tit"})
    assert (Activity.of(account).get().door, Activity.of(account).get().personal["who"]) == ("cli", "console")


def test_arguments_explain_themselves() -> None:
    assert explain(FEED) == [
        ("name", "string", True, "whom"),
        ("grams", "integer", False, "how much"),
        ("password", "string", False, "secret"),
    ]


def test_every_core_action_explains_itself(sqlite_core: Hub) -> None:
    for action in sqlite_core.actions.values():
        assert action.name.count(".") == 1
        assert action.title
        assert all(reason for *_, reason in explain(action)), action.name


def test_a_nul_in_a_text_is_left_out_since_no_database_keeps_it(core: Hub) -> None:
    _, _, actor = make_owner(core)
    assert core.call(actor, "users.create", name="A\0da", email="nul@example.com")["name"] == "Ada"

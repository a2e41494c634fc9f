"""Who may do what; what another account has does not exist; files come from shells only."""

import json
from pathlib import Path

import pytest

from mailhub import Forbidden, Hub, Invalid, NotFound, Refuse, hookimpl
from mailhub.accounts import ROLES
from mailhub.activity import Activity
from mailhub.db import transaction
from mailhub.people import add_user
from mailhub.permissions import Actor, user_actor
from mailhub.testing import make_owner
from mailhub_sending.actions import ACTIONS, PERMISSIONS
from mailhub_sending.models import texts_of
from tests.plugins.mailhub_sending.sent import fill

MORE = {"campaigns.create": {"name": "x"}, "campaigns.schedule": {"at": "in 2 hours"},
        "campaigns.reschedule": {"at": "in 2 hours"}, "campaigns.test": {"to": "a@example.org"}}  # fmt: skip
WITH_TARGET = [each.name for each in ACTIONS if each.name not in ("campaigns.create", "campaigns.list")]


def test_every_permission_is_used_and_the_marketer_has_them_all() -> None:
    names = {each.name for each in PERMISSIONS}
    assert names == {each.permission for each in ACTIONS}
    assert names <= set(ROLES["marketer"])


@pytest.mark.parametrize("name", [each.name for each in ACTIONS])
def test_without_its_permission_nothing_happens(hub: Hub, team, make, name: str) -> None:
    make()
    permission = hub.action(name).permission
    others = frozenset(each.name for each in PERMISSIONS) - {permission}
    actor = Actor(team.account.id, "web", None, "Without", others)
    with pytest.raises(Forbidden, match=permission):
        hub.call(actor, name, **MORE.get(name, {}))


@pytest.mark.parametrize("name", WITH_TARGET)
def test_another_accounts_campaign_does_not_exist(hub: Hub, team, make, name: str) -> None:
    make("sending"), make()
    _, _, stranger = make_owner(hub, "Other")
    for which in ("1", "2", "Spring", ""):
        with pytest.raises(NotFound):
            hub.call(stranger, name, which=which, **MORE.get(name, {}))
    assert hub.call(stranger, "campaigns.list") == []


def test_an_analyst_sees_and_changes_nothing(hub: Hub, team, make) -> None:
    make("sending")
    with transaction():
        user = add_user(hub, team.account, "Ann", "ann@example.com", "a long password", "analyst")
    analyst = user_actor(user.id, team.account.id, "web", "Ann")
    assert hub.call(analyst, "campaigns.stats")["state"] == "sending"
    with pytest.raises(Forbidden, match=r"campaigns\.pause"):
        hub.call(analyst, "campaigns.pause")


def test_results_are_plain_json_with_number_and_state(hub: Hub, team, make) -> None:
    make("sending")
    for name in ("campaigns.show", "campaigns.stats", "campaigns.pause", "campaigns.resume", "campaigns.cancel"):
        result = json.loads(json.dumps(hub.call(team.owner, name, which=1)))
        assert result["number"] == 1
        assert result["state"]
    assert json.loads(json.dumps(hub.call(team.owner, "campaigns.list", state="cancelled")))[0]["number"] == 1


def test_changes_are_logged_with_the_number(hub: Hub, team, make) -> None:
    make("sending")
    hub.call(team.owner, "campaigns.stats")
    rows = [(row.action, row.target) for row in Activity.of(team.account).order_by(Activity.sequence)]
    assert rows == [("campaigns.create", "1"), ("campaigns.validate", "1"), ("campaigns.start", "1")]


def test_files_from_a_shell(hub: Hub, team, tmp_path: Path) -> None:
    (tmp_path / "mail.md").write_text("Hello", "utf-8")
    (tmp_path / "courrier.md").write_text("\ufeffBonjour à vous", "utf-8")
    hub.call(team.owner, "campaigns.create", name="Files", subject="Hi", file=tmp_path / "mail.md",
             subject_fr="Salut", body_fr=tmp_path / "courrier.md")  # fmt: skip
    shown = hub.call(team.owner, "campaigns.show")
    assert shown["texts"]["en"]["body"] == "Hello"
    assert shown["texts"]["fr"]["body"] == "Bonjour à vous"


def test_no_other_door_reads_the_servers_files(hub: Hub, team, make, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    with pytest.raises(Invalid, match="file=@PATH"):
        hub.call(team.owner, "campaigns.create", name="x", file=str(secret))
    assert texts_of(make(body=str(secret)))["en"].body == str(secret)


def test_list_pages_and_searches(hub: Hub, team, make) -> None:
    for number in range(3):
        make(name=f"Letter {number}")
    numbers = [each["number"] for each in hub.call(team.owner, "campaigns.list", limit="2")]
    assert numbers == [3, 2]
    assert [each["number"] for each in hub.call(team.owner, "campaigns.list", before=2)] == [1]
    assert [each["number"] for each in hub.call(team.owner, "campaigns.list", search="letter 1")] == [2]


def test_the_ledger_names_the_plugin_that_refused(hub: Hub, team, make) -> None:
    class NoTwo:
        @hookimpl
        def admit_messages(self, hub, source, messages, stage):
            return {each.id: Refuse("two", "no twos") for each in messages if each.recipient_key == 2}

    hub.manager.register(NoTwo(), "notwo")
    fill(hub, make("sending"))
    [line] = hub.call(team.owner, "campaigns.ledger", outcome="refused")["messages"]
    assert (line["address"], line["plugin"], line["reason"], line["answer"]) == (
        "p2@example.org",
        "notwo",
        "two",
        "no twos",
    )
    assert json.dumps(line)
    assert len(hub.call(team.owner, "campaigns.ledger", outcome="waiting")["messages"]) == 2
    with pytest.raises(Invalid, match="is no outcome: write one of delivered, bounced"):
        hub.call(team.owner, "campaigns.ledger", outcome="lost")

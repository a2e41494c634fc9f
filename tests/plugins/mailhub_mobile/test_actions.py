"""What can be asked of connectors: answers without secrets, and a log of who asked."""

from collections.abc import Callable

import pytest

from mailhub import Forbidden, NotFound
from mailhub.activity import Activity
from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub_mobile.models import Connector
from mailhub_mobile.privileges import holder

from .conftest import Team


def test_an_administrator_gives_changes_and_revokes(hub: Hub, team: Team) -> None:
    made = hub.call(
        team.owner, "connectors.add", user="BOB@example.com", kind="android", privilege="read", name="Bob’s"
    )
    assert (made["state"], made["kind"], made["activated_at"]) == ("waiting", "android", None)
    changed = hub.call(team.owner, "connectors.change", number=made["number"], privilege="write")
    assert (changed["privilege"], changed["name"]) == ("write", "Bob’s")
    assert hub.call(team.owner, "connectors.list")[0]["user"] == "bob@example.com"
    assert hub.call(team.owner, "connectors.revoke", number=made["number"])["state"] == "revoked"
    logged = [row.action for row in Activity.of(team.account).order_by(Activity.sequence)]
    assert logged == ["connectors.switch", "connectors.add", "connectors.change", "connectors.revoke"]


def test_a_marketer_administers_none(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    number = give()
    for name, given in (
        ("connectors.switch", {"on": False}),
        ("connectors.list", {}),
        ("connectors.add", {"user": "bob@example.com", "kind": "iphone"}),
        ("connectors.change", {"number": number, "privilege": "write"}),
        ("connectors.revoke", {"number": number}),
    ):
        with pytest.raises(Forbidden, match="connectors.administer"):
            hub.call(team.marketer, name, **given)


def test_a_code_is_for_the_connectors_own_user_alone(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    number = give("bob@example.com")
    made = hub.call(holder(team.marketer), "connectors.pair", number=number)
    assert made["until"] > hub.ms()
    with pytest.raises(Forbidden, match="not yours"):
        hub.call(team.owner, "connectors.pair", number=number)
    assert made["code"] not in repr([row.personal for row in Activity.of(team.account)])


def test_another_accounts_connector_is_not_there(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    number = give()
    _, _, stranger = make_owner(hub)
    for verb in ("change", "revoke", "pair", "sign_in", "sign_out"):
        with pytest.raises(NotFound, match="no connector"):
            hub.call(stranger, f"connectors.{verb}", number=number)
    assert Connector.get_by_id(number).state == "waiting"

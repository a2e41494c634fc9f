"""Lists asked for from any door."""

from mailhub.activity import Activity
from mailhub.hub import Hub
from mailhub.permissions import Actor


def test_what_changes_a_list_is_in_the_log(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "lists.create", name="Spring")["number"]
    hub.call(owner, "lists.list")
    hub.call(owner, "lists.rename", number=number, name="Autumn")
    hub.call(owner, "lists.delete", number=number, contacts="no")
    log = [(row.action, row.target) for row in Activity.of(owner.account_id).order_by(Activity.sequence)]
    assert log == [("lists.create", str(number)), ("lists.rename", str(number)), ("lists.delete", str(number))]

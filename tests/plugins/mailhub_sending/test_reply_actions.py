"""Replies through the actions: listed, read, handled, configured; each account its own, each permission asked."""

import pytest

from mailhub import Hub, Invalid, NotFound
from mailhub.errors import Forbidden
from mailhub.messages import Message
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub_sending.models import Reply
from tests.plugins.mailhub_sending.answers import arrive, reply_address, sent, written


@pytest.fixture
def message(hub: Hub, make) -> Message:
    """A message with a reply, an automatic one and a farewell."""
    found = sent(hub, make)
    address = reply_address(hub, found)
    arrive(hub, address, written("Merci"))
    arrive(hub, address, written("Absent", "Auto-Submitted: auto-replied", Message_ID="<2@x>"))
    arrive(hub, address, written("STOP", Message_ID="<3@x>"))
    return found


def test_a_campaigns_replies_newest_first_by_kind_and_page(hub: Hub, team, message: Message) -> None:
    def listed(**given: object) -> list[str]:
        return [each["kind"] for each in hub.call(team.owner, "campaigns.replies", which="1", **given)["replies"]]

    assert listed() == ["unsubscribe", "autoreply", "reply"]
    assert listed(kind="reply") == listed(kind="open") == ["reply"]
    assert listed(limit=1) == ["unsubscribe"]
    assert listed(before=Reply.get(Reply.kind == "unsubscribe").id) == ["autoreply", "reply"]
    answer = hub.call(team.owner, "campaigns.replies", which="1")
    assert answer["counts"] == {"open": 1, "reply": 1, "autoreply": 1, "unsubscribe": 1, "unverified": 0}
    with pytest.raises(Invalid):
        listed(kind="nice")


def test_all_replies_of_an_account(hub: Hub, team, message: Message) -> None:
    [first, *_] = hub.call(team.owner, "replies.list", kind="reply")["replies"]
    assert (first["campaign"], first["from"], first["to"], first["opening"]) == (
        1, "p1@example.org", "p1@example.org", "Merci",
    )  # fmt: skip
    assert first["message"] == str(message.id)
    assert hub.call(make_owner(hub, "Other")[2], "replies.list") == {"replies": []}


def test_one_is_read_and_handled(hub: Hub, team, message: Message) -> None:
    number = Reply.get(Reply.kind == "reply").id
    assert hub.call(team.owner, "replies.show", number=number)["own"] == "Merci"
    done = hub.call(team.owner, "replies.handle", number=number)
    assert (done["handled_at"] is not None, done["handled_by"]) == (True, team.owner.name)
    assert hub.call(team.owner, "replies.list", kind="open") == {"replies": []}
    assert hub.call(team.owner, "replies.handle", number=number, handled=False)["handled_at"] is None
    stranger = make_owner(hub, "Other")[2]
    for action in ("replies.show", "replies.handle"):
        with pytest.raises(NotFound):
            hub.call(stranger, action, number=number)
    for wrong in (0, -1, 2**31, 10**6):
        with pytest.raises(NotFound):
            hub.call(team.owner, "replies.show", number=wrong)


def test_an_accounts_choice_is_kept_and_checked(hub: Hub, team) -> None:
    answer = hub.call(team.owner, "replies.configure", keywords="stop, basta", days=30)
    assert answer == {"forward_autoreplies": False, "keywords": ["stop", "basta"], "days": 30}
    assert hub.call(team.owner, "replies.configure", keywords="")["keywords"] == []
    assert hub.call(team.owner, "replies.configure")["days"] == 30
    for wrong in ({"days": -1}, {"keywords": "x" * 61}, {"keywords": ",".join(f"w{n}" for n in range(201))}):
        with pytest.raises(Invalid):
            hub.call(team.owner, "replies.configure", **wrong)


@pytest.mark.parametrize(
    ("action", "needed"),
    [("replies.list", "replies.view"), ("replies.handle", "replies.handle"), ("replies.configure", "replies.handle")],
)
def test_campaigns_alone_do_not_open_replies(hub: Hub, team, message: Message, action: str, needed: str) -> None:
    given = {"number": Reply.get().id} if action == "replies.handle" else {}
    scopes = frozenset({"campaigns.view", "campaigns.edit"})
    with pytest.raises(Forbidden):
        hub.call(Actor(team.account.id, "web", team.owner.user_id, "Eve", scopes), action, **given)
    hub.call(Actor(team.account.id, "web", team.owner.user_id, "Eve", frozenset({needed})), action, **given)

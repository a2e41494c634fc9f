"""Cards follow their campaigns: posted once, changed when they look different, ended with the campaign, given up with sense."""

from collections.abc import Callable

import pytest

from mailhub import Hub
from mailhub.telling import tell_plugins
from mailhub.testing import Clock
from mailhub_slack import calling, posting, starting
from mailhub_slack.models import Card, Channel, Workspace
from mailhub_slack.voice import voice
from tests.flows.slack_server import BOT_TOKEN, Slack, words
from tests.plugins.mailhub_slack.team import Team, deliver

Make = Callable[..., int]


@pytest.fixture
def card(hub: Hub, team: Team, workspace: Workspace, campaign: Make) -> Card:
    """A card in the account's channel, not posted yet."""
    hub.call(team.actor, "slack_channels.choose", channel="news")
    campaign("Spring")
    tell_plugins(hub)
    return Card.get()


def _show(hub: Hub, card: Card) -> Card | None:
    posting.show(hub, calling.client(BOT_TOKEN), card)
    found: Card | None = Card.get_or_none(Card.id == card.id)
    return found


def test_it_is_posted_once_and_changed_when_it_looks_different(hub: Hub, slack: Slack, team: Team, card: Card) -> None:
    assert _show(hub, card)
    shown = slack.posted("Cnews")[0]
    assert "0 of 3" in words(shown)
    assert _show(hub, Card.get())
    assert shown["edits"] == 0
    deliver(hub, team, 1, 2)
    assert _show(hub, Card.get())
    assert "2 of 3" in words(shown)
    assert (shown["edits"], len(slack.posted())) == (1, 1)


def test_it_is_over_with_its_campaign(hub: Hub, slack: Slack, team: Team, card: Card) -> None:
    assert _show(hub, card)
    hub.call(team.actor, "campaigns.cancel", which="1")
    assert _show(hub, Card.get()) is None
    assert "cancelled" in words(slack.posted()[0])


def test_looks_are_seconds_apart_and_more_with_many_cards(hub: Hub, team: Team, card: Card, slack: Slack) -> None:
    shown = _show(hub, card)
    assert shown
    assert 2900 < shown.next_at - hub.ms() <= 3000
    for _ in range(9):
        starting.open_card(hub, card.workspace_id, team.account.id, 1, "news")
    shown = _show(hub, Card.get_by_id(card.id))
    assert shown
    assert shown.next_at - hub.ms() > 11_500


def test_a_channel_that_does_not_take_it_is_said_on_the_page(hub: Hub, slack: Slack, team: Team, card: Card) -> None:
    slack.fail("chat.postMessage", word="not_in_channel")
    assert _show(hub, card) is None
    assert Channel.of(team.account).get().problem.startswith("The app is not in this channel")
    other = starting.open_card(hub, card.workspace_id, team.account.id, 1, "news")
    assert _show(hub, other)
    assert Channel.of(team.account).get().problem == ""


def test_a_message_that_somebody_deleted_is_left_alone(hub: Hub, slack: Slack, team: Team, card: Card) -> None:
    assert _show(hub, card)
    deliver(hub, team, 1)
    slack.fail("chat.update", word="message_not_found")
    assert _show(hub, Card.get()) is None
    assert Channel.of(team.account).get().problem == ""


def test_what_concerns_the_workspace_is_passed_on(hub: Hub, slack: Slack, card: Card) -> None:
    slack.fail("chat.postMessage", word="token_revoked")
    with pytest.raises(calling.Refused, match="token_revoked"):
        _show(hub, card)
    assert Card.select().count() == 1


def test_a_private_card_changes_four_times_at_most(
    hub: Hub, slack: Slack, team: Team, workspace: Workspace, campaign: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack takes five answers behind one address: the card itself, and four more."""
    clock = Clock(hub.clock())
    monkeypatch.setattr(hub, "clock", clock)
    campaign("Spring")
    posting.open_private(hub, workspace, team.account.id, 1, voice(hub, "en"), slack._response_url())
    waits = []
    for n in range(1, 9):
        card = Card.get_or_none()
        if card is None:
            break
        waits.append((card.next_at - hub.ms()) // 1000)
        clock.move(waits[-1])
        deliver(hub, team, 1, 1, first=n)
        _show(hub, card)
    assert waits == [3, 10, 30, 120]
    assert len(slack.asked("respond")) == 4
    assert all(each.arguments["replace_original"] is True for each in slack.asked("respond"))


def test_a_private_card_whose_address_is_used_up_is_forgotten(
    hub: Hub, slack: Slack, team: Team, workspace: Workspace, campaign: Make
) -> None:
    campaign("Spring")
    posting.open_private(hub, workspace, team.account.id, 1, voice(hub, "en"), "http://127.0.0.1:1/elsewhere")
    assert _show(hub, Card.get()) is None


def test_a_card_is_found_by_its_message(hub: Hub, slack: Slack, workspace: Workspace, card: Card) -> None:
    _show(hub, card)
    there = Card.get()
    assert posting.posted(workspace, there.channel, there.ts) == there
    assert posting.posted(workspace, there.channel, "0.0") is None

"""A team that works from Slack: its account, workspace, links and campaigns, made by the actions anybody would use."""

from typing import Any, NamedTuple

from mailhub import Hub, events
from mailhub.accounts import Account, User
from mailhub.counting import count_events
from mailhub.db import transaction
from mailhub.events import NewEvent
from mailhub.permissions import Actor
from mailhub_sending.models import Campaign
from mailhub_slack import linking, workspaces
from mailhub_slack.models import SlackLink, Workspace
from tests.flows.slack_server import BOT_TOKEN, SECRET


class Team(NamedTuple):
    """An account, its owner, and the owner's actor on the web."""

    account: Account
    user: User
    actor: Actor


def connect(hub: Hub, team: Team, app_token: str = "", secret: str = SECRET) -> Workspace:
    """Connect an account's workspace."""
    hub.call(team.actor, "slack_workspaces.connect", bot_token=BOT_TOKEN, signing_secret=secret, app_token=app_token)
    made = workspaces.of_account(team.account.id)
    assert made
    workspaces.remember(made, **workspaces.introduce(workspaces.secrets_of(hub, made)))
    return Workspace.get_by_id(made.id)


def link(hub: Hub, workspace: Workspace, team: Team, slack_user: str = "U1") -> SlackLink:
    """Link a team's owner, working in that team's account."""
    token = linking.offer(hub, workspace, slack_user, f"name-of-{slack_user}").rpartition("/")[2]
    made = hub.call(team.actor, "slack_links.create", token=token)
    return SlackLink.get_by_id(made["number"])


def make_campaign(hub: Hub, team: Team, name: str, start: bool = True) -> int:
    """A campaign to three people, sending if it is started."""
    domain = f"a{team.account.id}.example.com"
    if not hub.call(team.actor, "campaigns.list"):
        hub.call(team.actor, "domains.add", name=domain)
        number = hub.call(team.actor, "lists.create", name="People")["number"]
        for each in ("a", "b", "c"):
            hub.call(team.actor, "contacts.create", address=f"{each}@example.org", lists=[number])
    made: dict[str, Any] = hub.call(
        team.actor, "campaigns.create", name=name, subject="Hello", body="Hello", language="en", audience=["People"],
        **{"from": f"info@{domain}"},
    )  # fmt: skip
    if start:
        hub.call(team.actor, "campaigns.validate", which=str(made["number"]))
        hub.call(team.actor, "campaigns.start", which=str(made["number"]))
    return int(made["number"])


def state(hub: Hub, team: Team, number: int) -> str:
    """A campaign's state now."""
    return str(hub.call(team.actor, "campaigns.show", which=str(number))["state"])


def deliver(hub: Hub, team: Team, number: int, count: int = 1, first: int = 1) -> None:
    """Let messages of a campaign be delivered, and counted."""
    source = Campaign.of(team.account).where(Campaign.number == number).get().source_id
    with transaction():
        events.write(
            [NewEvent("delivered", team.account.id, hub.ms(), source, n, 1) for n in range(first, first + count)]
        )
    count_events(hub)

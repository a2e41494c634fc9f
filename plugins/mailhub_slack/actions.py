"""What can be asked about Slack, once for all doors. What is asked *from* Slack are everybody's actions."""

from typing import Any

from marshmallow import fields

from mailhub import Action, Arguments, Hub, Permission, argument
from mailhub.permissions import Actor
from mailhub_slack import linking, workspaces
from mailhub_slack.models import SlackLink

MANAGE = "slack.manage"
PERMISSIONS: list[Permission] = [
    Permission(linking.PERMISSION, "Slack", "Link themselves and work from Slack"),
    Permission(MANAGE, "Slack", "Connect the Slack workspace and choose where cards are posted"),
]


class Connection(Arguments):
    bot_token = argument(fields.String, "Bot User OAuth Token (xoxb-…); empty: as it was", load_default="")
    signing_secret = argument(fields.String, "signing secret, for Slack to reach this server", load_default="")
    app_token = argument(fields.String, "app-level token (xapp-…), for Socket Mode", load_default="")


class ChannelName(Arguments):
    channel = argument(fields.String, "name or id of the channel; empty: no cards are posted", load_default="")


class Token(Arguments):
    token = argument(fields.String, "the last part of the address that /mailhub link answered", required=True)


class Numbered(Arguments):
    number = argument(fields.Integer, "number of the link", required=True)


class Elsewhere(Numbered):
    account = argument(fields.Integer, "number of the account to work in", required=True)


def _connect(hub: Hub, actor: Actor, **given: str) -> dict[str, Any]:
    workspace = workspaces.save(hub, actor.account_id, given)
    return {"workspace": workspace.team_name, "socket": bool(workspace.app_token)}


def _disconnect(hub: Hub, actor: Actor) -> dict[str, Any]:
    return {"workspace": workspaces.disconnect(actor.account_id).team_name}


def _channel(hub: Hub, actor: Actor, channel: str) -> dict[str, Any]:
    chosen = workspaces.set_channel(hub, actor.account_id, actor.user_id, channel)
    return {"channel": chosen.channel if chosen else ""}


def _link(hub: Hub, actor: Actor, token: str) -> dict[str, Any]:
    return _told(linking.confirm(hub, actor, token))


def _unlink(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return _told(linking.unlink(actor, number))


def _switch(hub: Hub, actor: Actor, number: int, account: int) -> dict[str, Any]:
    return {**_told(linking.switch(actor, number, account)), "account": account}


def _told(link: SlackLink) -> dict[str, Any]:
    return {"number": link.id, "slack_user": link.slack_user, "slack_name": link.slack_name}


SECRETS = frozenset({*workspaces.SECRETS, "token"})

ACTIONS: list[Action] = [
    Action("slack_workspaces.connect", "Connect a Slack workspace", MANAGE, _connect, Connection, secret=SECRETS),
    Action("slack_workspaces.disconnect", "Disconnect the Slack workspace", MANAGE, _disconnect, confirm=True),
    Action(
        "slack_channels.choose", "Choose the Slack channel for cards", MANAGE, _channel, ChannelName, target="channel"
    ),
    Action("slack_links.create", "Link a Slack user", linking.PERMISSION, _link, Token, secret=SECRETS),
    Action("slack_links.delete", "Unlink a Slack user", linking.PERMISSION, _unlink, Numbered),
    Action("slack_links.switch", "Work in another account from Slack", linking.PERMISSION, _switch, Elsewhere),
]

"""The slack plugin's hooks: its table of contents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailhub import Action, Hub, MenuEntry, Permission, Service, hookimpl
from mailhub.messages import Event
from mailhub.permissions import Actor
from mailhub_slack import actions, services, starting

if TYPE_CHECKING:
    import click
    from flask import Flask


@hookimpl
def register_permissions() -> list[Permission]:
    return actions.PERMISSIONS


@hookimpl
def register_actions() -> list[Action]:
    return actions.ACTIONS


@hookimpl
def register_services() -> list[Service]:
    return [Service("slack.cards", services.tend_cards), Service("slack.sockets", services.keep_sockets)]


@hookimpl
def register_commands() -> "list[click.Command]":
    from mailhub_slack.console import slack  # the command line only

    return [slack]


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_slack import routes  # pages only: workers do not load Flask

    routes.register(app)


@hookimpl
def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
    return [MenuEntry("Settings", "Slack", "slack.index", "slack.use", position=60)]


@hookimpl
def on_events(hub: Hub, events: Sequence[Event]) -> None:
    starting.cards_for(hub, events)

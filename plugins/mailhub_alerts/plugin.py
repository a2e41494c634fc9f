"""The alerts plugin's hooks: its table of contents."""

from typing import TYPE_CHECKING

from mailhub import Action, Hub, MenuEntry, Permission, Schedule, hookimpl
from mailhub.permissions import Actor
from mailhub_alerts import actions, following

if TYPE_CHECKING:
    from flask import Flask


@hookimpl
def register_permissions() -> list[Permission]:
    return actions.PERMISSIONS


@hookimpl
def register_actions() -> list[Action]:
    return actions.ACTIONS


@hookimpl
def register_schedules() -> list[Schedule]:
    return [
        Schedule("alerts.follow", 0.5, following.follow),
        Schedule("alerts.bounces", 2, following.watch_bounces),
        Schedule("alerts.forget", 3600, following.forget_old),
    ]


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_alerts import routes  # pages only: workers do not load Flask

    routes.register(app)


@hookimpl
def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
    return [MenuEntry("Settings", "Alerts", "alerts.index", "alerts.edit", position=60)]

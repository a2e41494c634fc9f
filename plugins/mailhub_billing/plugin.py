"""The billing plugin's hooks: its table of contents."""

from typing import TYPE_CHECKING

from mailhub import Action, EventKind, Hold, Hub, MenuEntry, Permission, Quote, Schedule, Setting, hookimpl
from mailhub.messages import Source
from mailhub.permissions import Actor
from mailhub_billing import actions, events, jobs, reserving

if TYPE_CHECKING:
    from flask import Flask


@hookimpl
def register_permissions() -> list[Permission]:
    return actions.PERMISSIONS


@hookimpl
def register_events() -> list[EventKind]:
    return events.EVENTS


@hookimpl
def register_settings() -> list[Setting]:
    return actions.SETTINGS


@hookimpl
def register_actions() -> list[Action]:
    return actions.ACTIONS


@hookimpl
def register_schedules() -> list[Schedule]:
    return jobs.SCHEDULES


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_billing import routes  # pages only: workers do not load Flask

    routes.register(app)


@hookimpl
def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
    own = (
        [MenuEntry("Settings", "Credit", "billing.index", actions.VIEW, position=60)]
        if hub.config.billing.charge
        else []
    )
    return [*own, MenuEntry("Server", "Credit", "billing.accounts", actions.RECORD, position=30)]


@hookimpl
def reserve(hub: Hub, source: Source, count: int) -> Hold | None:
    return reserving.reserve(hub, source, count)


@hookimpl
def quote(hub: Hub, account: int, channel: str, count: int) -> Quote | None:
    return reserving.quote(hub, account, channel, count)

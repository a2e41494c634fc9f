"""The sending plugin's hooks: its table of contents."""

from typing import TYPE_CHECKING

from mailhub import Action, EventKind, Hub, JobKind, MenuEntry, Permission, Schedule, hookimpl
from mailhub.permissions import Actor
from mailhub.vocabulary import Setting
from mailhub_sending import actions, events, jobs, mailto, reply_actions

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask import Flask

    from mailhub.inbound import Mail


@hookimpl
def register_permissions() -> list[Permission]:
    return [*actions.PERMISSIONS, *reply_actions.PERMISSIONS]


@hookimpl
def register_events() -> list[EventKind]:
    return events.EVENTS


@hookimpl
def register_settings() -> list[Setting]:
    return [
        Setting("sending.track_opens", True, "Count opens in new campaigns"),
        Setting("sending.track_clicks", True, "Count clicks in new campaigns"),
        *reply_actions.SETTINGS,
    ]


@hookimpl
def register_actions() -> list[Action]:
    return [*actions.ACTIONS, *reply_actions.ACTIONS]


@hookimpl
def register_jobs() -> list[JobKind]:
    return jobs.JOBS


@hookimpl
def register_schedules() -> list[Schedule]:
    return jobs.SCHEDULES


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_sending import routes  # pages only: workers do not load Flask

    routes.register(app)


@hookimpl
def register_api(hub: Hub, api: "APIFlask") -> None:
    from mailhub_sending import api as endpoints

    endpoints.register(hub, api)


@hookimpl
def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
    return [
        MenuEntry("Campaigns", "All campaigns", "sending.index", "campaigns.view", "send", 10),
        MenuEntry("Campaigns", "Replies", "sending_replies.index", "replies.view", "inbox", 11),
    ]


@hookimpl
def dashboard_panels(hub: Hub, actor: Actor) -> list[tuple[int, str]]:
    from mailhub_sending.dashboard import panels  # pages only

    return panels(hub, actor)


@hookimpl
def accept_recipient(hub: Hub, sender: str, recipient: str) -> bool | None:
    return mailto.accept(hub, recipient)


@hookimpl
def receive_mail(hub: Hub, mail: "Mail") -> bool | None:
    from mailhub_sending import replies  # the engine only: listeners do not load it

    return mailto.receive(hub, mail) or replies.receive(hub, mail)

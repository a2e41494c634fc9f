"""The hooks this plugin answers: its table of contents."""

from typing import TYPE_CHECKING

from mailhub import Action, EventKind, Hub, JobKind, MenuEntry, Permission, Schedule, hookimpl
from mailhub_webhooks import actions, events, jobs

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask import Flask

    from mailhub.permissions import Actor


@hookimpl
def register_permissions() -> list[Permission]:
    return list(actions.PERMISSIONS)


@hookimpl
def register_events() -> list[EventKind]:
    return list(events.EVENTS)


@hookimpl
def register_actions() -> list[Action]:
    return list(actions.ACTIONS)


@hookimpl
def register_jobs() -> list[JobKind]:
    return list(jobs.JOBS)


@hookimpl
def register_schedules() -> list[Schedule]:
    return list(jobs.SCHEDULES)


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_webhooks import routes

    app.register_blueprint(routes.pages)


@hookimpl
def register_api(hub: Hub, api: "APIFlask") -> None:
    from mailhub_webhooks import api as endpoints

    endpoints.register(hub, api)


@hookimpl
def menu_items(hub: Hub, actor: "Actor") -> list[MenuEntry]:
    return [MenuEntry("Settings", "Webhooks", "webhooks.index", "webhooks.view", position=60)]

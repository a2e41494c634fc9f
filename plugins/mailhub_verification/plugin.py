"""The hooks this plugin answers: its table of contents. What the web or the shell alone needs is imported when they ask."""

from typing import TYPE_CHECKING

from mailhub import Action, EventKind, Hub, JobKind, MenuEntry, Permission, Schedule, Setting, hookimpl
from mailhub_verification import actions, events, forgetting, jobs, permissions

if TYPE_CHECKING:
    import click
    from flask import Flask

    from mailhub.permissions import Actor


@hookimpl
def register_permissions() -> list[Permission]:
    return list(permissions.PERMISSIONS)


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
def register_settings() -> list[Setting]:
    return list(forgetting.SETTINGS)


@hookimpl
def register_schedules() -> list[Schedule]:
    return list(forgetting.SCHEDULES)


@hookimpl
def register_commands() -> "list[click.Command]":
    from mailhub_verification.command import verify

    return [verify]


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_verification import routes

    app.register_blueprint(routes.pages)


@hookimpl
def menu_items(hub: Hub, actor: "Actor") -> list[MenuEntry]:
    return [MenuEntry("Contacts", "Verification", "verification.index", "verifications.view", position=35)]

"""The hooks this plugin answers: its table of contents."""

from typing import TYPE_CHECKING

from mailhub import Action, Hub, JobKind, MenuEntry, Permission, Schedule, Setting, hookimpl
from mailhub_reports import actions, forgetting, names, owners, receiving

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask import Flask

    from mailhub.inbound import Mail
    from mailhub.permissions import Actor


@hookimpl
def register_permissions() -> list[Permission]:
    return list(actions.PERMISSIONS)


@hookimpl
def register_settings() -> list[Setting]:
    return list(forgetting.SETTINGS)


@hookimpl
def register_actions() -> list[Action]:
    return list(actions.ACTIONS)


@hookimpl
def register_jobs() -> list[JobKind]:
    return [*receiving.JOBS, *names.JOBS]


@hookimpl
def register_schedules() -> list[Schedule]:
    return [*forgetting.SCHEDULES, *names.SCHEDULES]


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_reports import routes

    app.register_blueprint(routes.pages)


@hookimpl
def register_api(hub: Hub, api: "APIFlask") -> None:
    from mailhub_reports import api as endpoints

    endpoints.register(hub, api)


@hookimpl
def menu_items(hub: Hub, actor: "Actor") -> list[MenuEntry]:
    return [MenuEntry("Messages", "Reports", "reports.index", "reports.view", position=30)]


@hookimpl
def accept_recipient(hub: Hub, sender: str, recipient: str) -> bool | None:
    return owners.is_report_address(hub, recipient) or None


@hookimpl
def receive_mail(hub: Hub, mail: "Mail") -> bool | None:
    return receiving.receive(hub, mail)

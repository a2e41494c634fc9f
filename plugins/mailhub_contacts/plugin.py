"""The hooks this plugin answers: its table of contents. What the web alone needs is imported when the web asks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mailhub import Action, Audience, EventKind, Hub, JobKind, MenuEntry, Permission, Recipient, Schedule, hookimpl
from mailhub_contacts import actions, audiences, events, jobs, permissions

if TYPE_CHECKING:
    import click
    from apiflask import APIFlask
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
def register_schedules() -> list[Schedule]:
    return list(jobs.SCHEDULES)


@hookimpl
def register_commands() -> "list[click.Command]":
    from mailhub_contacts.command import contacts

    return [contacts]


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_contacts import routes

    routes.register(app)


@hookimpl
def register_api(hub: Hub, api: "APIFlask") -> None:
    from mailhub_contacts import api as endpoints

    endpoints.register(hub, api)


@hookimpl
def menu_items(hub: Hub, actor: "Actor") -> list[MenuEntry]:
    from mailhub_contacts import routes

    return list(routes.MENU)


@hookimpl
def dashboard_panels(hub: Hub, actor: "Actor") -> list[tuple[int, str]]:
    from mailhub_contacts import routes

    return routes.panels(actor)


@hookimpl
def list_audiences(hub: Hub, account: int) -> list[Audience]:
    from flask_babel import gettext

    return audiences.choices(account, gettext("All contacts"))


@hookimpl
def audience_recipients(
    hub: Hub, account: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int
) -> list[Recipient] | None:
    return audiences.recipients(account, include, exclude, after, limit, hub.ms())


@hookimpl
def audience_count(hub: Hub, account: int, include: Sequence[str], exclude: Sequence[str]) -> int | None:
    return audiences.count(account, include, exclude, hub.ms())


@hookimpl
def recipient_fields(hub: Hub, account: int, keys: Sequence[int]) -> Mapping[int, Mapping[str, str]] | None:
    return audiences.fields_of(account, keys)

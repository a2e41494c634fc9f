"""The composition root: here, and only here, everything is put together."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import peewee

from mailhub import (
    alarm,
    api_keys,
    db,
    domains,
    dsn,
    metrics,
    migrations,
    people,
    plugins,
    queueing,
    retention,
    routing,
    single,
    smtp_bans,
    smtp_limits,
    submission_access,
    submitted,
    suppressing,
)
from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.events import CORE_EVENTS
from mailhub.hub import Hub
from mailhub.inbound import forwarding, staff, understanding
from mailhub.jobs import schedules
from mailhub.permissions import CORE as CORE_PERMISSIONS
from mailhub.permissions import know

CORE_ACTIONS = (
    *people.ACTIONS, *domains.ACTIONS, *submission_access.ACTIONS, *retention.ACTIONS, *api_keys.ACTIONS, *single.ACTIONS,
    *routing.ACTIONS, *smtp_bans.ACTIONS, *submitted.ACTIONS, *queueing.ACTIONS, *staff.ACTIONS,
)  # fmt: skip
CORE_SCHEDULES = (
    *schedules.CORE_SCHEDULES, *retention.SCHEDULES, *single.SCHEDULES, *routing.SCHEDULES,
    *smtp_bans.SCHEDULES, *smtp_limits.SCHEDULES, *dsn.SCHEDULES, *suppressing.SCHEDULES, *understanding.SCHEDULES,
)  # fmt: skip


def create_hub(config: Config, *, migrate: bool = True) -> Hub:
    """A hub over a database that is up to date. Raises `UserError` for whatever a person must mend first."""
    manager = plugins.load(config)
    hub = Hub(config, manager)
    _register(hub)
    db.open_database(config)
    metrics.keep_in(config.data / "run" / "metrics")
    if migrate:
        _migrate(hub)
        forwarding.check_target(hub)
    return hub


def _migrate(hub: Hub) -> list[str]:
    try:
        return migrations.migrate(hub.config.data, rooms(hub))
    except peewee.DatabaseError as error:
        if type(error) not in (peewee.OperationalError, peewee.DatabaseError):
            raise  # a migration's own fault
        where = "check database.url" if db.is_postgres() else f"check {hub.config.data}, or put back a backup"
        raise UserError(f"The database cannot be opened ({' '.join(str(error).split())}): {where}.") from error


@contextlib.contextmanager
def open_hub(config: Config) -> Iterator[tuple[Hub, list[str]]]:
    """A hub for one command, and the migrations that ran; everything is given back at the end."""
    hub = create_hub(config, migrate=False)
    try:
        yield hub, _migrate(hub)
    finally:
        hub.leave()
        db.close_database()


def rooms(hub: Hub) -> dict[str, Path]:
    """Where migrations lie: the sandbox's and each plugin's; the core's own are always there."""
    return {"sandbox": migrations.CORE / "sandbox", **plugins.migrations(hub.manager)}


def _register(hub: Hub) -> None:
    _add(hub.actions, "actions", "mailhub", CORE_ACTIONS)
    _add(hub.permissions, "permissions", "mailhub", CORE_PERMISSIONS)
    _add(hub.event_kinds, "events", "mailhub", (*CORE_EVENTS, *domains.EVENTS))
    _add(hub.settings_known, "settings", "mailhub", (*domains.SETTINGS, *submitted.SETTINGS, *suppressing.SETTINGS))
    _add(hub.schedules, "schedules", "mailhub", CORE_SCHEDULES)
    _add(hub.jobs, "jobs", "mailhub", (*retention.JOBS, *routing.JOBS, *queueing.JOBS, *understanding.JOBS))
    _add(hub.services, "services", "mailhub", (*alarm.SERVICES, *domains.SERVICES))
    for what, registry in (
        ("actions", hub.actions),
        ("permissions", hub.permissions),
        ("events", hub.event_kinds),
        ("jobs", hub.jobs),
        ("schedules", hub.schedules),
        ("services", hub.services),
        ("settings", hub.settings_known),
    ):
        for plugin, brought in _brought(hub, what):
            _add(registry, what, plugin, brought)
    know(hub.permissions.values())
    for action in hub.actions.values():
        if action.permission and action.permission not in hub.permissions:
            raise UserError(f"The action {action.name} needs {action.permission}, which no plugin registered.")


def _brought(hub: Hub, what: str) -> list[tuple[str, list[Any]]]:
    """What each plugin brings; a plugin that cannot say it keeps MailHub from starting."""
    try:
        return [(plugin, list(brought)) for plugin, brought in hub.ask(f"register_{what}")]
    except plugins.PluginFault as fault:
        raise UserError(f"The {fault}. Mend it, or add it to plugins.disabled.") from fault


def _add(registry: dict[str, Any], what: str, plugin: str, brought: Iterable[Any]) -> None:
    for each in brought:
        name = each.key if what == "settings" else each.name
        if name in registry:
            raise UserError(f"The plugin {plugin} registers {name} in {what}, and that name is taken: rename it.")
        registry[name] = each

"""The sms plugin's hooks: its table of contents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailhub import Action, Hub, MenuEntry, Permission, Schedule, hookimpl
from mailhub.permissions import Actor
from mailhub.vocabulary import Channel, Notice, Service
from mailhub_sms import actions, forgetting, provider, writing

if TYPE_CHECKING:
    import threading

    from flask import Flask


@hookimpl
def register_permissions() -> list[Permission]:
    return actions.PERMISSIONS


@hookimpl
def register_actions() -> list[Action]:
    return actions.ACTIONS


@hookimpl
def register_services() -> list[Service]:
    return [Service("sms", _run)]


def _run(hub: Hub, stop: "threading.Event") -> None:
    if provider.wait_for_one(stop):
        from mailhub_sms import sending  # Twilio's library is loaded where it is spoken to

        sending.run(hub, stop)


@hookimpl
def register_schedules() -> list[Schedule]:
    return [Schedule("sms.forget", 3600, forgetting.forget_old)]


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_sms import routes  # pages only: workers do not load Flask

    routes.register(app)


@hookimpl
def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
    return [
        MenuEntry("Settings", "Phone number", "sms.phone", "phones.edit", position=65),
        MenuEntry("Messages", "SMS", "sms.log", "sms.view", position=30),
        MenuEntry("Server", "SMS", "sms.server", "sms.configure", position=40),
    ]


@hookimpl
def alert_channels(hub: Hub) -> list[Channel]:
    return [Channel(writing.CHANNEL, "SMS", writing.reaches, "sms.phone", answers=True)]


@hookimpl
def deliver_messages(hub: Hub, channel: str, messages: Sequence[Notice]) -> bool | None:
    if channel != writing.CHANNEL:
        return None
    writing.deliver(hub, messages)
    return True


@hookimpl
def sandbox_panels(hub: Hub, actor: Actor) -> list[tuple[int, str]]:
    from mailhub_sms.routes import panels  # pages only

    return panels(hub, actor)

"""The mobile plugin's hooks: its table of contents."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailhub import Action, Hub, MenuEntry, Permission, Setting, hookimpl
from mailhub.permissions import Actor
from mailhub_mobile import actions, connectors
from mailhub_mobile.privileges import ADMINISTER

if TYPE_CHECKING:
    from flask import Flask

    from mailhub.web.tracking import Application


@hookimpl
def register_permissions() -> list[Permission]:
    return actions.PERMISSIONS


@hookimpl
def register_settings() -> list[Setting]:
    return actions.SETTINGS


@hookimpl
def register_actions() -> list[Action]:
    return actions.ACTIONS


@hookimpl
def register_routes(hub: Hub, app: "Flask") -> None:
    from mailhub_mobile import routes  # pages only: workers do not load Flask

    routes.register(app)


@hookimpl
def register_mounts(hub: Hub) -> "Mapping[str, Application]":
    from mailhub_mobile.entering import Entrance  # the web process only
    from mobile_api.api import PREFIX, create_mobile_api
    from mobile_api.pages import create_app_pages

    return {PREFIX: create_mobile_api(hub, Entrance(hub)).wsgi_app, "/m": create_app_pages(hub).wsgi_app}


@hookimpl
def menu_items(hub: Hub, actor: Actor) -> list[MenuEntry]:
    shown = actor.may(ADMINISTER) or (
        connectors.is_on(hub, actor.account_id)
        and actor.user_id is not None
        and bool(connectors.own(actor.account_id, actor.user_id))
    )
    return [MenuEntry("Settings", "Phones", "phones.index", "", "device-mobile", 60)] if shown else []

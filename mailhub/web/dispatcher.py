"""Which application answers: those mounted under a prefix (`/api/v1`, and what plugins bring), the pages for all else."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.plugins import PluginFault
from mailhub.web import create_app
from mailhub.web.api import create_api
from mailhub.web.tracking import Answer, Application

OWN = frozenset({"/c", "/o", "/u", "/metrics", "/static"})
"""Prefixes that no plugin can take."""
_PREFIX = re.compile(r"(?:/[a-z0-9][a-z0-9_.-]*)+").fullmatch


class Dispatcher:
    """A WSGI application in front of `pages`. A mounted application sees its prefix as SCRIPT_NAME (PEP 3333)."""

    def __init__(self, pages: Application, mounts: Mapping[str, Application]) -> None:
        self.pages = pages
        self.mounts = dict(sorted(mounts.items(), key=lambda each: -len(each[0])))

    def __call__(self, environ: dict[str, Any], start: Answer) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        for prefix, application in self.mounts.items():
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                own = {"SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix, "PATH_INFO": path[len(prefix) :]}
                return application({**environ, **own}, start)
        return self.pages(environ, start)


def create_site(hub: Hub) -> Dispatcher:
    """Everything a web process answers after tracking: the pages, `/api/v1`, and what plugins mount.

    Raises `UserError` when a plugin brings a prefix that is badly written or taken.
    """
    return Dispatcher(create_app(hub).wsgi_app, _brought(hub))


def _brought(hub: Hub) -> dict[str, Application]:
    found: dict[str, Application] = {"/api/v1": create_api(hub).wsgi_app}
    try:
        for plugin, mounts in hub.ask("register_mounts", hub=hub):
            for prefix, application in mounts.items():
                _check(plugin, prefix, found)
                found[prefix] = application
    except PluginFault as fault:
        raise UserError(f"The {fault}. Mend it, or add it to plugins.disabled.") from fault
    return found


def _check(plugin: str, prefix: str, found: Mapping[str, Application]) -> None:
    if not _PREFIX(prefix):
        raise UserError(f"The plugin {plugin} mounts {prefix!r}, which is no prefix: write one such as /birds/v1.")
    if prefix in found or prefix in OWN:
        raise UserError(f"The plugin {plugin} mounts {prefix}, and that prefix is taken: choose another.")

"""The processes behind `serve`, one function each. Each imports its own role's rooms and no other's.

A served role loads its code while `serve` still prepares, and opens nothing before it is let in.
"""

import contextlib
import os
import signal
import sys

from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.logs import configure
from mailhub.processes import follow_parent

GRACE = 1.0
"""Seconds a role has to end in order when `serve` was killed: whoever starts it again waits for its ports."""


def _begin(config: Config, role: str) -> None:
    configure(config, role)
    if parent := os.environ.get("MAILHUB_SERVED"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which ends us in order
        follow_parent(int(parent), GRACE)


def _let_in(config: Config) -> str:
    """Load the plugins, then wait until `serve` lets this process begin. Returns what it was told with that."""
    from mailhub import plugins

    if "MAILHUB_SERVED" not in os.environ:
        return ""
    with contextlib.suppress(UserError):  # whoever is let in says it: the scheduler first, for all
        plugins.load(config)
    return sys.stdin.read()


def web(config: Config) -> None:
    """Granian serving the pages until SIGTERM. What its processes need is loaded before their fork, once for all."""
    _begin(config, "web")
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from mailhub import wsgi

    _let_in(config)
    os.environ["MAILHUB_WEB"] = str(os.getpid())
    Granian(
        f"{wsgi.__name__}:{wsgi.make_application.__name__}",
        address=config.web.host,
        port=config.web.port,
        interface=Interfaces.WSGI,
        blocking_threads=config.web.threads,
        factory=True,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()


def smtp(config: Config) -> None:
    """The SMTP listeners until SIGTERM."""
    _begin(config, "smtp")
    from mailhub import smtp_server
    from mailhub.app import create_hub

    _let_in(config)
    hub = create_hub(config)
    smtp_server.run(hub)
    hub.leave()


def worker(config: Config) -> None:
    """Worker processes until SIGTERM. Nothing is opened before they fork."""
    _begin(config, "worker")
    from mailhub.app import create_hub
    from mailhub.jobs.draining import present
    from mailhub.jobs.engine import Engine

    _let_in(config)
    with present(config.data):
        Engine(config).run_workers(config, lambda: create_hub(config))


def drain(config: Config) -> int:
    """End this machine's workers for good. Returns how many there were; raises `UserError` while something is theirs."""
    from mailhub.app import open_hub
    from mailhub.jobs import draining

    configure(config, "drain")
    ended = draining.end_workers(config.data)
    with open_hub(config) as (hub, _):
        draining.leave_nothing(hub)
    return ended


def scheduler(config: Config) -> None:
    """The sweep and the schedules until SIGTERM; the first of a server's start prepares it for the others."""
    _begin(config, "scheduler")
    from mailhub.app import create_hub
    from mailhub.jobs import schedules
    from mailhub.jobs.engine import Engine
    from mailhub.people import first_visit_url

    told = _let_in(config)
    engine = Engine(config)
    hub = create_hub(config)
    if told:
        with open(int(told), "w", encoding="utf-8") as prepared:
            print(first_visit_url(hub), file=prepared)
    schedules.run(hub, engine)

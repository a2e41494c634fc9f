"""The processes behind `serve`, one function each. Each imports its own role's rooms and no other's."""

import os
import signal

from mailhub.app import create_hub, open_hub
from mailhub.config import Config
from mailhub.logs import configure
from mailhub.processes import die_with_parent


def _begin(config: Config, role: str) -> None:
    configure(config, role)
    if parent := os.environ.get("MAILHUB_SERVED"):
        die_with_parent(signal.SIGTERM, int(parent))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which ends us in order


def web(config: Config) -> None:
    """Granian serving the pages until SIGTERM."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _begin(config, "web")
    os.environ["MAILHUB_WEB"] = str(os.getpid())
    Granian(
        "mailhub.wsgi:make_application",
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
    from mailhub import smtp_server

    _begin(config, "smtp")
    hub = create_hub(config)
    smtp_server.run(hub)
    hub.leave()


def worker(config: Config) -> None:
    """Worker processes until SIGTERM. Nothing is opened before they fork."""
    from mailhub.jobs.draining import present
    from mailhub.jobs.engine import Engine

    _begin(config, "worker")
    with present(config.data):
        Engine(config).run_workers(config, lambda: create_hub(config))


def drain(config: Config) -> int:
    """End this machine's workers for good. Returns how many there were; raises `UserError` while something is theirs."""
    from mailhub.jobs import draining

    configure(config, "drain")
    ended = draining.end_workers(config.data)
    with open_hub(config) as (hub, _):
        draining.leave_nothing(hub)
    return ended


def scheduler(config: Config) -> None:
    """The sweep and the schedules until SIGTERM."""
    from mailhub.jobs import schedules

    _begin(config, "scheduler")
    schedules.run(create_hub(config))

"""Where waiting tasks are kept: a file of SQLite, PostgreSQL or Redis. Opened, tried, and told of in one sentence when away.

What it holds is never the truth: whatever is lost with it, the sweep queues again.
"""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from huey import PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.api import Huey
from huey.exceptions import ConfigurationError

from mailhub.config import Config
from mailhub.errors import UserError

NAME = "mailhub"
PATIENCE = 5
"""Seconds a server has to answer."""
_KEEPALIVE = {
    "connect_timeout": PATIENCE,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""For PostgreSQL: a machine that vanished is noticed after twenty seconds, not after two hours."""

log = logging.getLogger(__name__)


class Away(Exception):
    """The engine cannot be used now; it has been logged."""


@dataclass
class Carrier:
    """An opened engine: its Huey, its address without a password, what it raises when it is away."""

    huey: Huey
    name: str
    faults: tuple[type[Exception], ...]
    forget: Callable[[], object]
    """Leaves open connections, so that the next use makes new ones."""
    _since: float = 0.0

    @contextlib.contextmanager
    def reached(self) -> Iterator[None]:
        """Use the engine within this. Raises `Away` when it fails; that it is away, and that it is back, is logged once."""
        try:
            yield
        except self.faults as error:
            self._tell_away(error)
            raise Away from error
        if self._since:
            log.warning("the engine at %s answers again after %.0f s", self.name, time.monotonic() - self._since)
            self._since = 0.0

    def _tell_away(self, error: Exception) -> None:
        with contextlib.suppress(*self.faults):
            self.forget()
        if not self._since:
            self._since = time.monotonic()
            log.error(
                "the engine at %s cannot be used (%s): what is to do waits in the database and goes on by itself",
                self.name,
                _words(error),
            )


def open_carrier(config: Config) -> Carrier:
    """The engine of this configuration, tried once; no connection is left open, so that a process may fork.

    Raises `UserError` when it cannot be reached or its driver is missing.
    """
    url = config.engine.url or config.database.url
    key = "engine.url" if config.engine.url else "database.url" if url else "server.data"
    name = _shown(url) if url else str(config.data / "engine.sqlite")
    try:
        return _open(config, url, name)
    except (ConfigurationError, ImportError) as error:
        raise UserError(
            f"The engine at {name} needs a driver that is not installed ({_words(error)}): install it, or change {key}."
        ) from error
    except Exception as error:  # drivers raise what they like for an address they cannot read
        raise UserError(
            f"The engine at {name} cannot be used ({_words(error)}): start it, or correct {key} in the configuration."
        ) from error


def _open(config: Config, url: str, name: str) -> Carrier:
    if not url:
        config.data.mkdir(parents=True, exist_ok=True)
        huey = SqliteHuey(NAME, filename=name, results=False, fsync=False)
        return Carrier(huey, name, (sqlite3.Error,), huey.storage.close)
    if url.startswith("postgres"):
        return _open_postgres(url, name)
    return _open_redis(url, name)


def _open_postgres(url: str, name: str) -> Carrier:
    from psycopg import Error, errors  # 12 MiB that only this engine needs
    from psycopg.conninfo import conninfo_to_dict

    parameters = {**_KEEPALIVE, **_given(conninfo_to_dict(url))}
    for again in (*[True] * 9, False):
        try:
            huey = PostgresHuey(NAME, dsn=url, results=False, **parameters)
            break
        except (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject):
            # "Create if not exists" is not safe when two processes are the first at the same moment.
            if not again:
                raise
    return Carrier(huey, name, (Error,), huey.storage.close)


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key in _KEEPALIVE}


def _open_redis(url: str, name: str) -> Carrier:
    try:
        from redis import ConnectionPool, RedisError
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ImportError("redis") from None
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 1),
        socket_keepalive=True,
    )
    huey = PriorityRedisHuey(NAME, connection_pool=pool, results=False)
    huey.storage.conn.ping()
    pool.disconnect()
    return Carrier(huey, name, (RedisError, OSError), pool.disconnect)


def _shown(url: str) -> str:
    """An address without its user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

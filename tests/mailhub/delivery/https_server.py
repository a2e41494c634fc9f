"""A web server on loopback that speaks TLS and says what it was told, also what no web server should."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Self

Step = bytes | float


def answer(content: bytes, kind: str = "text/plain", status: str = "200 OK", more: str = "") -> bytes:
    """A whole answer with its length."""
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{more}\r\n".encode() + content
    )


class HttpsServer:
    """`with HttpsServer(context, …) as web:`; `says`: octets, and pauses in seconds; `heard`: requests and their hosts."""

    def __init__(self, context: ssl.SSLContext, *says: Step) -> None:
        self.says: Sequence[Step] = says
        self.heard: list[str] = []
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listening.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError):
                visitor, _ = self._listening.accept()
                visitor.settimeout(20)
                with self._context.wrap_socket(visitor, server_side=True) as secured:
                    self._talk(secured)

    def _talk(self, visitor: ssl.SSLSocket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            more = visitor.recv(4096)
            if not more:
                return
            request += more
        lines = request.decode().split("\r\n")
        self.heard.append(f"{lines[0]} {next(line for line in lines if line.startswith('Host:'))}")
        for step in self.says:
            if isinstance(step, float):
                time.sleep(step)
            else:
                visitor.sendall(step)

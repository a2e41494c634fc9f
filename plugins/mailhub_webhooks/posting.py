"""One kept connection to an endpoint: requests one after the other, each within its time, answers read up to a bound.

Redirects are answers like any other and are never followed.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from functools import cache
from typing import NamedTuple

from mailhub.errors import Sentence
from mailhub_webhooks.addresses import Target, Unreachable, resolve

TIMEOUT = 10.0
"""Seconds a request may take in all, connecting included."""
KEPT = 500
"""Bytes of an answer that are kept for the log."""
LARGEST = 65_536
"""Bytes of an answer that are read at most; after a longer one the connection is closed."""


class Answer(NamedTuple):
    """What came back: its status (0: nothing did), the beginning of its body or why there is none, Retry-After in seconds."""

    code: int
    text: str
    retry_after: int = 0

    @property
    def taken(self) -> bool:
        """The receiver has it: any 2xx."""
        return 200 <= self.code < 300


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Connection:
    """Posts to one target; opens when it is needed, closes with `close`. Used from one thread."""

    def __init__(self, target: Target, allow_private: bool, timeout: float = TIMEOUT) -> None:
        self._target, self._allow_private, self._timeout = target, allow_private, timeout
        self._http: http.client.HTTPConnection | None = None
        self._guard = Guard()

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Send one request. What goes wrong on the way is an answer with code 0."""
        try:
            return self._post(body, headers)
        except Unreachable as error:
            return Answer(0, error.args[0])
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = self._guard.late
            self.close()
            return Answer(0, _late(self._timeout) if late else _told(error))

    def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        kept = self._http is not None
        deadline = time.monotonic() + self._timeout
        try:
            return self._once(body, headers, deadline)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not kept or self._guard.late:
                raise
            self.close()  # it was closed between two requests: that is no fault
            return self._once(body, headers, deadline)

    def _once(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        connection = self._http or self._open(deadline)
        self._guard.watch(connection.sock, deadline)
        connection.request("POST", self._target.path, body, headers)
        answer = connection.getresponse()
        text = answer.read(LARGEST)
        longer = len(text) == LARGEST and bool(answer.read(1))
        self._guard.rest()
        if self._guard.late:  # what was cut off reads like an end
            raise TimeoutError
        if longer or answer.will_close:
            self.close()
        retry_after = answer.headers.get("Retry-After", "")
        seconds = min(int(retry_after), 86_400) if retry_after.isascii() and retry_after.isdigit() else 0
        return Answer(answer.status, text[:KEPT].decode("utf-8", "replace"), seconds)

    def _open(self, deadline: float) -> http.client.HTTPConnection:
        target = self._target
        made = http.client.HTTPConnection(target.host, target.port, timeout=self._timeout)
        made.auto_open = 0  # it would look the name up once more
        made.sock = self._connect(resolve(target, self._allow_private), deadline)
        self._http = made
        return made

    def _connect(self, addresses: list[str], deadline: float) -> socket.socket:
        """A socket to the first address that answers; TLS is verified against the name, whatever the address."""
        last: OSError = OSError("no address")
        for address in addresses:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                plain = socket.create_connection((address, self._target.port), timeout=left)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._secured(plain, deadline)
            except OSError as error:
                last = error
        raise last

    def _secured(self, plain: socket.socket, deadline: float) -> socket.socket:
        if self._target.scheme == "http":
            return plain
        made = _tls().wrap_socket(plain, server_hostname=self._target.host, do_handshake_on_connect=False)
        try:
            self._guard.watch(made, deadline)
            made.do_handshake()
        except BaseException:
            made.close()
            raise
        return made

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        self._guard.end()
        self._guard = Guard()
        if self._http is not None:
            self._http.close()
            self._http = None


def _late(seconds: float) -> Sentence:
    return Sentence("no answer within {seconds} seconds", seconds=f"{seconds:g}")


def _told(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:KEPT]


class Guard:
    """Cuts a connection whose request takes too long: a timeout of the socket alone begins anew with every byte."""

    def __init__(self) -> None:
        self.late = False
        self._sock: socket.socket | None = None
        self._at = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, sock: socket.socket, deadline: float) -> None:
        """From now on until `rest`, the socket is shut down at `deadline` (monotonic seconds)."""
        self._at, self._sock = deadline, sock
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhook-guard", daemon=True)
            self._thread.start()

    def rest(self) -> None:
        """The request is over."""
        self._sock = None

    def end(self) -> None:
        """Nothing is to be watched any more."""
        self._sock = None
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            sock = self._sock
            if sock is not None and time.monotonic() > self._at:
                self.late = True
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                return

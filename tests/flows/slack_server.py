"""A Slack of our own on 127.0.0.1: its Web API, `response_url`s, WebSocket, and people who write commands and press buttons.

It speaks what slack_sdk and slack_bolt speak (https://docs.slack.dev/apis); MailHub finds it by SLACK_API_URL.
"""

import base64
import hashlib
import hmac
import itertools
import json
import struct
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BOT_TOKEN, SECRET, APP_TOKEN = "xoxb-test", "8f742231b10e8888abcd99yyyzzz85a5", "xapp-test"
Payload = dict[str, Any]


@dataclass
class Call:
    """One call of the Web API, or a post behind a `response_url` (method `respond`)."""

    method: str
    arguments: Payload
    token: str
    at: float = field(default_factory=time.monotonic)


@dataclass
class Failure:
    """What the next `times` calls of a method are answered: a status, a word, headers."""

    method: str
    status: int
    word: str
    times: int
    headers: dict[str, str]


class Slack:
    """The server. `calls` is everything it was asked, `messages` what stands in channels now: (channel, ts) → message."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.messages: dict[tuple[str, str], Payload] = {}
        self.failures: list[Failure] = []
        self.mailhub = ""
        """Where requests over HTTP go: MailHub's address without a path."""
        self.secret = SECRET
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._sockets: list[Socket] = []
        self._is_by_socket = False
        """An app in Socket Mode is never spoken to over HTTP, also while it holds no socket open."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """For SLACK_API_URL."""
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    def stop(self) -> None:
        """End, with all sockets."""
        for each in list(self._sockets):
            each.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    # what tests say

    def fail(self, method: str, status: int = 200, word: str = "", times: int = 1, **headers: str) -> None:
        """Let the next calls of a method fail."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.failures.append(Failure(method, status, word, times, named))

    def command(self, text: str, user: str = "U1", **changed: str) -> "Response":
        """Somebody writes `/mailhub text`."""
        form = {
            "command": "/mailhub", "text": text, "user_id": user, "user_name": f"name-of-{user}", "team_id": "T1",
            "channel_id": "C1", "trigger_id": self._next("trigger"), "response_url": self._response_url(), **changed,
        }  # fmt: skip
        return self._send("slash_commands", form, urllib.parse.urlencode(form), form["response_url"])

    def press(self, message: Payload, action: str, user: str = "U1", **changed: Any) -> "Response":
        """Somebody presses a button of a message. The message is a private one unless it has a `ts`."""
        pressed = button(message, action)
        private = "ts" not in message
        container = {
            "type": "message",
            "is_ephemeral": private,
            "channel_id": "C1",
            "message_ts": message.get("ts", "9.9"),
        }
        payload = {
            "type": "block_actions", "team": {"id": "T1"}, "user": {"id": user, "username": f"name-of-{user}"},
            "channel": {"id": message.get("channel", "C1")}, "container": container,
            "trigger_id": self._next("trigger"), "response_url": self._response_url(),
            "actions": [{"type": "button", "action_id": pressed["action_id"], "block_id": "b",
                         "value": pressed.get("value", ""), "action_ts": "1.1"}], **changed,
        }  # fmt: skip
        body = urllib.parse.urlencode({"payload": json.dumps(payload)})
        return self._send("interactive", payload, body, payload["response_url"])

    def event(self, kind: str) -> "Response":
        """Slack tells an event."""
        body = {
            "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": self._next("Ev"),
            "event": {"type": kind, "event_ts": "1.1"},
        }  # fmt: skip
        return self._send("events_api", body, json.dumps(body), "", "application/json")

    def asked(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [each for each in list(self.calls) if each.method == method]

    def posted(self, channel: str = "") -> list[Payload]:
        """The messages that stand in a channel (or anywhere) now, oldest first."""
        return [message for (there, _), message in list(self.messages.items()) if channel in ("", there)]

    @property
    def connected(self) -> bool:
        """Whether somebody holds a socket open."""
        return bool(self._sockets)

    def drop_sockets(self) -> None:
        """Break every socket, as a restart of Slack's would."""
        for each in list(self._sockets):
            each.close()

    # how it is done

    def _next(self, word: str) -> str:
        return f"{word}{next(self._numbers)}"

    def _response_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/respond/{self._next('r')}"

    def _send(self, kind: str, payload: Payload, body: str, response_url: str, content: str = "") -> "Response":
        begun = time.monotonic()
        if self._is_by_socket:
            status = 200 if self._say_by_socket(kind, payload) else 504
            return Response(self, status, "", response_url, time.monotonic() - begun)
        status, text = self.request(body, content=content or "application/x-www-form-urlencoded")
        return Response(self, status, text, response_url, time.monotonic() - begun)

    def _say_by_socket(self, kind: str, payload: Payload) -> bool:
        """Whether it was acknowledged in time. Slack sends a command or press once, and tells the person when it was not."""
        try:
            return bool(self._sockets) and self._sockets[-1].send(kind, payload, self._next("envelope"))
        except OSError:
            return False  # the other side is gone

    def request(self, body: str, at: int | None = None, signature: str = "", content: str = "") -> tuple[int, str]:
        """Send a signed request to MailHub; `at` is its time (seconds), `signature` replaces the right one."""
        stamp = str(int(time.time()) if at is None else at)
        right = "v0=" + hmac.new(self.secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content or "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature or right,
        }
        asked = urllib.request.Request(f"{self.mailhub}/slack/events", body.encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def respond(self, name: str, message: Payload) -> tuple[int, Payload, dict[str, str]]:
        """What a post behind a `response_url` brings."""
        with self._lock:
            self.calls.append(Call("respond", message, name))
            failure = self._failure("respond")
        return (failure.status, {"ok": False}, failure.headers) if failure else (200, {"ok": True}, {})

    def _failure(self, method: str) -> Failure | None:
        failure = next((each for each in self.failures if each.method == method and each.times), None)
        if failure:
            failure.times -= 1
        return failure

    def answer(self, method: str, arguments: Payload, token: str) -> tuple[int, Payload, dict[str, str]]:
        """What a call of the Web API brings."""
        with self._lock:
            self.calls.append(Call(method, arguments, token))
            if failure := self._failure(method):
                return failure.status, {"ok": False, "error": failure.word or "fatal_error"}, failure.headers
            if token not in (BOT_TOKEN, APP_TOKEN):
                return 200, {"ok": False, "error": "invalid_auth"}, {}
            return 200, {"ok": True, **self._do(method, arguments)}, {}

    def _do(self, method: str, arguments: Payload) -> Payload:
        if method == "auth.test":
            return {"team_id": "T1", "team": "Acme <Team>", "bot_id": "B1", "user_id": "UBOT", "user": "mailhub"}
        if method == "apps.connections.open":
            self._is_by_socket = True
            return {"url": f"ws://127.0.0.1:{self._server.server_port}/link"}
        if method == "chat.postMessage":
            ts = f"1700000000.{next(self._numbers):06d}"
            channel = "C" + str(arguments["channel"]).removeprefix("C")
            self.messages[channel, ts] = {**arguments, "channel": channel, "ts": ts, "edits": 0}
            return {"channel": channel, "ts": ts}
        if method == "chat.update":
            there = self.messages.get((arguments["channel"], arguments["ts"]))
            if there is None:
                return {"ok": False, "error": "message_not_found"}
            there.update(arguments, edits=there["edits"] + 1)
            return {"channel": arguments["channel"], "ts": arguments["ts"]}
        raise AssertionError(f"MailHub called {method}, which this Slack does not know")


@dataclass
class Response:
    """What became of a command or press: MailHub's acknowledgement, and later its answers behind the `response_url`."""

    slack: Slack
    status: int
    text: str
    url: str
    seconds: float

    @property
    def answers(self) -> list[Payload]:
        """The answers so far."""
        return [each.arguments for each in self.slack.asked("respond") if self.url.endswith(each.token)]

    def answer(self, seconds: float = 20) -> Payload:
        """The first answer, waited for."""
        wait(lambda: self.answers, seconds, "no answer came")
        return self.answers[0]


def wait(holds: Callable[[], object], seconds: float = 20, what: str = "") -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what or "it did not happen in time"
        time.sleep(0.01)


def buttons(message: Payload) -> Iterator[Payload]:
    """The buttons of a message."""
    for block in message.get("blocks", ()):
        for each in [*block.get("elements", ()), block.get("accessory") or {}]:
            if each.get("type") == "button":
                yield each


def button(message: Payload, action: str) -> Payload:
    """The first button with an action id."""
    found = [each for each in buttons(message) if each["action_id"] == action]
    assert found, f"no button {action}: {[each['action_id'] for each in buttons(message)]}"
    return found[0]


def words(message: Payload) -> str:
    """All that a message says, in one text."""
    return json.dumps([message.get("text"), message.get("blocks")], ensure_ascii=False)


class Socket:
    """One WebSocket (RFC 6455) from the server's side: text frames out, text frames and pings in."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self._acknowledged: set[str] = set()
        self._writing = threading.Lock()

    def run(self) -> None:
        """Shake hands, say hello, read until the other side ends."""
        key = self._handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self._handler.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self._frame(1, json.dumps({"type": "hello", "num_connections": 1}).encode())
        while (frame := self._read()) is not None:
            kind, content = frame
            if kind == 9:
                self._frame(10, content)
            elif kind == 8:
                return
            elif kind == 1:
                self._acknowledged.add(json.loads(content).get("envelope_id", ""))

    def send(self, kind: str, payload: Payload, envelope: str) -> bool:
        """Send an envelope; True when it was acknowledged within Slack's three seconds."""
        told = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        self._frame(1, json.dumps(told).encode())
        deadline = time.monotonic() + 3
        while envelope not in self._acknowledged and time.monotonic() < deadline:
            time.sleep(0.005)
        return envelope in self._acknowledged

    def close(self) -> None:
        """Break the connection."""
        self._handler.connection.shutdown(2)

    def _frame(self, kind: int, content: bytes) -> None:
        size = len(content)
        head = bytes([0x80 | kind]) + (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size))
        with self._writing:
            self._handler.wfile.write(head + content)
            self._handler.wfile.flush()

    def _read(self) -> tuple[int, bytes] | None:
        head = self._handler.rfile.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack(">H", self._handler.rfile.read(2))[0]
        mask = self._handler.rfile.read(4)
        masked = self._handler.rfile.read(size)
        return head[0] & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))


def _handler(slack: Slack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            socket = Socket(self)
            slack._sockets.append(socket)
            try:
                socket.run()
            except OSError:
                pass  # the other side is gone
            finally:
                slack._sockets.remove(socket)
                self.close_connection = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            place, _, name = self.path.strip("/").partition("/")
            is_json = "json" in self.headers.get("Content-Type", "")
            given = json.loads(raw or "{}") if is_json else dict(urllib.parse.parse_qsl(raw))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if place == "api":
                self._say(*slack.answer(name, given, token))
            else:
                self._say(*slack.respond(name, given))

        def _say(self, status: int, answer: Payload, headers: dict[str, str]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            for each, value in {
                **headers,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(each, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests look at `calls`."""

    return Handler

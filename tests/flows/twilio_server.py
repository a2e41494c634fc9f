"""Twilio, as far as MailHub speaks with it: messages and accounts over its REST API, receipts and incoming SMS with its signature.

It listens on 127.0.0.1, checks the credentials, and can be told to be ill.
"""

import base64
import json
import secrets
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN, NUMBER = "AC" + "0a" * 16, "the token that signs", "+33757000001"


class TwilioServer:
    """`with TwilioServer() as twilio:`; its address is `url`, what it took is in `messages`.

    ill: "" (well), "down" (503), "hung" (no answer for `hang` seconds, after taking the message), "lost" (takes it and
    hangs up), "busy" (429), or a number of Twilio's errors (400 with that code).
    """

    def __init__(self, hang: float = 1.0) -> None:
        self.messages: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.ill = ""
        self.hang = hang
        twilio = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_GET(self) -> None:
                twilio._get(self)

            def do_POST(self) -> None:
                twilio._post(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Wait until so many messages were taken. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while len(self.messages) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"Twilio took {len(self.messages)} of {count} messages within {seconds:g} s")
            time.sleep(0.02)
        return list(self.messages)

    def text(self, incoming_url: str, number: str, body: str, sid: str = "", **more: str) -> int:
        """Somebody sends an SMS: call the webhook as Twilio does. Returns the status of its answer."""
        return self.call(incoming_url, incoming(number, body, sid, **more))

    def receipt(self, message: dict[str, Any], status: str, code: str = "") -> int:
        """Tell what became of a message, at the address it came with."""
        return self.call(message["status_callback"], receipt(message["sid"], status, code))

    def call(self, url: str, form: dict[str, str], token: str = TOKEN) -> int:
        """POST a form with a signature made with a token."""
        request = urllib.request.Request(
            url, urllib.parse.urlencode(form).encode(), {"X-Twilio-Signature": sign(url, form, token)}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        self.asked.append(f"GET {path}")
        if not self._welcome(handler):
            return
        if path == f"/2010-04-01/Accounts/{ACCOUNT}.json":
            _answer(handler, 200, {"sid": ACCOUNT, "friendly_name": "Acme at Twilio", "status": "active"})
        elif path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            to = dict(urllib.parse.parse_qsl(query)).get("To", "")
            found = [each for each in reversed(self.messages) if not to or each["to"] == to]
            _answer(handler, 200, {"messages": found, "page": 0, "page_size": 50, "next_page_uri": None})
        else:
            _answer(handler, 404, {"code": 20404, "message": "not found", "status": 404})

    def _post(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(f"POST {handler.path}")
        octets = handler.rfile.read(int(handler.headers["Content-Length"]))
        form = dict(urllib.parse.parse_qsl(octets.decode()))
        if not self._welcome(handler):
            return
        if self.ill.isdigit():
            _answer(handler, 400, {"code": int(self.ill), "message": f"error {self.ill}", "status": 400})
            return
        message = self._take(form)
        if self.ill == "lost":
            handler.close_connection = True
            handler.connection.close()
            return
        if self.ill == "hung":
            time.sleep(self.hang)
        _answer(handler, 201, message)

    def _welcome(self, handler: BaseHTTPRequestHandler) -> bool:
        given = handler.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != f"{ACCOUNT}:{TOKEN}":
            _answer(handler, 401, {"code": 20003, "message": "Authenticate", "status": 401})
        elif self.ill == "down":
            _answer(handler, 503, {"code": 20503, "message": "Service unavailable", "status": 503})
        elif self.ill == "busy":
            _answer(handler, 429, {"code": 20429, "message": "Too many requests", "status": 429})
        else:
            return True
        return False

    def _take(self, form: dict[str, str]) -> dict[str, Any]:
        message = {
            "sid": "SM" + secrets.token_hex(16),
            "account_sid": ACCOUNT,
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "status": "queued",
            "status_callback": form.get("StatusCallback"),
            "date_created": format_datetime(datetime.now(UTC)),
            "num_segments": "1",
            "direction": "outbound-api",
            "uri": "/2010-04-01/…",
        }
        self.messages.append(message)
        return message


def incoming(number: str, body: str, sid: str = "", **more: str) -> dict[str, str]:
    """The form of an SMS from somebody."""
    sid = sid or "SM" + secrets.token_hex(16)
    return {"MessageSid": sid, "AccountSid": ACCOUNT, "From": number, "To": NUMBER, "Body": body, **more}


def receipt(sid: str, status: str, code: str = "") -> dict[str, str]:
    """The form of a receipt."""
    form = {"MessageSid": sid, "AccountSid": ACCOUNT, "MessageStatus": status}
    return {**form, "ErrorCode": code} if code else form


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """The value of X-Twilio-Signature."""
    return str(RequestValidator(token).compute_signature(url, form))


def _answer(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    octets = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(octets)))
    handler.end_headers()
    handler.wfile.write(octets)

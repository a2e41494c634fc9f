"""A whole MailHub with its doors open: a team of four, Slack, Twilio, phones, the API, a webhook receiver and a sink.

Everything is spoken to by its protocol on 127.0.0.1; `Doors.hold` proves that a pause took hold.
"""

import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from mailhub.activity import Activity, first_broken
from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.sink import Sink
from tests.flows.server import Server, wait_until
from tests.flows.slack_server import BOT_TOKEN, SECRET, Slack, button
from tests.flows.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer

PASSWORD = "correct horse battery"
TEAM = {"Ada": "owner", "Ben": "marketer", "Cleo": "marketer", "Dan": "marketer"}
PHONE = "+33612345678"
DOCUMENTED = Path(__file__).parents[2] / "docs" / "webhooks.md"


class Arrivals(Sink):
    """A sink that notes when each mail of a campaign came and to whom; alerts to the team are not counted."""

    def __init__(self) -> None:
        super().__init__(keep=False)
        self.mails: list[tuple[float, str]] = []

    def take(self, envelope_from: str, recipient: str, content: bytes, connection: int) -> None:
        if recipient.startswith("person"):
            self.mails.append((time.time(), recipient))

    def wait_more(self, count: int, seconds: float = 60) -> None:
        """Wait until so many more have come."""
        wanted = len(self.mails) + count
        wait_until(lambda: len(self.mails) >= wanted, seconds, f"{count} more mails")


class Receiver:
    """`with Receiver() as receiver:` takes webhooks; a request that the documented check does not pass is `forged`."""

    def __init__(self) -> None:
        self.secret, self.events, self.forged = "", list[dict[str, Any]](), 0
        known: dict[str, Any] = {}
        exec(DOCUMENTED.read_text("utf-8").split("```python\n")[1].split("```")[0], known)
        receiver, is_genuine = self, known["is_genuine"]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if is_genuine(receiver.secret, headers, body):
                    receiver.events += json.loads(body)["data"]
                else:
                    receiver.forged += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def first_seen(self) -> list[dict[str, Any]]:
        """The events in the order they came, each once: at least once is what is promised."""
        return list({each["id"]: each for each in reversed(self.events)}.values())[::-1]


def ask(url: str, method: str = "GET", token: str = "", given: Any = None) -> tuple[int, Any]:
    """One JSON request: status and answer, also of an error."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = None if given is None else json.dumps(given).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class Doors:
    """The doors of one server. Each method is what a person or program does at one of them."""

    def __init__(self, server: Server, sink: Arrivals, slack: Slack, twilio: TwilioServer) -> None:
        self.server, self.sink, self.slack, self.twilio = server, sink, slack, twilio
        slack.mailhub = server.url

    def open_account(self) -> None:
        """The operator's account with its team and a domain."""
        assert self.server.say("account", "create", "--name", "Acme").returncode == 0
        for name, role in TEAM.items():
            self.server.do(
                "users.create", f"name={name}", f"email={mail_of(name)}", f"password={PASSWORD}", f"role={role}"
            )
        assert self.server.say("domain", "add", "--name", "news.example.com").returncode == 0

    def connect_slack(self, name: str) -> None:
        """Connect the workspace with a channel for cards, and link U1 to a user."""
        self.server.do("slack_workspaces.connect", f"bot_token={BOT_TOKEN}", f"signing_secret={SECRET}")
        self.server.do("slack_channels.choose", "channel=news")
        token = button(self.slack.command("status").answer(), "open")["url"].rpartition("/")[2]
        self.server.do("slack_links.create", f"token={token}", "--as", mail_of(name))

    def confirm_phone(self, name: str) -> None:
        """Set Twilio up and confirm a user's phone by the code in its SMS."""
        self.server.do(
            "sms.configure", f"account_sid={ACCOUNT}", f"auth_token={TOKEN}", f"sender={NUMBER}",
            f"api_url={self.twilio.url}",
        )  # fmt: skip
        self.server.do("phones.request", f"phone={PHONE}", "--as", mail_of(name))
        code = self.twilio.wait_for(1)[0]["body"][:6]
        assert self.server.do("phones.confirm", f"code={code}", "--as", mail_of(name))["confirmed"]

    def text(self, words: str) -> None:
        """An SMS from the confirmed phone."""
        assert self.twilio.text(f"{self.server.url}/sms/twilio/incoming", PHONE, words) == 200

    def pair(self, name: str, kind: str, privilege: str) -> str:
        """A connector for a user, signed in on a device; its access token."""
        self.server.do("connectors.add", f"user={mail_of(name)}", f"kind={kind}", f"privilege={privilege}")
        given = {"email": mail_of(name), "password": PASSWORD, "kind": kind}
        status, answer = ask(f"{self.server.url}/mobile/v1/sign-in", "POST", given=given)
        assert status == 200, answer
        return str(answer["access_token"])

    def phone(self, token: str, path: str, method: str = "POST") -> tuple[int, Any]:
        """A request of a phone."""
        return ask(f"{self.server.url}/mobile/v1{path}", method, token)

    def hold(self, press: Callable[[], object]) -> float:
        """Press Pause while mail leaves; nothing may come later than two seconds after. Seconds until the last mail."""
        came = [at for at, _ in self.sink.mails]
        pressed = time.time()
        assert came[-1] > pressed - 1, "mail leaves before the press"
        press()
        time.sleep(max(0.0, pressed + 4 - time.time()))
        last = max(at for at, _ in self.sink.mails)
        assert last < pressed + 2, f"a mail came {last - pressed:.2f} s after the press"
        return last - pressed


class Visitor:
    """A browser's cookies and forms: signs in, then posts what buttons post."""

    def __init__(self, server: Server, name: str) -> None:
        self._url = server.url
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        self.post("/sign-in", "/sign-in", email=mail_of(name), password=PASSWORD)

    def post(self, page: str, path: str, **form: str) -> str:
        """Open a page and send one of its forms; the page that comes then."""
        with self._browser.open(self._url + page, timeout=20) as answer:
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
        assert token, f"{page} has no form"
        body = urllib.parse.urlencode({"csrf_token": token[1], **form}).encode()
        with self._browser.open(self._url + path, body, timeout=20) as answer:
            return str(answer.read().decode())


def mail_of(name: str) -> str:
    """A team member's address."""
    return f"{name.lower()}@example.com"


@contextmanager
def reading(server: Server) -> Iterator[None]:
    """The server's database, to look into."""
    open_database(load(None, server.environment))
    try:
        yield
    finally:
        close_database()


def log_of(server: Server, area: str) -> list[tuple[str, str, str]]:
    """Door, name and action of what the account's whole activity log says about an area, oldest first."""
    with reading(server):
        assert first_broken(1) is None
        rows = Activity.of(1).where(Activity.action.startswith(f"{area}.")).order_by(Activity.sequence)
        return [(each.door, each.personal["who"], each.action) for each in rows]

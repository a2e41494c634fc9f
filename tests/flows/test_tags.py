"""A program tags its mail and has it followed: opens and clicks of each recipient are counted under the tag, through every door."""

import json
import re
import smtplib
import urllib.error
import urllib.request
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import open_account


def _order() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "ada@news.example.com", "bob@example.net", "Your order"
    mail["X-MailHub-Tag"], mail["X-MailHub-Track"] = "orders", "opens, clicks"
    mail.set_content("Your order: https://shop.example.com/7\n")
    mail.add_alternative("<p>Your <a href='https://shop.example.com/7'>order</a></p>", subtype="html")
    return mail.as_bytes()


def _ask(server: Server, path: str, token: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"{server.url}/api/v1{path}", data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def _followed(content: bytes) -> tuple[str, str]:
    """The address of the link and of the pixel in a mail."""
    html = str(message_from_bytes(content, policy=default).get_body(("html",)).get_content())  # type: ignore[union-attr]
    link, pixel = re.search(r'href="([^"]+)"', html), re.search(r'src="([^"]+)"', html)
    assert link is not None
    assert pixel is not None
    return link[1], pixel[1]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _visit(url: str) -> str:
    try:
        with urllib.request.build_opener(_Stay).open(url, timeout=20) as answer:
            return str(answer.headers["Content-Type"])
    except urllib.error.HTTPError as moved:
        return str(moved.headers["Location"])


def test_a_tagged_mail_is_followed_from_the_program_to_the_numbers(start: Start) -> None:
    with Sink() as sink:
        server = start(sink)
        open_account(server)
        made = server.do("smtp_credentials.create", "name=shop")
        token = server.do("api_keys.create", "name=Shop", "--account", "1", "--as", "ada@example.com")["token"]
        with smtplib.SMTP("127.0.0.1", server.submission, timeout=20) as program:
            program.login(made["login"], made["password"])
            program.sendmail("ada@news.example.com", ["bob@example.net", "eve@example.net"], _order())
        given = {
            "from": "ada@news.example.com", "to": "cy@example.net", "subject": "Order", "tag": "orders",
            "html": "<a href='https://shop.example.com/8'>order</a>", "track_clicks": True,
        }  # fmt: skip
        number = _ask(server, "/messages", token, given)["id"]
        sink.wait_for(3, 60)
        mails = {each.recipient: each for each in sink.received}
        assert all(b"X-MailHub" not in each.content for each in mails.values())
        assert mails["bob@example.net"].envelope_from == "ada@news.example.com"
        assert mails["cy@example.net"].envelope_from.startswith("bounce+"), "what bounces comes back to us"
        bob, eve = _followed(mails["bob@example.net"].content), _followed(mails["eve@example.net"].content)
        assert bob[0] != eve[0]
        open_database(load(None, server.environment))
        try:
            for each in mails.values():
                verdicts = verify(each.content, public_record)
                assert [verdict.passed for verdict in verdicts] == [True, True]
        finally:
            close_database()
        assert _visit(bob[0]) == "https://shop.example.com/7"
        assert _visit(bob[1]).startswith("image/")
        assert _visit(eve[1]).startswith("image/")
        wanted = {"tag": "orders", "sent": 3, "delivered": 3, "bounced": 0, "opened": 2, "clicked": 1}
        wait_until(lambda: _counts(server, token, wanted) == wanted, 30, "the counts of the tag")
        listed = _ask(server, "/messages?tag=orders", token)["messages"]
        assert {each["to"] for each in listed} == set(mails)
        assert number in {each["id"] for each in listed}
        assert _ask(server, f"/messages/{number}", token)["tag"] == "orders"


def _counts(server: Server, token: str, names: Any) -> Any:
    told = _ask(server, "/tags", token)["tags"]
    return {name: told[0][name] for name in names} if told else {}

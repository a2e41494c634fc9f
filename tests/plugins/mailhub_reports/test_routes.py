"""The pages: empty with what to do first, filled, in French, and nothing of another account."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailhub.accounts import User
from mailhub.web import create_app
from mailhub_reports.models import File
from mailhub_reports.proving import Proof
from tests.mailhub.domains.zones import configure
from tests.mailhub.reports.samples import DETAIL, FAILURE, METADATA, aggregate, policy, record, tls

from .conftest import World
from .filling import bring


class Browser:
    """Signed in as an actor; fills in the hidden token of forms."""

    def __init__(self, client: FlaskClient, email: str) -> None:
        self.client, self.token = client, ""
        self.get("/sign-in")
        self.post("/sign-in", email=email, password="a long password")
        self.get("/")

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(
            path, data={"csrf_token": self.token, **fields}, content_type="multipart/form-data", follow_redirects=True
        )


@pytest.fixture
def browsers(sqlite_world: World) -> dict[str, Browser]:
    configure(sqlite_world.hub, "smtp", hostname="mail.hub.example")
    app = create_app(sqlite_world.hub)
    actors = {"acme": sqlite_world.acme, "other": sqlite_world.other, "operator": sqlite_world.operator}
    return {
        name: Browser(app.test_client(), User.get_by_id(actor.user_id).email) for name, actor in actors.items()
    }  # fmt: skip


def test_without_reports_it_says_what_to_publish(sqlite_world: World, browsers: dict[str, Browser]) -> None:
    page = browsers["acme"].get("/reports").text
    assert "No report yet" in page
    assert "v=DMARC1; p=none; rua=mailto:dmarc@bounce.acme.example" in page
    assert "_report._dmarc" not in page
    configure(sqlite_world.hub, "delivery", return_path_domain="bounce.hub.example")
    assert "acme.example._report._dmarc.bounce.hub.example" in browsers["acme"].get("/reports").text
    assert "No mail reported" in browsers["acme"].get("/reports/domains/acme.example").text
    assert (
        "v=TLSRPTv1; rua=mailto:tls-reports@bounce.hub.example"
        in browsers["acme"].get("/reports/domains/acme.example/tls").text
    )
    assert "ruf=mailto:dmarc@bounce.hub.example" in browsers["acme"].get("/reports/domains/acme.example/failures").text
    configure(sqlite_world.hub, "smtp", hostname="")
    configure(sqlite_world.hub, "delivery", return_path_domain="")
    assert "no public name yet" in browsers["acme"].get("/reports").text
    assert "no public name yet" in browsers["acme"].get("/reports/domains/acme.example/tls").text
    assert "Few receivers send these." in browsers["acme"].get("/reports/domains/acme.example/failures").text


def test_a_report_given_by_hand_shows_up(browsers: dict[str, Browser]) -> None:
    browser = browsers["acme"]
    browser.get("/reports")
    page = browser.post(
        "/reports/upload", file=(BytesIO(aggregate(record(), record("192.0.2.2", 1, "fail"))), "r.xml")
    ).text
    assert "it tells of 4 mails or sessions" in page
    assert "acme.example" in page
    assert "75%" in page
    again = browser.post("/reports/upload", file=(BytesIO(aggregate(record())), "r.xml")).text
    assert "was here already" in again
    shown = browser.get("/reports/domains/acme.example?days=7").text
    assert "192.0.2.1" in shown
    assert "use a return path under acme.example" in shown
    assert "75% of 4 mails pass DMARC" in shown


def test_what_cannot_be_read_is_said_at_the_field(browsers: dict[str, Browser]) -> None:
    browser = browsers["other"]
    browser.get("/reports")
    for file, said in (
        ((BytesIO(b"<html></html>"), "r.xml"), "that begins with &lt;feedback&gt;"),
        ((BytesIO(aggregate(record())), "r.xml"), "The report is about acme.example"),
        ((BytesIO(b""), "r.xml"), "The file is empty"),
    ):
        answer = browser.post("/reports/upload", file=file)
        assert answer.status_code == 422
        assert said in answer.text
    nothing = browser.post("/reports/upload")
    assert (nothing.status_code, "choose one" in nothing.text) == (422, True)


def test_pages_of_tls_and_failures(sqlite_world: World, browsers: dict[str, Browser]) -> None:
    bring(sqlite_world, tls(policy("acme.example", 40, 2, DETAIL)), FAILURE)
    browser = browsers["acme"]
    page = browser.get("/reports/domains/acme.example/tls").text
    assert "of 42 sessions went well" in page
    assert "has expired: renew it" in page
    failures = browser.get("/reports/domains/acme.example/failures").text
    assert "Dépêche" in failures
    assert "someone@elsewhere.example" in failures
    bring(sqlite_world, tls(policy("acme.example", 1, 0), **{"report-id": "x"}))
    sqlite_world.clock.move(20 * 86_400)
    assert "No TLS report" in browser.get("/reports/domains/acme.example/tls?days=7").text


def test_what_is_not_proved_is_shown_apart(sqlite_world: World, browsers: dict[str, Browser]) -> None:
    forged = aggregate(record(count=10**9), metadata=METADATA.replace("Receiver Ltd", "google.com"))
    bring(sqlite_world, forged, tls(policy()), proof=Proof("pass", "bank.example"))
    browser = browsers["acme"]
    assert "1 report is not counted: it is not proved to be from who it says." in browser.get("/reports").text
    page = browser.get("/reports/domains/acme.example").text
    assert "No mail reported" in page
    assert "Not proved to be from google.com: the mail is from bank.example." in page
    assert "Not proved to be from" not in browser.get("/reports/domains/acme.example/tls").text
    User.update(language="fr").execute()
    assert "Rien ne prouve qu’il vienne de google.com" in browser.get("/reports/domains/acme.example").text
    assert "1 rapport n’est pas compté" in browser.get("/reports").text


def test_many_sources_come_in_pages(sqlite_world: World, browsers: dict[str, Browser]) -> None:
    bring(sqlite_world, aggregate(*(record(f"192.0.2.{number}", 200 - number) for number in range(60))))
    browser = browsers["acme"]
    first = browser.get("/reports/domains/acme.example").text
    assert "192.0.2.49\n" in first
    assert "192.0.2.50\n" not in first
    assert "offset=50" in first
    second = browser.get("/reports/domains/acme.example?offset=50").text
    assert "192.0.2.59\n" in second
    assert "192.0.2.49\n" not in second


def test_nothing_of_another_account_is_seen(sqlite_world: World, browsers: dict[str, Browser]) -> None:
    bring(sqlite_world, aggregate(record()))
    other = browsers["other"]
    assert "acme.example" not in other.get("/reports").text
    for path in ("", "/tls", "/failures"):
        assert other.get(f"/reports/domains/acme.example{path}").status_code == 404


def test_a_large_report_that_failed_is_told_to_whom_it_concerns(
    sqlite_world: World, browsers: dict[str, Browser]
) -> None:
    by_mail = File.create(content=b"", received_at=sqlite_world.hub.ms(), error="Its XML is broken.")
    by_hand = File.create(
        account_id=sqlite_world.acme.account_id, content=b"", received_at=sqlite_world.hub.ms(), error="Cut off."
    )
    seen = {name: browser.get("/reports").text for name, browser in browsers.items()}
    assert [by_mail.error in seen[name] for name in ("operator", "acme", "other")] == [True, False, False]
    assert [by_hand.error in seen[name] for name in ("operator", "acme", "other")] == [False, True, False]


def test_how_long_they_are_kept(browsers: dict[str, Browser]) -> None:
    browser = browsers["acme"]
    assert 'value="400"' in browser.get("/reports").text
    assert "Reports are kept for 90 days" in browser.post("/reports/keep", days="90").text
    wrong = browser.post("/reports/keep", days="3")
    assert wrong.status_code == 422
    assert "from 30 to 3,650" in wrong.text


def test_in_french(sqlite_world: World, browsers: dict[str, Browser]) -> None:
    bring(sqlite_world, aggregate(record()))
    browser = browsers["acme"]
    User.update(language="fr").execute()
    browser.client.post("/language/fr", data={"csrf_token": browser.token, "next": "/reports"})
    assert "Restez à p=none" in browser.get("/reports").text
    assert "utilisez une adresse de retour sous acme.example" in browser.get("/reports/domains/acme.example").text

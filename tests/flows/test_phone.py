"""A phone in a real browser: paired by the QR code's address, it sees a campaign, pauses it, and stops when it is revoked."""

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.server import Server
from tests.flows.story import import_contacts, start_campaign, stats

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
)  # fmt: skip
PASSWORD = "correct horse battery"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


def _open(server: Server) -> None:
    assert server.say("account", "create", "--name", "Acme").returncode == 0
    made = server.say(
        "user", "create", "--name", "Ada", "--email", "ada@example.com", "--password", PASSWORD, "--role", "owner"
    )
    assert made.returncode == 0, made.stderr
    assert server.say("domain", "add", "--name", "news.example.com").returncode == 0
    server.do("connectors.switch", "on=true")


def _give(server: Server, privilege: str, kind: str = "iphone") -> int:
    made = server.do("connectors.add", "user=ada@example.com", f"kind={kind}", f"privilege={privilege}")
    return int(made["number"])


class Phone:
    """A phone without a browser: `ask("POST", "/campaigns/1/pause")` gives (status, JSON)."""

    def __init__(self, server: Server, kind: str) -> None:
        self.url, self.token = f"{server.url}/mobile/v1", ""
        status, body = self.ask("POST", "/sign-in", {"email": "ada@example.com", "password": PASSWORD, "kind": kind})
        assert status == 200, body
        self.token = body["access_token"]

    def ask(self, method: str, path: str, given: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        body = json.dumps(given).encode() if given is not None else None
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.mark.alone
def test_a_read_phone_looks_a_write_phone_stops_a_campaign_at_full_speed(start: Start) -> None:
    with Sink() as sink:
        server = start(sink, MAILHUB_ENGINE__WORKERS="1")
        _open(server)
        import_contacts(server, 20_000)
        _give(server, "read", "ipad")
        _give(server, "write", "android")
        reader, writer = Phone(server, "ipad"), Phone(server, "android")
        number = start_campaign(server)
        assert sink.wait_for(500, 30)
        status, paused = writer.ask("POST", f"/campaigns/{number}/pause")
        assert (status, paused["state"]) == (200, "paused")
        time.sleep(2)
        left = sink.count
        time.sleep(2)
        assert sink.count == left < 20_000, "two seconds after the pause nothing more leaves"
        assert reader.ask("GET", f"/campaigns/{number}")[1]["sentence"] == "Paused by Ada from the phone."
        status, refused = reader.ask("POST", f"/campaigns/{number}/resume")
        assert status == 403
        assert "may look and change nothing" in refused["detail"]
        assert sink.count == left
        assert writer.ask("POST", f"/campaigns/{number}/resume")[1]["state"] == "sending"
        assert sink.wait_for(left + 100, 30)


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium")
def test_a_phone_is_paired_by_its_qr_code_pauses_a_campaign_and_is_revoked(tmp_path: Path, browser: Any) -> None:
    with Server(tmp_path / "server", MAILHUB_ENGINE__WORKERS="1") as server:
        _open(server)
        import_contacts(server, 3000)
        number = start_campaign(server, rate="1200")
        desk = _desk(server, browser)
        phone, complaints = _phone(browser)
        _pair(server, desk, phone)
        phone.get_by_role("link", name="Spring").first.click()
        phone.get_by_role("button", name="Pause").click()
        sheet = phone.get_by_role("dialog")
        assert "stops within two seconds" in sheet.inner_text()
        sheet.get_by_role("button", name="Pause").click()
        phone.get_by_text("Paused by Ada from the phone.").wait_for()
        assert stats(server, number)["state"] == "paused"
        _without_a_network(phone)
        _may_only_look(server, phone)
        assert not complaints, complaints
        desk.goto(f"{server.url}/settings/phones")
        desk.get_by_role("button", name="Revoke").click()
        desk.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        desk.get_by_text("The connector is revoked").wait_for()
        phone.reload()
        phone.get_by_text("The access of this phone was revoked").wait_for()
        assert phone.evaluate("Object.keys(localStorage).filter(name => name.includes('seen')).length") == 0


def _desk(server: Server, browser: Any) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Dashboard").wait_for()
    return page


def _phone(browser: Any) -> tuple[Any, list[str]]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=IPHONE, locale="en-GB"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    return page, complaints


def _pair(server: Server, desk: Any, phone: Any) -> None:
    desk.goto(f"{server.url}/settings/phones/new")
    desk.get_by_label("Read and write").check()
    desk.get_by_role("button", name="Add the connector").click()
    desk.get_by_role("button", name="Show the code").click()
    code = desk.locator(".font-monospace").inner_text()
    phone.goto(f"{server.url}/m#pair={code}")
    phone.get_by_role("heading", name="Running now").wait_for()
    assert code not in phone.url
    desk.get_by_text("The device is paired").wait_for()
    cookies = {each["name"]: each for each in phone.context.cookies(f"{server.url}/mobile/v1/refresh")}
    assert cookies["mailhub_phone"]["httpOnly"]
    assert cookies["mailhub_phone"]["sameSite"] == "Strict"
    stranger = phone.context.browser.new_context(user_agent=IPHONE, locale="en-GB").new_page()
    stranger.goto(f"{server.url}/m#pair={code}")
    stranger.get_by_text("was used already").wait_for()
    stranger.context.close()


def _without_a_network(phone: Any) -> None:
    """The shell and what was seen come up from the phone itself, marked as old."""
    phone.wait_for_function("navigator.serviceWorker.controller !== null")
    phone.context.set_offline(True)
    phone.reload()
    phone.get_by_text("No connection: this is what was seen").wait_for()
    phone.get_by_text("Paused by Ada from the phone.").wait_for()
    phone.context.set_offline(False)


def _may_only_look(server: Server, phone: Any) -> None:
    """The privilege is taken down meanwhile: the buttons go, and a sentence says why."""
    assert server.do("connectors.change", "number=1", "privilege=read")["privilege"] == "read"
    phone.reload()
    phone.get_by_text("This phone may look only.").wait_for()
    assert phone.get_by_role("button", name="Resume").count() == 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

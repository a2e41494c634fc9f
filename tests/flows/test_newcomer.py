"""The newcomer's path in a real browser: first visit, contacts, a campaign, its arrival, statistics, a pause."""

import shutil
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.server import Server, wait_until
from tests.flows.story import write_contacts

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
)  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium"),
]


@pytest.fixture
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Paris"
        )
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        yield opened
        browser.close()


def test_from_the_first_visit_to_a_paused_campaign(tmp_path: Path, page: Any) -> None:
    with Server(tmp_path / "server", MAILHUB_ENGINE__WORKERS="1") as server:
        complaints: list[str] = []
        _set_up(server, page)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        _import(server, page)
        _write_and_send(page)
        _look_at_the_sandbox(page)
        _pause_a_slow_one(page)
        assert not complaints, complaints


def _set_up(server: Server, page: Any) -> None:
    page.goto(server.url)
    assert page.get_by_label("Name of the account").count() == 0, "without the console's address nobody sets it up"
    page.goto(wait_until(lambda: _first_visit(server), 10, "the first visit's address"))
    assert page.get_by_label("Time zone").input_value() == "Europe/Paris", "the browser's zone is chosen already"
    page.get_by_label("Name of the account").fill("Acme")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Set MailHub up").click()
    page.get_by_role("heading", name="Dashboard").wait_for()


def _first_visit(server: Server) -> str:
    lines = [line.strip() for line in server.log.read_text("utf-8").splitlines() if "/welcome?token=" in line]
    return lines[0] if lines else ""


def _import(server: Server, page: Any) -> None:
    page.goto(f"{server.url}/contacts")
    page.goto(f"{server.url}/imports")
    page.get_by_label("File").set_input_files(write_contacts(server.folder / "people.csv", 500))
    page.get_by_role("button", name="Analyse").click()
    page.get_by_label("New list").fill("Readers")
    page.get_by_role("button", name="Import 500 contacts").click()
    page.get_by_text("The import is done.").wait_for()


def _write_and_send(page: Any) -> None:
    _write(page, "Spring news")
    page.get_by_role("button", name="Send to 500 people").click()
    page.get_by_role("dialog").get_by_role("button", name="Send to 500 people").click()
    page.get_by_text("finished", exact=True).first.wait_for(timeout=40_000)
    wait_until(lambda: "500" in page.get_by_text("Delivered").first.locator("..").inner_text(), 15, "the counts")
    page.get_by_role("link", name="Recipients").click()
    page.get_by_text("kept in the sandbox").first.wait_for()


def _write(page: Any, name: str) -> None:
    page.goto(urllib.parse.urljoin(page.url, "/campaigns/new"))
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create and write it").click()
    page.get_by_label("Sender's address").fill("info@news.example.com")
    page.get_by_role("checkbox", name="Readers").first.check()
    page.get_by_label("Subject").first.fill("Hello {{ display }}")
    page.get_by_label("Body").first.fill(
        "# Dear {{ display | default('reader') }}\n\nRead [this](https://example.com/this)."
    )
    page.get_by_role("button", name="Save and validate").click()
    page.get_by_text("validated", exact=True).first.wait_for()


def _look_at_the_sandbox(page: Any) -> None:
    page.goto(urllib.parse.urljoin(page.url, "/sandbox"))
    page.get_by_label("Recipient").fill("person7@example.com")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Hello Élodie 7", exact=True).click()
    mail = page.frame_locator("iframe")
    mail.get_by_role("heading", name="Dear Élodie 7").wait_for()
    with page.context.expect_page() as opened:
        mail.get_by_role("link", name="this").click()
    opened.value.close()


def _pause_a_slow_one(page: Any) -> None:
    page.goto(urllib.parse.urljoin(page.url, "/campaigns/new"))
    _write(page, "Slow news")
    page.get_by_role("button", name="Back to draft").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_text("Exclusions, answers, speed, counting").click()
    page.get_by_label("Messages a minute at most").fill("60")
    page.get_by_role("button", name="Save and validate").click()
    page.get_by_role("button", name="Send to 500 people").click()
    page.get_by_role("dialog").get_by_role("button", name="Send to 500 people").click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("Paused by Ada Lovelace on the web.").wait_for()
    page.get_by_role("button", name="Resume").wait_for()

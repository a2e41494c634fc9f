"""The server's state, and `/healthz`."""

from mailhub import db
from mailhub.hub import Hub
from mailhub.ids import Node
from mailhub.jobs.rows import FAILED, Job
from tests.mailhub.domains.zones import configure

from . import seed
from .conftest import Browser


def test_the_page_says_what_runs_and_what_waits(owner: Browser, hub: Hub) -> None:
    seed.waiting(hub, seed.source(hub))
    Job.create(
        account=1, kind="contacts.import", state=FAILED, error="The file is gone.", due_at=0, created_at=0, updated_at=0
    )
    text = owner.get("/server").text
    for words in ("SQLite", "Sandbox: mail is kept here", "Spring", "Acme", "The file is gone."):
        assert words in text


def test_it_asks_for_itself_again(owner: Browser) -> None:
    assert 'hx-get="/server" hx-trigger="every 5s"' in owner.get("/server").text


def test_the_records_that_return_paths_need_are_there_to_copy(owner: Browser, hub: Hub) -> None:
    assert "Records of this server in DNS" not in owner.get("/server").text  # it has no public name
    configure(hub, "smtp", hostname="mail.hub.example")
    text = owner.get("/server").text
    assert "Records of this server in DNS" in text
    assert 'data-copy="v=spf1 a:mail.hub.example ~all"' in text


def test_only_living_nodes_are_counted(owner: Browser, hub: Hub) -> None:
    own = hub.node.number
    Node.create(number=700, machine=hub.node.machine, leased_until=hub.ms() + 1000)
    Node.create(number=800, machine="elsewhere", leased_until=hub.ms() + 1000)
    Node.create(number=900, machine="elsewhere", leased_until=hub.ms() - 1000)
    text = owner.get("/server").text
    assert "800 (other machine)" in text
    assert "Each process at work has a number of its own" in text
    assert f"{own}, 800" in text
    assert "700" not in text
    assert "900" not in text


def test_healthz_needs_no_sign_in_and_no_owner(browser: Browser) -> None:
    answer = browser.client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_healthz_says_when_the_database_is_away(browser: Browser, hub: Hub) -> None:
    db.close_database()
    file = hub.config.data / "mailhub.sqlite"
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    assert browser.client.get("/healthz").status_code == 503

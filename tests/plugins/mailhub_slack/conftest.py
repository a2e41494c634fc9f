"""A Slack on loopback, MailHub's pages behind a real port, a connected workspace, and campaigns to speak about."""

import threading
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import argon2
import pytest
from werkzeug.serving import make_server

import mailhub
import mailhub_slack
from mailhub import Hub, people
from mailhub.plugins import GROUP
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from mailhub.web.language import compile_stale
from mailhub_slack import services
from mailhub_slack.models import SlackLink, Workspace
from tests.flows.slack_server import APP_TOKEN, Slack
from tests.plugins.mailhub_slack.team import Team, connect, link, make_campaign

OTHERS = sorted({each.name for each in entry_points(group=GROUP)} - {"contacts", "sending", "slack"})


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _french() -> None:
    """A source tree has its sentences as .po alone until something compiles them."""
    for room in (mailhub, mailhub_slack):
        compile_stale(Path(str(room.__file__)).parent / "translations")


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    """A hub with contacts, campaigns and Slack, on both databases."""
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins={"disabled": OTHERS}) as made:
        yield made


@pytest.fixture
def sqlite_hub(tmp_path: Path) -> Iterator[Hub]:
    """The same on SQLite alone."""
    with make_hub(tmp_path / "data", plugins={"disabled": OTHERS}) as made:
        yield made


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    """A Slack that MailHub finds."""
    server = Slack()
    monkeypatch.setenv("SLACK_API_URL", server.url)
    yield server
    server.stop()


@pytest.fixture
def team(hub: Hub) -> Team:
    """The operator's account and its owner."""
    return Team(*make_owner(hub, "Acme", "ada@example.com"))


@pytest.fixture
def workspace(hub: Hub, slack: Slack, team: Team) -> Workspace:
    """The operator's workspace, known to Slack, by HTTP."""
    return connect(hub, team)


@pytest.fixture
def socket_workspace(hub: Hub, slack: Slack, team: Team) -> Workspace:
    """The same in Socket Mode alone."""
    return connect(hub, team, APP_TOKEN, "")


@pytest.fixture
def linked(hub: Hub, workspace: Workspace, team: Team) -> SlackLink:
    """The owner, linked as U1."""
    return link(hub, workspace, team)


@pytest.fixture
def served(hub: Hub, slack: Slack) -> Iterator[str]:
    """MailHub's pages on a port, where Slack sends its requests."""
    server = make_server("127.0.0.1", 0, create_app(hub), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    slack.mailhub = f"http://127.0.0.1:{server.server_port}"
    yield slack.mailhub
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def campaign(hub: Hub, team: Team) -> Callable[..., int]:
    """`campaign("Spring")` makes one to three people and starts it; its number."""
    return lambda name="Spring", start=True, of=team: make_campaign(hub, of, name, start)


@pytest.fixture
def tending(hub: Hub) -> Iterator[None]:
    """The service of cards, running."""
    stop = threading.Event()
    thread = threading.Thread(target=services.tend_cards, args=(hub, stop), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(5)
    assert not thread.is_alive(), "the service did not stop"

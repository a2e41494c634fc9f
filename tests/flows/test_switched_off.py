"""Plugins switched off one by one: the rest works, and no page, menu, command or document of the API mentions what is off.

What must not be mentioned is asked of each plugin while all are on, so it holds for plugins to come.
"""

import json
import re
import shutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.test import Client, TestResponse

from mailhub.accounts import OPERATOR
from mailhub.cli import main
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.messages import Message, Queued, Source
from mailhub.outbox.sources import finish
from mailhub.people import find_user
from mailhub.permissions import Actor, user_actor
from mailhub.plugins import GROUP
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from mailhub.web.dispatcher import create_site
from tests.flows.brought import Brought, Page, brought, core, has_word, operations, read, rules_of
from tests.mailhub.delivery.delivering import delivering, work_off

PLUGINS = sorted({entry.name for entry in entry_points(group=GROUP)})
EMAIL = "ada@example.com"
MOST = 300
"""Pages looked at in one walk."""
DOCUMENTS = ("/api/v1/openapi.json", "/mobile/v1/openapi.json")


class All(NamedTuple):
    """MailHub with every plugin: what each brings alone, every address, and a folder in which it was all used."""

    own: dict[str, Brought]
    addresses: Map
    folder: Path


def _sections(off: str = "") -> dict[str, dict[str, Any]]:
    return {"billing": {"charge": True}, "plugins": {"disabled": [off] if off else []}}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> All:
    folder = tmp_path_factory.mktemp("everything") / "data"
    with make_hub(folder, **_sections()) as hub:
        owner = _live(hub)
        app = create_app(hub)
        said = {name: brought(hub, name, owner) for name in PLUGINS}
    own = {}
    for name, each in said.items():
        alone = each.less([core(), *(other for key, other in said.items() if key != name)])
        with make_hub(folder.parent / name, **_sections(name)) as hub:
            gone = rules_of(app) - rules_of(create_app(hub))
        own[name] = Brought(**{**alone.__dict__, "rules": gone})
    return All(own, app.url_map, folder)


def _live(hub: Hub) -> Actor:
    """An owner of the operator's account who uses what is there: a single mail, contacts, a campaign to them."""
    account, _, owner = make_owner(hub, "Acme", EMAIL)
    assert account.id == OPERATOR
    hub.call(owner, "domains.add", name="example.com")
    if "billing.top_up" in hub.actions:
        hub.call(owner, "billing.top_up", account=OPERATOR, amount="1000", unit="mails", note="a start")
    hub.call(owner, "messages.send", **{"from": EMAIL, "to": "one@example.org", "subject": "One", "text": "One"})
    if "contacts.create" in hub.actions:
        for name in ("bob", "cleo", "dan"):
            hub.call(owner, "contacts.create", address=f"{name}@example.org", lists=["Friends"])
        if "campaigns.create" in hub.actions:
            _campaign(hub, owner)
    _settle(hub)
    return owner


def _campaign(hub: Hub, owner: Actor) -> None:
    made = {"name": "Spring", "subject": "Hello", "body": "Hello", "from": EMAIL, "audience": ["Friends"]}
    number = str(hub.call(owner, "campaigns.create", **made)["number"])
    hub.call(owner, "campaigns.validate", which=number)
    hub.call(owner, "campaigns.start", which=number)


def _settle(hub: Hub) -> None:
    """Do what waits, as the scheduler and the workers do."""
    for _ in range(3):
        for job in list(Job.select().where(Job.state == rows.WAITING)):
            rows.work(hub, job.id)
        with delivering(hub) as delivery:
            for source in list(Source.select().where(Source.id.in_(Queued.select(Queued.source)))):
                work_off(delivery, source)
        for schedule in hub.schedules.values():
            schedule.run(hub)
        with transaction():
            finish(hub)


class Visitor:
    """Someone signed in who walks the whole site, links first, and keeps what was answered."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.site = create_site(hub)
        self.app = create_app(hub)
        self.client = Client(self.site)
        self.pages: list[Page] = []
        self.dead: list[str] = []
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/sign-in").text)
        assert token
        given = {"csrf_token": token[1], "email": EMAIL, "password": "a long password"}
        assert self.client.post("/sign-in", data=given).status_code == 303

    def get(self, address: str) -> TestResponse:
        """One address. Fails when the server does."""
        answer = self.client.get(address)
        assert answer.status_code < 500, f"{address}: {answer.status_code} {answer.text[:300]}"
        return answer

    def walk(self) -> "Visitor":
        """Every link from the first page on, then every other address that takes no argument."""
        linked = ["/"]
        bare = [each.rule for each in self.app.url_map.iter_rules() if "GET" in each.methods and not each.arguments]
        bare += [*self.site.mounts, "/api/v1/docs", *(f"{each}/" for each in self.site.mounts)]
        seen: set[str] = set()
        for queue, expected in ((linked, True), (bare, False)):
            for address in queue:
                if address not in seen and len(seen) < MOST:
                    seen.add(address)
                    linked_to = self._look(address, expected)
                    queue += sorted(linked_to - seen)
        return self

    def _look(self, address: str, expected: bool) -> set[str]:
        answer = self.get(address)
        if expected and answer.status_code in (404, 410):
            self.dead.append(address)
        if not answer.content_type.startswith("text/html"):
            return set()
        page = read(address, answer.text)
        self.pages.append(page)
        return {each for each in page.links if self._is_read(each)}

    def _is_read(self, address: str) -> bool:
        """False for what is only posted to."""
        path = address.partition("?")[0]
        for each in self.app.url_map.iter_rules():
            if each.rule == path:  # before a rule with a name in it, which would take this for a name
                return "GET" in each.methods
        return set(self.app.url_map.bind("localhost").allowed_methods(path)) - {"OPTIONS"} != {"POST"}


def _leads_off(addresses: Map, gone: Brought, link: str) -> bool:
    """Whether a link leads to something that is off."""
    path = link.partition("?")[0]
    if any(path == each or path.startswith(f"{each}/") for each in gone.mounts):
        return True
    matching = addresses.bind("localhost")
    for method in ("GET", "POST"):
        try:
            endpoint, _ = matching.match(path, method)
        except HTTPException:
            continue
        return endpoint in {each for _, each in gone.rules}
    return False


@pytest.fixture(params=PLUGINS)
def off(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def hub(off: str, everything: All, tmp_path: Path) -> Iterator[Hub]:
    """A new MailHub without the plugin, in use."""
    with make_hub(tmp_path / "data", **_sections(off)) as made:
        _live(made)
        yield made


@pytest.fixture
def gone(off: str, everything: All) -> Brought:
    """What the plugin brought, and nobody else."""
    found = everything.own[off]
    assert found.names
    assert found.rules
    return found


def test_the_rest_works_and_no_page_mentions_it(hub: Hub, off: str, gone: Brought, everything: All) -> None:
    _check_sent(hub)
    visitor = Visitor(hub).walk()
    assert len(visitor.pages) > 15
    assert not visitor.dead
    told = [
        (page.address, word)
        for page in visitor.pages
        for word in (*gone.words, *gone.names)
        if has_word(page.text, word) or (word in gone.names and has_word(page.html, word))
    ]
    links = {
        (page.address, link)
        for page in visitor.pages
        for link in page.links
        if _leads_off(everything.addresses, gone, link)
    }
    assert (told, sorted(links)) == ([], [])
    for rule, _ in gone.rules:
        assert visitor.get(re.sub("<[^>]+>", "1", rule)).status_code in (404, 405), rule


def _check_sent(hub: Hub) -> None:
    """The single mail has arrived in the sandbox; the campaign too, where its two plugins are on."""
    campaign = {"campaigns.create", "contacts.create"} <= hub.actions.keys()
    expected = {"one@example.org"} | ({f"{name}@example.org" for name in ("bob", "cleo", "dan")} if campaign else set())
    assert {each.address for each in Message.select() if each.outcome == "delivered"} == expected
    if campaign:
        owner = user_actor(find_user(EMAIL).id, OPERATOR, "web", "Ada")
        found = hub.call(owner, "campaigns.stats", which="1")
        assert (found["state"], found["delivered"]) == ("finished", 3)


def test_no_document_of_the_api_mentions_it(hub: Hub, off: str, gone: Brought) -> None:
    visitor = Visitor(hub)
    found = {each: visitor.get(each) for each in DOCUMENTS}
    documents = {each: answer for each, answer in found.items() if each.rpartition("/")[0] not in gone.mounts}
    assert [each for each, answer in found.items() if answer.status_code != 200] == sorted(
        found.keys() - documents.keys()
    )
    for address, answer in documents.items():
        for path, operation in operations(answer.json):
            assert not gone.areas & set(path.split("/")), (address, path)
            assert not gone.words & set(operation.get("tags", [])), (address, path)
        assert [word for word in (*gone.words, *gone.names) if has_word(answer.text, word)] == [], address
        about = json.dumps(answer.json["info"]).lower()
        assert [word for word in gone.words if has_word(about, word.lower())] == [], address


def test_no_command_mentions_it(off: str, gone: Brought, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILHUB_CONFIG", "")  # the command writes it for its children
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\ndata = "data"\n[plugins]\ndisabled = ["{off}"]\n')

    def run(*words: str) -> str:
        answer = CliRunner().invoke(main, ["--config", str(path), *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    listed = json.loads(run("do", "--json"))["actions"]
    assert len(listed) > 20
    assert not gone.names & {each[key] for each in listed for key in ("name", "permission")}
    assert off not in [line.split()[0] for line in run("plugins").splitlines() if not line.startswith(" ")]
    for shown in (run("--help"), run("do"), run("do", "--help")):
        short = [f"mailhub {each}" for each in gone.areas]
        assert [word for word in (*gone.commands, *gone.names, *gone.words, *short) if has_word(shown, word)] == []
    for command in gone.commands:
        answer = CliRunner().invoke(main, ["--config", str(path), command, "it"])
        assert (answer.exit_code, answer.stdout) == (1, "")
        assert "There is no action" in answer.stderr


def test_no_registry_or_choice_holds_it(hub: Hub, off: str, gone: Brought) -> None:
    registries = (hub.actions, hub.permissions, hub.event_kinds, hub.settings_known)
    assert not gone.names & {name for each in registries for name in each}
    owner = user_actor(find_user(EMAIL).id, OPERATOR, "web", "Ada")
    if "alerts.show" in hub.actions:
        listed = json.dumps(hub.call(owner, "alerts.show"))
        assert [each for each in (*gone.names, *gone.areas, off) if has_word(listed, each)] == []


def test_what_was_made_with_it_is_there_and_shown(off: str, everything: All, tmp_path: Path) -> None:
    """The same data, with the plugin on until now: every page answers, and no link leads nowhere."""
    shutil.copytree(everything.folder, tmp_path / "data")
    with make_hub(tmp_path / "data", **_sections(off)) as hub:
        visitor = Visitor(hub).walk()
        assert visitor.dead == []
        links = {link for page in visitor.pages for link in page.links}
        assert [each for each in links if _leads_off(everything.addresses, everything.own[off], each)] == []
        _settle(hub)

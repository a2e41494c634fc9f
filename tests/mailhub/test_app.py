"""The composition root: everything that was brought is registered once, or one sentence says why not."""

from pathlib import Path

import pytest

from mailhub import domains
from mailhub.app import CORE_ACTIONS, create_hub, open_hub, rooms
from mailhub.db import close_database
from mailhub.errors import UserError
from mailhub.events import CORE_EVENTS
from mailhub.hub import Hub
from mailhub.permissions import CORE
from mailhub.testing import make_config


def _hub(tmp_path: Path, no_plugins: dict[str, list[str]], text: str) -> Hub:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "birds.py").write_text(
        "from mailhub import hookimpl, Action, Permission, EventKind, JobKind\n"
        "from mailhub.vocabulary import Schedule, Service, Setting\n" + text
    )
    return create_hub(make_config(tmp_path / "data", plugins={**no_plugins, "folder": str(folder)}))


def test_what_the_core_brings_is_there(sqlite_core: Hub) -> None:
    assert set(sqlite_core.actions) == {each.name for each in CORE_ACTIONS}
    assert set(sqlite_core.permissions) == {each.name for each in CORE}
    assert set(sqlite_core.event_kinds) == {each.name for each in (*CORE_EVENTS, *domains.EVENTS)}
    assert rooms(sqlite_core).keys() == {"sandbox"}


def test_what_a_plugin_brings_is_there(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    hub = _hub(tmp_path, no_plugins, """
@hookimpl
def register_permissions(): return [Permission("birds.watch", "Birds", "Watch")]
@hookimpl
def register_actions(): return [Action("birds.list", "List", "birds.watch", lambda hub, actor: 1, changes=False)]
@hookimpl
def register_events(): return [EventKind("birds.seen", "Seen")]
@hookimpl
def register_jobs(): return [JobKind("birds.count", lambda hub, job, until: False)]
@hookimpl
def register_schedules(): return [Schedule("birds.look", 60, lambda hub: None)]
@hookimpl
def register_services(): return [Service("birds.watch", lambda hub, stop: None)]
@hookimpl
def register_settings(): return [Setting("birds.most", 5, "how many")]
""")  # fmt: skip
    close_database()
    assert hub.actions["birds.list"].permission in hub.permissions
    assert "birds.seen" in hub.event_kinds
    assert "birds.count" in hub.jobs
    assert "birds.look" in hub.schedules
    assert "birds.watch" in hub.services
    assert hub.settings_known["birds.most"].default == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('def register_permissions(): return [Permission("users.view", "Birds", "Watch")]',
         "The plugin birds registers users.view in permissions, and that name is taken"),
        ('def register_actions(): return [Action("birds.list", "List", "birds.watch", print)]',
         "birds.list needs birds.watch, which no plugin registered"),
        ('def register_settings(): return [Setting("a.b", 1, "x"), Setting("a.b", 2, "x")]',
         "The plugin birds registers a.b in settings, and that name is taken"),
        ("def register_events(): raise OSError('gone')", r"birds failed in register_events: OSError\('gone'\)\. Mend it"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence(
    tmp_path: Path, no_plugins: dict[str, list[str]], text: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        _hub(tmp_path, no_plugins, f"@hookimpl\n{text}\n")


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    (tmp_path / "mailhub.sqlite").write_bytes(b"this is no database " * 100)
    with pytest.raises(UserError, match="The database cannot be opened .*not a database.*put back a backup"):
        create_hub(make_config(tmp_path, plugins=no_plugins))
    close_database()


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    config = make_config(tmp_path, plugins=no_plugins, database={"url": "postgresql://me@127.0.0.1:1/mail"})
    with pytest.raises(UserError, match=r"The database cannot be opened .*: check database\.url"):
        create_hub(config)


def test_a_command_gives_everything_back(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    config = make_config(tmp_path, plugins=no_plugins)
    with open_hub(config) as (hub, ran):
        assert [ran[0], ran[-1]] == ["core/0001_start", "sandbox/0001_start"]
        number = hub.node.number
    with open_hub(config) as (hub, ran):
        assert (ran, hub.node.number) == ([], number)


def test_a_server_that_would_forward_to_itself_does_not_start(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    smtp, inbound = {"hostname": "mx.hub.example"}, {"forward_to": "postmaster@mx.hub.example"}
    config = make_config(tmp_path, plugins=no_plugins, smtp=smtp, inbound=inbound)
    with pytest.raises(UserError, match="circles"):
        create_hub(config)
    close_database()

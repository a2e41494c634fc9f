"""Migrations run once, in order, by one process at a time; a newer database is left alone."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import peewee
import pytest

from mailhub import app, counting, migrations
from mailhub.accounts import ROLES, Role
from mailhub.db import db, sandbox_db, sql, transaction
from mailhub.errors import UserError
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.testing import make_owner

_START = """
import sys
from pathlib import Path
from mailhub.app import open_hub
from mailhub.testing import make_config
data, url, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, plugins={"disabled": [each for each in disabled.split(",") if each]}
)
with open_hub(config) as (_, ran):
    print(*ran)
"""


def _room(tmp_path: Path, **scripts: str) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir(exist_ok=True)
    for name, text in scripts.items():
        (folder / f"{name}.py").write_text(f"def up(migrator, db):\n    {text}\n")
    return folder


def _table(name: str) -> str:
    return f"db.execute_sql('CREATE TABLE {name} (id int)')"


def test_a_script_runs_once_and_those_that_come_later_after_it(core: Hub, tmp_path: Path) -> None:
    folder = _room(tmp_path, **{"0001_start": _table("birds"), "0002_more": "db.execute_sql('DROP TABLE birds')"})
    rooms = {**app.rooms(core), "birds": folder}
    assert migrations.migrate(core.config.data, rooms) == ["birds/0001_start", "birds/0002_more"]
    assert migrations.migrate(core.config.data, rooms) == []
    _room(tmp_path, **{"0003_again": _table("birds")})
    assert migrations.migrate(core.config.data, rooms) == ["birds/0003_again"]
    assert sql("SELECT count(*) FROM birds").fetchone() == (0,)


def test_a_script_that_fails_leaves_nothing_behind_and_can_be_mended(core: Hub, tmp_path: Path) -> None:
    folder = _room(tmp_path, **{"0001_start": f"{_table('birds')}; 1 / 0"})
    with pytest.raises(ZeroDivisionError):
        migrations.migrate(core.config.data, {"birds": folder})
    _room(tmp_path, **{"0001_start": _table("birds")})
    assert migrations.migrate(core.config.data, {"birds": folder}) == ["birds/0001_start"]


def test_a_newer_database_is_refused_before_anything_runs(core: Hub, tmp_path: Path) -> None:
    folder = _room(tmp_path, **{"0001_start": _table("birds")})
    sandbox_db.execute_sql("INSERT INTO migrations_sandbox (name, applied) VALUES ('0099_future', '2030-01-01')")
    with pytest.raises(UserError, match=r"written by a newer MailHub \(sandbox: 0099_future\): start that version"):
        migrations.migrate(core.config.data, {"birds": folder, **app.rooms(core)})
    assert not db.table_exists("birds")


def test_a_plugin_that_is_switched_off_keeps_what_it_had(core: Hub, tmp_path: Path) -> None:
    rooms = {**app.rooms(core), "birds": _room(tmp_path, **{"0001_start": _table("birds")})}
    migrations.migrate(core.config.data, rooms)
    assert migrations.migrate(core.config.data, app.rooms(core)) == []
    assert migrations.migrate(core.config.data, rooms) == []
    assert db.table_exists("birds")


def test_clicks_from_before_links_were_counted_are_taken_in(core: Hub) -> None:
    with transaction():
        clicks = [(1, 0), (1, 0), (2, 0), (2, 3)]
        write([NewEvent("clicked", 1, 5, 7, message, values={"link": link}) for message, link in clicks])
        sql("INSERT INTO cursors (name, position) SELECT 'counters', max(id) FROM events")
        write([NewEvent("clicked", 1, 5, 7, 3, values={"link": 3})])  # still to be counted
    import_module("mailhub.migrations.0002_ledger")._count_links(db.obj)
    assert counting.links(7) == {0: (3, 2), 3: (1, 1)}
    counting.count_events(core)
    assert counting.links(7) == {0: (3, 2), 3: (2, 2)}


def test_two_processes_that_start_at_once_migrate_once(
    tmp_path: Path, database_url: str, no_plugins: dict[str, list[str]]
) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _START, str(tmp_path / "data"), database_url, ",".join(no_plugins["disabled"])],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    answers = [child.communicate(timeout=60) for child in children]
    assert [error for _, error in answers] == [""] * 3
    assert sorted(len(out.split()) > 0 for out, _ in answers) == [False, False, True]


def test_unchanged_ready_made_roles_get_what_was_added_since(core: Hub) -> None:
    account, _, _ = make_owner(core)
    other, _, _ = make_owner(core, "Other")
    begun = import_module("mailhub.migrations.0013_roles")
    with transaction():
        for name, first in begun.FIRST.items():
            Role.update(permissions=first).where(Role.account == account, Role.name == name).execute()
            Role.update(permissions=first[1:]).where(Role.account == other, Role.name == name).execute()
        Role.create(account=other, name="My own", permissions=begun.FIRST["billing"])
        made_later = [*begun.FIRST["analyst"], "slack.use"]
        Role.update(permissions=made_later).where(Role.account == account, Role.name == "analyst").execute()
        begun.up(None, db.obj)
        begun.up(None, db.obj)
        import_module("mailhub_sending.migrations.0002_replies").allow(db.obj)
        import_module("mailhub_contacts.migrations.0003_segments").allow(db.obj)
    assert {role.name: role.permissions for role in Role.of(account)} == ROLES
    theirs = {role.name: role.permissions for role in Role.of(other)}
    assert theirs["My own"] == begun.FIRST["billing"]
    assert all(theirs[name] == first[1:] for name, first in begun.FIRST.items())


def test_who_had_a_domain_goes_on_writing_from_it(tmp_path: Path) -> None:
    database = peewee.SqliteDatabase(str(tmp_path / "older.sqlite"))
    for table in (
        "accounts (id INTEGER PRIMARY KEY)",
        "domains (id INTEGER PRIMARY KEY, account_id INTEGER, name TEXT, created_at INTEGER)",
        "dkim_keys (id INTEGER PRIMARY KEY, created_at INTEGER)",
    ):
        database.execute_sql(f"CREATE TABLE {table}")
    database.execute_sql("INSERT INTO domains VALUES (1, 2, 'a.example', 7), (2, 3, 'b.example', 8)")
    database.execute_sql("INSERT INTO dkim_keys VALUES (1, 7)")
    import_module("mailhub.migrations.0007_domains").up(None, database)
    rows = database.execute_sql("SELECT token, proved_at, check_at FROM domains ORDER BY id").fetchall()
    assert [row[1:] for row in rows] == [(7, 0), (8, 0)]
    assert all(len(token) == 32 for token, _, _ in rows)
    assert len({token for token, _, _ in rows}) == 2
    assert database.execute_sql("SELECT state, changed_at FROM dkim_keys").fetchall() == [("active", 7)]
    database.close()

"""What tests of MailHub and of plugins start from: a real hub on a real database, a clock to set, an SMTP sink."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from mailhub import db, migrations, outbox, people
from mailhub.accounts import OPERATOR, Account, Domain, User
from mailhub.app import create_hub, rooms
from mailhub.config import Config, load
from mailhub.domains import is_known
from mailhub.hub import Hub
from mailhub.messages import Content, Source
from mailhub.permissions import Actor, user_actor
from mailhub.sink import Sink
from mailhub.vocabulary import Recipient

__all__ = ["Clock", "Sink", "make_config", "make_hub", "make_owner", "make_source", "postgres_schema"]

MAIL = b"From: News <news@example.org>\r\nSubject: News\r\n\r\nHello.\r\n"


class Clock:
    """A clock that stands still until it is moved. Call it for seconds since 1970."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass (or go back, with a negative number)."""
        self.now += seconds


def make_config(folder: Path, **sections: dict[str, Any]) -> Config:
    """A configuration with its data in `folder`; `database={"url": …}` and the like override keys."""
    config = load(None, {})
    sections.setdefault("server", {}).setdefault("data", str(folder))
    changed = {name: replace(getattr(config, name), **keys) for name, keys in sections.items()}
    return replace(config, **changed, source=None)


@contextmanager
def make_hub(folder: Path, **sections: dict[str, Any]) -> Iterator[Hub]:
    """A hub with all plugins over a fresh, migrated database; closed at the end."""
    config = make_config(folder, **sections)
    hub = create_hub(config, migrate=False)
    try:
        _migrate(hub)
        yield hub
    finally:
        hub.leave()
        db.close_database()


_Script = tuple[str, str, int]
_migrated: dict[frozenset[_Script], dict[str, bytes]] = {}
"""SQLite files as these migrations leave them: making the tables takes longer than most tests, writing the file does not."""


def _migrate(hub: Hub) -> None:
    if db.is_postgres() or (hub.config.data / "mailhub.sqlite").exists():
        migrations.migrate(hub.config.data, rooms(hub))
        return
    scripts = frozenset(_scripts(hub))
    if scripts in _migrated:
        for name, octets in _migrated[scripts].items():
            (hub.config.data / name).write_bytes(octets)
        return
    migrations.migrate(hub.config.data, rooms(hub))
    for each in (db.db, db.sandbox_db):
        each.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()  # to read a file that SQLite has open here would take its locks away, and other processes trust them
    _migrated[scripts] = {path.name: path.read_bytes() for path in hub.config.data.glob("*.sqlite")}


def _scripts(hub: Hub) -> Iterator[_Script]:
    for room, folder in {"core": migrations.CORE, **rooms(hub)}.items():
        for script in folder.glob("[0-9]*.py"):
            yield room, str(script), script.stat().st_mtime_ns


def make_owner(hub: Hub, name: str = "Acme", email: str = "") -> tuple[Account, User, Actor]:
    """A new account with an owner who is signed in on the web."""
    with db.transaction():
        account = people.open_account(hub, name)
        user = people.add_user(
            hub, account, "Ada Owner", email or f"{secrets.token_hex(4)}@example.com", "a long password"
        )
    return account, user, user_actor(user.id, account.id, "web", user.name)


def make_source(hub: Hub, account: Account, addresses: Sequence[str], **columns: Any) -> Source:
    """A source of one small mail, submitted to `addresses` (recipient keys 1, 2, …). `columns` are of `Source`.

    It comes from example.org, which the operator shares with all accounts here; nothing is looked up of it, it has no keys.
    """
    mail = {"kind": "mime", "subject": "News", "from_address": "news@example.org", "body": MAIL}
    with db.transaction():
        if not is_known(hub, account.id, "example.org"):
            Domain.create(account=OPERATOR, name="example.org", shared=True, created_at=hub.ms(), check_at=2**52)
        content = Content.create(account=account, created_at=hub.ms(), **mail)
        columns = {"kind": "test", "name": "News", "content": content, **columns}
        source = outbox.open_source(hub, account.id, **columns)
    recipients = [Recipient(number, address) for number, address in enumerate(addresses, 1)]
    for start in range(0, len(recipients), db.BULK_ROWS):
        with db.bulk():
            outbox.submit(hub, source, recipients[start : start + db.BULK_ROWS], envelope_from="bounce@example.org")
    return source


@contextmanager
def postgres_schema(url: str) -> Iterator[str]:
    """A schema of its own in a running PostgreSQL, as a database address; dropped at the end."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
        finally:
            admin.execute(f"DROP SCHEMA {name} CASCADE")

"""What tests start from keeps its own promises."""

from pathlib import Path

import psycopg

from mailhub.hub import Hub
from mailhub.messages import Queued
from mailhub.testing import Clock, make_config, make_owner, make_source, postgres_schema


def test_the_clock_stands_until_it_is_moved() -> None:
    clock = Clock(100.0)
    assert (clock(), clock()) == (100.0, 100.0)
    clock.move(-1.5)
    assert clock() == 98.5


def test_a_configuration_has_its_data_where_it_was_told(tmp_path: Path) -> None:
    config = make_config(tmp_path, log={"level": "debug"})
    assert (config.data, config.log.level, config.source) == (tmp_path, "debug", None)
    assert config.key_path == tmp_path / "mailhub.key"


def test_an_owner_may_do_everything_in_their_account(core: Hub) -> None:
    account, user, actor = make_owner(core)
    assert (actor.account_id, actor.user_id, actor.door) == (account.id, user.id, "web")
    assert actor.may("campaigns.start")


def test_a_source_has_its_messages_waiting(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, ["a@example.com", "b@example.com"], stream="transactional")
    assert (source.stream, source.priority) == ("transactional", 10)
    rows = Queued.select().order_by(Queued.id)
    assert [(row.source_id, row.recipient_key, row.address) for row in rows] == [
        (source.id, 1, "a@example.com"),
        (source.id, 2, "b@example.com"),
    ]


def test_a_schema_is_gone_at_the_end(postgres_url: str) -> None:
    with postgres_schema(postgres_url) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE here (id int)")
        name = connection.execute("SELECT current_schema()").fetchone()
        assert name is not None
    with psycopg.connect(postgres_url) as admin:
        left = admin.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", name).fetchone()
    assert left is None

"""Switched off, charging leaves nothing behind: no reservation, no place in the events that a purge would wait for."""

from pathlib import Path
from typing import Any

from mailhub.db import sql
from mailhub.messages import HELD, OPEN, Source
from mailhub.testing import make_hub, make_owner
from mailhub_billing.reserving import REASON
from tests.plugins.mailhub_billing.conftest import CHARGING, charged, held, new_source, settle, submit, tick


def test_what_is_reserved_is_given_back_and_counted_anew_when_it_is_on_again(tmp_path: Path, database_url: str) -> None:
    at: dict[str, Any] = {"database": {"url": database_url}}
    on: dict[str, Any] = {**at, "billing": {**CHARGING, "free_mails": 100}}
    with make_hub(tmp_path / "data", **on) as hub:
        account_id = make_owner(hub, "Operator")[2].account_id
        source, waiting = new_source(hub, account_id), new_source(hub, account_id)
        submit(hub, source, 10)
        settle(hub, source, "delivered", 4)
        Source.update(state=HELD, held_reason=REASON, held_until=hub.ms() + 10**9).where(
            Source.id == waiting.id
        ).execute()
    with make_hub(tmp_path / "data", **at) as hub:
        tick(hub)
        assert charged(account_id, "mails") == 4
        assert held(hub, account_id) == (96, 0, 0, 0)
        assert not sql("SELECT 1 FROM cursors WHERE name = 'billing'").fetchall()
        assert Source.get_by_id(waiting.id).state == OPEN
        submit(hub, source, 5, 100)
        tick(hub)
    with make_hub(tmp_path / "data", **on) as hub:
        submit(hub, source, 3, 200)
        settle(hub, source, "delivered", 14)
        tick(hub)
        assert charged(account_id, "mails") == 7, "of the fourteen, only the three since"
        assert held(hub, account_id) == (93, 0, 0, 0)

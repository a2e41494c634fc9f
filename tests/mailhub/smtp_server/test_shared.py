import asyncio
import threading
from typing import Any

import pytest

from mailhub import db, submission_access
from mailhub.hub import Hub
from mailhub.smtp_limits import Limits
from mailhub.smtp_server.shared import Shared
from mailhub.testing import make_owner


def test_questions_are_asked_beside_the_loop(core: Hub) -> None:
    async def scene() -> tuple[int, str]:
        shared = Shared(core, None)
        try:
            one: int = await shared.ask(lambda: db.sql("SELECT 1").fetchone()[0])
            return one, await shared.ask(lambda: threading.current_thread().name)
        finally:
            await shared.stop()

    one, thread = asyncio.run(scene())
    assert (one, thread[:11]) == (1, "smtp-reader")


def test_what_a_question_raises_is_heard_and_the_next_is_answered(core: Hub) -> None:
    async def scene() -> int:
        shared = Shared(core, None)
        try:
            with pytest.raises(ZeroDivisionError):
                await shared.ask(lambda: 1 // 0)
            one: int = await shared.ask(lambda: db.sql("SELECT 1").fetchone()[0])
            return one
        finally:
            await shared.stop()

    assert asyncio.run(scene()) == 1


class _Caller:
    """Somebody who is signed in."""

    def __init__(self, login_id: int) -> None:
        self.login_id = login_id


def test_who_signs_in_while_limits_are_read_keeps_theirs(core: Hub) -> None:
    account, _, _ = make_owner(core)
    with db.transaction():
        first, second = (submission_access.create(core, account.id, name)[0] for name in ("One", "Two"))

    async def scene() -> tuple[dict[int, Limits], dict[int, Limits]]:
        shared = Shared(core, None)
        there: list[Any] = [_Caller(first.id), _Caller(second.id)]
        try:
            shared.present.add(there[0])
            exchange = asyncio.create_task(shared._exchange_counts())
            await asyncio.sleep(0)  # it asks now
            shared.present.add(there[1])
            shared.meter.limits[second.id] = Limits(5)
            await exchange
            both = dict(shared.meter.limits)
            shared.present.discard(there[0])
            await shared._exchange_counts()
            return both, dict(shared.meter.limits)
        finally:
            await shared.stop()

    both, left = asyncio.run(scene())
    assert both == {first.id: Limits(), second.id: Limits(5)}
    assert left.keys() == {second.id}

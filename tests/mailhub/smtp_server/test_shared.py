import asyncio
import threading

import pytest

from mailhub import db
from mailhub.hub import Hub
from mailhub.smtp_server.shared import Shared


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

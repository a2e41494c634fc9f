"""An engine that cannot be used is one sentence at the start, one line in the log later, and goes on by itself."""

import logging
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.jobs.carrier import Away, open_carrier
from mailhub.jobs.engine import Engine
from mailhub.testing import make_config, postgres_schema
from tests.redis_server import RedisServer


def _config(folder: Path, url: str) -> Config:
    return make_config(folder, engine={"url": url})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:secret@127.0.0.1:9/0", "The engine at redis://127.0.0.1:9/0 cannot be used (Error 111"),
        ("redis://127.0.0.1:port/0", "The engine at redis://127.0.0.1:port/0 cannot be used ("),
        ("postgresql://me:secret@127.0.0.1:9/mail", "The engine at postgresql://127.0.0.1:9/mail cannot be used ("),
        ("postgresql://host/mail?colour=blue", 'cannot be used (invalid URI query parameter: "colour")'),
    ],
)
def test_a_wrong_address_is_one_sentence_without_its_password(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        open_carrier(_config(tmp_path, url))
    told = str(caught.value)
    assert words in told
    assert told.endswith("start it, or correct engine.url in the configuration.")
    assert "secret" not in told
    assert "\n" not in told


def test_a_wrong_password_is_one_sentence(tmp_path: Path) -> None:
    with RedisServer() as server, pytest.raises(UserError, match="cannot be used .invalid username-password pair"):
        open_carrier(_config(tmp_path, server.url.replace(server.password, "guessed")))


def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "engine.sqlite").mkdir()
    with pytest.raises(UserError, match=r"engine\.sqlite cannot be used .unable to open database file.*server\.data"):
        open_carrier(_config(tmp_path, ""))


def test_a_missing_driver_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(
        UserError, match="needs a driver that is not installed .redis.: install it, or change engine.url"
    ):
        open_carrier(_config(tmp_path, "redis://127.0.0.1/0"))


def test_an_engine_that_goes_is_told_once_and_goes_on_by_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with RedisServer() as server:
        engine = Engine(_config(tmp_path, server.url))
        engine.deliver(1, 0)
        server.stop()
        caplog.set_level(logging.WARNING)
        for _ in range(20):
            with pytest.raises(Away):
                engine.waiting()
            with pytest.raises(Away):
                engine.deliver(1, 0)
        server.start()
        engine.deliver(2, 0)
        assert engine.waiting() == Counter({("deliver", 2): 1})
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "cannot be used (Error 111 connecting to 127.0.0.1" in told[0]
    assert "goes on by itself" in told[0]
    assert "answers again after 0 s" in told[1]
    assert server.password not in "".join(told)


def test_processes_that_are_the_first_at_the_same_moment_all_start(tmp_path: Path, postgres_url: str) -> None:
    for round in range(3):
        with postgres_schema(postgres_url) as url, ThreadPoolExecutor(6) as starting:
            made = list(starting.map(lambda _, url=url: open_carrier(_config(tmp_path, url)), range(6)))
            assert [each.huey.pending() for each in made] == [[]] * 6, round
            for each in made:
                each.huey.storage.close()

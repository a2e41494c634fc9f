"""Services start with the election, stop with it, and come back when they end or fail; never two of one at once."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.jobs import services
from mailhub.jobs.services import Services
from mailhub.vocabulary import Service


class Work:
    """A service that says when it began and ended, and fails as often as it is told to."""

    def __init__(self, failures: int = 0, stubborn: float = 0) -> None:
        self.began = self.ended = self.running = self.most = 0
        self.failures = failures
        self.stubborn = stubborn

    def __call__(self, hub: Hub, stop: threading.Event) -> None:
        self.began += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            assert sql("SELECT 1").fetchone()[0] == 1
            if self.began <= self.failures:
                raise OSError("no luck")
            stop.wait(20)
            time.sleep(self.stubborn)
        finally:
            self.running -= 1
            self.ended += 1


def _services(hub: Hub, work: Work) -> Services:
    hub.services["test"] = Service("test", work)
    return Services(hub)


def _until(holds: Callable[[], bool], what: str, each: Callable[[], None] = lambda: None) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, what
        each()
        time.sleep(0.005)


def test_it_runs_while_elected_and_again_when_elected_again(core: Hub) -> None:
    work = Work()
    kept = _services(core, work)
    assert work.began == 0, "nothing runs where nobody was elected"
    kept.keep()
    kept.keep()
    _until(lambda: work.running == 1, "it did not start")
    kept.stop()
    _until(lambda: work.ended == 1, "it was not asked to stop")
    _until(lambda: work.began == 2, "it did not come back", kept.keep)
    kept.end()
    assert (work.ended, work.most) == (2, 1)


def test_what_does_not_stop_is_not_started_beside_itself(core: Hub) -> None:
    work = Work(stubborn=0.3)
    kept = _services(core, work)
    kept.keep()
    _until(lambda: work.running == 1, "it did not start")
    kept.stop()
    _until(lambda: work.began == 2, "it did not come back", kept.keep)
    kept.end()
    assert work.most == 1


def test_what_fails_is_logged_and_started_again_more_and_more_slowly(
    core: Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "FIRST_PAUSE", 0.05)
    work = Work(failures=3)
    kept = _services(core, work)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        _until(lambda: work.running == 1 and work.began == 4, "it did not come back", kept.keep)
    assert time.monotonic() - began > 0.05 + 0.1 + 0.2
    assert [each.getMessage() for each in caplog.records].count("the service test failed") == 3
    assert "the service test ended and is started again in 0 s" in caplog.text
    kept.end()
    assert work.running == 0


def test_the_end_does_not_wait_for_ever(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PATIENCE", 0.1)
    work = Work(stubborn=2)
    kept = _services(core, work)
    kept.keep()
    _until(lambda: work.running == 1, "it did not start")
    began = time.monotonic()
    kept.end()
    assert time.monotonic() - began < 1.8
    _until(lambda: work.running == 0, "it ends by itself all the same")

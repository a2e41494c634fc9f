"""A smart host that does not serve us gives way to the next route; one recipient's or sender's refusal stops it for nobody."""

from typing import Any

import pytest

from mailhub.delivery import task
from mailhub.delivery.building import Way
from mailhub.delivery.refusals import of_smart_host, onward
from mailhub.delivery.routes import Route
from mailhub.delivery.shaping import Meaning, load
from mailhub.delivery.smtp_words import Outcome, Stage
from mailhub.hub import Hub
from mailhub.messages import Event, Message, Queued
from mailhub.testing import Sink, make_owner, make_source
from tests.mailhub.delivery.delivering import outcomes
from tests.mailhub.delivery.test_fleet import _work, _world

ONE, TWO = Route(11, "one", "smart_host", "127.0.0.1"), Route(12, "two", "smart_host", "127.0.0.1")
SANDBOX = Route(13, "box", "sandbox")


@pytest.fixture(autouse=True)
def _few_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "LAST_WORDS", 0.2)


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "text", "delivered", "stops", "goes_on"),
    [
        ("mail", 530, "5.7.0", "Authentication required", True, True, True),
        ("rcpt", 530, "5.7.1", "Authentication required", True, True, True),
        ("mail", 451, "4.7.0", "Daily sending quota of this account exceeded", True, True, True),
        ("mail", 550, "5.7.1", "Your account is suspended", True, True, True),
        ("mail", 554, "5.7.1", "Your IP 192.0.2.7 is blocked", True, True, True),
        ("rcpt", 554, "5.7.1", "<u@x.example>: Relay access denied", False, True, True),
        ("rcpt", 554, "5.7.1", "<u@x.example>: Relay access denied", True, False, True),
        ("mail", 550, "5.1.8", "<x@acme.example>: Sender address rejected: Domain not found", True, False, True),
        ("mail", 550, "5.7.1", "Your domain acme.example is in no account", True, False, True),
        ("mail", 450, "4.3.2", "Not now", True, False, True),
        ("rcpt", 554, "5.7.1", "Client host [192.0.2.7] blocked using zen.spamhaus.org", True, False, False),
        ("rcpt", 550, "5.1.1", "<u@x.example>: User unknown", True, False, False),
        ("rcpt", 550, "5.1.1", "The account you tried to reach does not exist", True, False, False),
        ("dot", 550, "5.7.1", "This is spam", True, False, False),
        ("", 552, "5.3.4", "The message has 9 octets", True, False, False),
    ],
)
def test_what_a_refusal_means_for_others(
    stage: Stage, code: int, enhanced: str, text: str, delivered: bool, stops: bool, goes_on: bool
) -> None:
    answer = Outcome("deferred" if code < 500 else "bounced", code, enhanced, text, stage=stage)
    meaning = of_smart_host(load().of("").meaning(answer), answer, delivered)
    assert (meaning.action == "stop") == stops
    way = Way(7, "x.example", (ONE, TWO))
    after = onward(ONE, way, meaning, answer)
    assert (after is not None) == goes_on
    assert after is None or (after.routes, after.whole) == ((TWO,), way)
    assert onward(TWO, way, meaning, answer) is None


def test_the_sandbox_is_no_way_on_and_a_route_that_is_gone_leads_nowhere() -> None:
    answer, meaning = Outcome("bounced", 530, "5.7.0", "no", stage="mail"), Meaning("policy", "stop")
    assert onward(ONE, Way(7, "x.example", (ONE, SANDBOX)), meaning, answer) is None
    assert onward(ONE, Way(7, "x.example", (TWO, SANDBOX)), meaning, answer) is None


def _refusing(words: str, stage: str = "mail") -> Sink:
    return Sink(behaviours=[f"{word}={stage}:{words}" for word in ("u", "bounce")])


def _by(delivery: Any, *ports: int) -> None:
    names = ("first", "second")
    delivery._desk.router._last = tuple(
        Route(11 + place, names[place], "smart_host", "127.0.0.1", port, "none") for place, port in enumerate(ports)
    )


@pytest.mark.parametrize(
    ("words", "stage", "told"),
    [
        ("530 5.7.0 Authentication required", "mail", True),
        ("451 4.7.0 Daily sending quota of this account exceeded", "mail", True),
        ("450 4.3.2 Not now", "mail", False),
        ("550 5.7.1 Relaying denied", "rcpt", True),
    ],
)
def test_the_next_route_takes_what_a_smart_host_does_not_want(
    sqlite_core: Hub, words: str, stage: str, told: bool
) -> None:
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{n}@x.example" for n in range(30)])
    with _refusing(words, stage) as refusing, Sink() as spare, _world(sqlite_core, {}) as (delivery, _):
        _by(delivery, refusing.port, spare.port)
        _work(delivery, source, lambda: not Queued.select().exists())
        assert (refusing.count, spare.count) == (0, 30)
        _work(delivery, source, lambda: Event.select().where(Event.kind == "lane.blocked").exists() == told)
    assert outcomes() == {"delivered": 30}
    assert {row.route for row in Message.select()} == {"second"}


def test_without_another_route_nothing_bounces_for_a_login_that_is_refused(sqlite_core: Hub) -> None:
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{n}@x.example" for n in range(30)])
    with _refusing("530 5.7.0 Authentication required") as refusing, _world(sqlite_core, {}) as (delivery, _):
        _by(delivery, refusing.port)
        _work(delivery, source, lambda: Queued.select().where(Queued.code == 530).count() == 30)
        _work(delivery, source, lambda: Event.select().where(Event.kind == "lane.blocked").exists())
        assert refusing.connections <= 4
    assert outcomes() == {}
    assert {row.reason for row in Queued.select()} <= {"blocked", "policy"}
    assert min(row.due_at for row in Queued.select()) > sqlite_core.ms() + 60_000

import asyncio
from collections.abc import Iterator

import pytest
import uvloop

from mailhub.delivery.smtp_client import Outcome, Outgoing
from mailhub.sink import Sink
from tests.mailhub.delivery.smtp_scripts import (
    DOT,
    ENVELOPE,
    HELLO,
    RESET,
    A,
    B,
    C,
    Run,
    Scripted,
    Step,
    brief,
    client,
    connect_and_send,
    mail,
    send,
    talk,
)

LOST = "connection lost after the message was sent; it may have been delivered"
BEFORE_DOT = [(b"", "unsent"), (b"250 ok\r\n", "deferred"), (b"250 ok\r\n250 ok\r\n", "deferred")]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run


@pytest.mark.parametrize(("answers", "kind"), BEFORE_DOT)
def test_421_before_the_dot_defers_the_message_unless_its_mail_was_unanswered(
    run: Run, answers: bytes, kind: str
) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", answers + b"421 4.7.0 slow down\r\n"], A, B)
    assert brief(told) == [(A, kind, 421)]
    assert "slow down" in told[0][1].text


def test_a_refusal_that_was_read_stands_although_421_follows(run: Run) -> None:
    answers = b"250 ok\r\n550 5.1.1 no\r\n421 4.7.0 slow down\r\n"
    assert brief(talk(run, [*HELLO, "DATA\r\n", answers], A, B)) == [(A, "bounced", 550)]


def test_421_to_the_dot_defers_and_gives_the_next_back(run: Run) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", ENVELOPE, DOT, "DATA\r\n", b"421 4.3.2 going down\r\n"], A, B, C)
    assert brief(told) == [(A, "deferred", 421), (B, "unsent", 421)]
    assert not told[0][1].in_doubt


@pytest.mark.parametrize("answers", [b"250 ok\r\n421 enough\r\n", b"250 ok\r\n"])
@pytest.mark.parametrize("end", [[], [RESET]])
def test_a_server_that_ends_after_a_message_leaves_the_next_unsent(run: Run, answers: bytes, end: list[Step]) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", ENVELOPE, DOT, "DATA\r\n", answers, 0.05, *end], A, B, C)
    assert [(recipient, kind) for recipient, kind, _ in brief(told)] == [(A, "delivered"), (B, "unsent")]


@pytest.mark.parametrize("end", [[], [RESET]])
@pytest.mark.parametrize(("answers", "kind"), BEFORE_DOT)
def test_a_connection_lost_before_the_dot(run: Run, answers: bytes, kind: str, end: list[Step]) -> None:
    steps: list[Step] = [answers, 0.05] if answers else []
    told = talk(run, [*HELLO, "DATA\r\n", *steps, *end], A, B)
    assert brief(told) == [(A, kind, 0)]
    assert not told[0][1].in_doubt


@pytest.mark.parametrize("end", [[], [RESET]])
def test_a_connection_lost_after_the_dot_leaves_one_message_in_doubt(run: Run, end: list[Step]) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", ENVELOPE, DOT, "DATA\r\n", *end], A, B, C)
    assert brief(told) == [(A, "deferred", 0), (B, "unsent", 0)]
    assert [outcome.in_doubt for _, outcome in told] == [True, False]
    assert told[0][1].text == LOST


def test_a_refusal_that_was_read_stands_although_the_connection_is_lost(run: Run) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", b"250 ok\r\n550 5.1.1 no\r\n"], A, B)
    assert brief(told) == [(A, "bounced", 550)]


@pytest.mark.parametrize(("answers", "kind"), BEFORE_DOT)
def test_a_server_that_says_nothing_before_the_dot_times_out(run: Run, answers: bytes, kind: str) -> None:
    script = [*HELLO, "DATA\r\n", answers, 1.2]
    told = talk(run, script, A, B, command_timeout=0.5, data_timeout=20)
    assert brief(told) == [(A, kind, 0)]
    assert "0.5 s" in told[0][1].text


def test_a_server_that_never_answers_the_dot_times_out_in_doubt(run: Run) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", ENVELOPE, DOT, 1.0], A, B, command_timeout=20, data_timeout=0.4)
    assert brief(told) == [(A, "deferred", 0), (B, "unsent", 0)]
    assert told[0][1].in_doubt
    assert "0.4 s after the message was sent" in told[0][1].text


def test_a_slow_answer_within_its_time_is_waited_for(run: Run) -> None:
    script = [*HELLO, "DATA\r\n", 0.3, ENVELOPE, DOT, 1.4, b"250 ok\r\n"]
    assert brief(talk(run, script, A, command_timeout=1.3, data_timeout=20)) == [(A, "delivered", 250)]


def test_a_long_message_on_a_thin_line_is_not_timed_out_while_it_flows(run: Run) -> None:
    content = b"x" * 76 + b"\r\n"
    # Larger than what kernels buffer, read by the server with pauses that add up to several times data_timeout.
    steps: list[Step] = [step for k in range(12) for step in (f"Mark: {k}.", 0.15)]
    marked = b"".join(b"Mark: %d.\r\n" % k + content * 20000 for k in range(12))
    with Scripted([*HELLO, "DATA\r\n", ENVELOPE, *steps, DOT, b"250 ok\r\n"]) as server:
        told = run(connect_and_send(server.port, mail(A, content=marked), data_timeout=1.5, command_timeout=20))
    assert brief(told) == [(A, "delivered", 250)]


NONSENSE = [b"\x16\x03\x01 what\r\n", b"250 " + b"x" * 9000, b"399 odd\r\n"]


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("answers", [b"", b"250 ok\r\n", b"250 ok\r\n250 ok\r\n"])
def test_nonsense_before_the_dot_defers_the_message(run: Run, answers: bytes, nonsense: bytes) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", answers + nonsense, 0.05], A, B)
    assert [(recipient, outcome.kind) for recipient, outcome in told] == [(A, "deferred")]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_after_the_dot_leaves_the_message_in_doubt(run: Run, nonsense: bytes) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", ENVELOPE, DOT, "DATA\r\n", nonsense, 0.05], A, B)
    assert [outcome.kind for _, outcome in told] == ["deferred", "unsent"]
    assert told[0][1].in_doubt


def test_250_to_data_is_not_taken_for_354(run: Run) -> None:
    told = talk(run, [*HELLO, "DATA\r\n", b"250 ok\r\n250 ok\r\n250 ok\r\n", 0.05], A)
    assert brief(told) == [(A, "deferred", 250)]
    assert not told[0][1].in_doubt


def test_a_refused_rset_ends_the_connection_with_the_message_unsent(run: Run) -> None:
    script = [*HELLO, "DATA\r\n", b"250 ok\r\n550 no\r\n503 no\r\n", "DATA\r\n", b"500 what\r\n", 0.05]
    assert brief(talk(run, script, A, B)) == [(A, "bounced", 550), (B, "unsent", 500)]


@pytest.mark.parametrize("raiser", ["next_message", "on_outcome"])
def test_what_the_lane_raises_comes_out_of_run(run: Run, raiser: str) -> None:
    async def scene(port: int) -> None:
        smtp = client(port)
        await smtp.connect()
        left = [mail(A), mail(B)]

        def next_message() -> Outgoing | None:
            if raiser == "next_message" and len(left) == 1:
                raise ZeroDivisionError
            return left.pop() if left else None

        def on_outcome(message: Outgoing, outcome: Outcome) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await smtp.run(next_message, on_outcome)
        assert not smtp.open

    with Sink() as sink:
        run(scene(sink.port))


@pytest.mark.parametrize("how", ["cancel", "abort"])
def test_a_run_that_is_stopped_tells_the_outcomes_of_what_was_under_way(run: Run, how: str) -> None:
    async def scene(port: int) -> list[tuple[str, str, bool]]:
        smtp = client(port)
        await smtp.connect()
        left = [mail("slow@y.example"), mail(B)]
        told: list[tuple[str, str, bool]] = []
        running = asyncio.create_task(
            smtp.run(lambda: left.pop(0), lambda message, o: told.append((message.recipient, o.kind, o.in_doubt)))
        )
        await asyncio.sleep(0.6)  # the slow one takes two seconds
        if how == "cancel":
            running.cancel()
        else:
            smtp.abort()
        await asyncio.wait([running], timeout=20)
        assert running.cancelled() is (how == "cancel")
        return told

    with Sink() as sink:
        assert run(scene(sink.port)) == [("slow@y.example", "deferred", True), (B, "unsent", False)]


def test_abort_from_an_outcome_gives_the_next_message_back(run: Run) -> None:
    async def scene(port: int) -> list[str]:
        smtp = client(port)
        await smtp.connect()
        left, told = [mail(A), mail(B), mail(C)], list[str]()

        def on_outcome(message: Outgoing, outcome: Outcome) -> None:
            told.append(outcome.kind)
            smtp.abort()

        await smtp.run(lambda: left.pop() if left else None, on_outcome)
        assert len(told) + len(left) == 3
        return told

    with Sink() as sink:
        told = run(scene(sink.port))
    assert told[0] == "delivered"
    assert len(told) == 2


def test_two_runs_at_once_are_a_bug_and_said_to_be(run: Run) -> None:
    async def scene(port: int) -> None:
        smtp = client(port)
        await smtp.connect()
        first = asyncio.create_task(send(smtp, mail("slow@y.example")))
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="already running"):
            await send(smtp, mail(A))
        with pytest.raises(RuntimeError, match="still running"):
            await smtp.quit()
        assert brief(await first) == [("slow@y.example", "delivered", 250)]

    with Sink(behaviours=["slow=dot:wait 0.2"]) as sink:
        run(scene(sink.port))

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.delivery.smtp_client import Outcome, Outgoing
from mailhub.sink import Sink
from tests.mailhub.delivery.smtp_scripts import (
    DOT,
    ENVELOPE,
    HELLO,
    LOCKSTEP,
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


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run


def test_the_next_envelope_leaves_with_the_content_before_it(run: Run) -> None:
    # The server answers the first dot only after it has heard the DATA of the second message.
    script = [*HELLO, "DATA\r\n", ENVELOPE, DOT, "MAIL FROM:", f"RCPT TO:<{B}>", "DATA\r\n"]
    script += [b"250 2.0.0 first\r\n" + ENVELOPE, DOT, b"250 2.0.0 second\r\n"]
    told = talk(run, script, A, B)
    assert brief(told) == [(A, "delivered", 250), (B, "delivered", 250)]
    assert [outcome.text for _, outcome in told] == ["first", "second"]


def test_content_waits_for_its_354_and_is_written_exactly(run: Run) -> None:
    with Scripted([*HELLO, "DATA\r\n", 0.1, ENVELOPE, DOT, b"250 ok\r\n"]) as server:
        run(connect_and_send(server.port, Outgoing("s@x.example", A, (b".hidden\r\n", b"end"))))
    assert server.heard == [
        b"EHLO here.example\r\nMAIL FROM:<s@x.example>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n..hidden\r\nend\r\n.\r\n"
    ]


def test_a_refused_recipient_is_reset_before_the_next(run: Run) -> None:
    script = [*HELLO, "DATA\r\n", b"250 ok\r\n550 5.1.1 no\r\n503 no recipient\r\n"]
    script += ["RSET\r\n", f"RCPT TO:<{B}>\r\nDATA\r\n", b"250 reset\r\n" + ENVELOPE, DOT, b"250 ok\r\n"]
    told = talk(run, script, A, B)
    assert brief(told) == [(A, "bounced", 550), (B, "delivered", 250)]
    assert (told[0][1].enhanced, told[0][1].stage) == ("5.1.1", "rcpt")


@pytest.mark.parametrize("answer", [b"554 no valid recipients\r\n", b"250 taken for nobody\r\n"])
def test_a_refused_recipient_and_354_all_the_same_get_a_lone_dot(run: Run, answer: bytes) -> None:
    script = [*HELLO, "DATA\r\n", b"250 ok\r\n451 4.2.0 busy\r\n354 go\r\n", ".\r\n", answer]
    script += ["RSET\r\n", "DATA\r\n", b"250 reset\r\n" + ENVELOPE, DOT, b"250 ok\r\n"]
    with Scripted(script) as server:
        told = run(connect_and_send(server.port, mail(A), mail(B)))
    assert brief(told) == [(A, "deferred", 451), (B, "delivered", 250)]
    assert server.heard[0].split(b"DATA\r\n")[1].startswith(b".\r\nRSET\r\n")


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("stage", "answer", "kind"),
    [
        ("mail", "550 5.7.1 not from you", "bounced"),
        ("mail", "451 4.3.0 later", "deferred"),
        ("rcpt", "550 5.1.1 nobody", "bounced"),
        ("rcpt", "452 4.5.3 full", "deferred"),
        ("data", "554 5.7.0 no", "bounced"),
        ("data", "451 4.3.0 later", "deferred"),
        ("dot", "552 5.2.3 too big", "bounced"),
        ("dot", "451 4.7.1 greylisted", "deferred"),
    ],
)
def test_a_refusal_at_any_stage_concerns_its_message_alone(
    run: Run, pipelining: bool, stage: str, answer: str, kind: str
) -> None:
    with Sink(behaviours=[f"odd={stage}:{answer}"], pipelining=pipelining) as sink:
        odd = mail("odd@y.example", sender="odd@x.example")
        told = run(connect_and_send(sink.port, mail(A), odd, odd, mail(B)))
        assert [one.recipient for one in sink.wait_for(2)] == [A, B]
        assert sink.violations == 0
        assert sink.connections == 1
    assert [outcome.kind for _, outcome in told] == ["delivered", kind, kind, "delivered"]
    assert [outcome.stage for _, outcome in told] == ["dot", stage, stage, "dot"]
    code, enhanced, text = answer.split(" ", 2)
    assert (told[1][1].code, told[1][1].enhanced, told[1][1].text) == (int(code), enhanced, text)


def test_one_reply_too_many_is_never_taken_for_the_next_message(run: Run) -> None:
    async def scene(port: int) -> tuple[list[tuple[str, Outcome]], list[tuple[str, Outcome]], str]:
        smtp = client(port)
        await smtp.connect()
        first = await send(smtp, mail(A))
        await asyncio.sleep(0.1)
        second = await send(smtp, mail(B))
        assert smtp.ended is not None
        return first, second, smtp.ended.kind

    with Scripted([*HELLO, "DATA\r\n", ENVELOPE, DOT, b"250 ok\r\n250 again\r\n", 0.2]) as server:
        first, second, kind = run(scene(server.port))
    assert (brief(first), second, kind) == ([(A, "delivered", 250)], [], "protocol")


@pytest.mark.parametrize(("goodbye", "kind"), [(b"421 4.4.2 idle too long\r\n", "closed"), (b"", "lost")])
def test_a_connection_closed_while_idle_takes_no_message(run: Run, goodbye: bytes, kind: str) -> None:
    async def scene(port: int) -> None:
        smtp = client(port)
        await smtp.connect()
        assert brief(await send(smtp, mail(A))) == [(A, "delivered", 250)]
        await asyncio.sleep(0.15)
        assert not smtp.open
        assert smtp.ended is not None
        assert smtp.ended.kind == kind
        left = [mail(B)]
        assert not await smtp.run(lambda: left.pop(), lambda *_: None)
        assert len(left) == 1

    with Scripted([*HELLO, "DATA\r\n", ENVELOPE, DOT, b"250 ok\r\n", 0.05, goodbye]) as server:
        run(scene(server.port))


def test_an_idle_connection_runs_again_without_rset(run: Run) -> None:
    async def scene(port: int) -> list[str]:
        smtp = client(port)
        await smtp.connect()
        told = [*await send(smtp, mail(A)), *await send(smtp), *await send(smtp, mail(B), mail(C))]
        await smtp.quit()
        assert smtp.sent == 3
        return [outcome.kind for _, outcome in told]

    with Sink() as sink:
        assert run(scene(sink.port)) == ["delivered"] * 3
        assert [one.recipient for one in sink.received] == [A, B, C]
        assert {one.connection for one in sink.received} == {1}


def test_messages_refused_here_are_told_and_the_others_sent(run: Run) -> None:
    with Sink(size=100) as sink:
        bad = [mail("b>c@y.example"), mail(B, content=b"x" * 200), mail(B, sender="a b@x.example")]
        told = run(connect_and_send(sink.port, bad[0], mail(A), bad[1], bad[2], mail(C)))
        assert [one.recipient for one in sink.received] == [A, C]
    assert sorted(outcome.code for _, outcome in told) == [250, 250, 501, 501, 552]


def test_without_pipelining_each_command_waits_for_the_answer_before(run: Run) -> None:
    script: list[Step] = [*LOCKSTEP]
    for recipient in (A, B):
        script += ["\r\n", 0.02, b"250 ok\r\n", f"RCPT TO:<{recipient}>\r\n", 0.02, b"250 ok\r\n", "DATA\r\n", 0.02]
        script += [b"354 go\r\n", DOT, 0.02, b"250 ok\r\n"]
    with Scripted(script) as server:
        assert brief(run(connect_and_send(server.port, mail(A), mail(B)))) == [
            (A, "delivered", 250),
            (B, "delivered", 250),
        ]


BEHAVIOURS = [
    "mailhard=mail:550 5.7.1 not you",
    "hard=rcpt:550 5.1.1 nobody",
    "soft=rcpt:451 4.2.0 later",
    "data=data:554 5.7.0 no",
    "dotted=dot:452 4.3.1 full",
]
KINDS = {"ok": "delivered", "mailhard": "bounced", "hard": "bounced", "soft": "deferred", "data": "bounced"}
KINDS["dotted"] = "deferred"


@given(words=st.lists(st.sampled_from(sorted(KINDS)), max_size=12), pipelining=st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_outcome_belongs_to_its_message(words: list[str], pipelining: bool) -> None:
    messages = [mail(f"{word}-{k}@y.example", sender=f"{word}@x.example") for k, word in enumerate(words)]
    with Sink(behaviours=BEHAVIOURS, pipelining=pipelining) as sink:
        told = asyncio.run(connect_and_send(sink.port, *messages))
        assert [one.recipient for one in sink.received] == [m.recipient for m in messages if m.recipient[:2] == "ok"]
        assert sink.violations == 0
    assert [recipient for recipient, _ in told] == [message.recipient for message in messages]
    assert [outcome.kind for _, outcome in told] == [KINDS[word] for word in words]


ANSWERS = b"250 2.1.0 ok\r\n250-two\r\n250 lines\r\n354 go\r\n"


@given(cuts=st.lists(st.integers(1, len(ANSWERS) - 1), max_size=5))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_answers_cut_anywhere_by_the_network_are_put_together(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(ANSWERS)]
    pieces: list[Step] = []
    for start, end in pairwise(edges):
        pieces += [ANSWERS[start:end], 0.002]
    script = [*HELLO, "DATA\r\n", *pieces, DOT, b"250 ok\r\n"]
    with Scripted(script) as server:
        assert brief(asyncio.run(connect_and_send(server.port, mail(A)))) == [(A, "delivered", 250)]

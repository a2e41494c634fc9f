import asyncio
import socket

import pytest

from mailhub.delivery.smtp_client import ConnectFailed, Outcome, SmtpClient
from mailhub.sink import Sink
from tests.mailhub.delivery.smtp_scripts import (
    CONTENT,
    HELLO,
    A,
    Scripted,
    Step,
    client,
    deliver,
    failure,
    mail,
    opened,
    scripted_failure,
    send,
)


def test_the_extensions_are_read() -> None:
    async def scene(port: int) -> SmtpClient:
        smtp = await opened(port)
        smtp.abort()
        return smtp

    answer = b"250-s hello\r\n250-size 1000\r\n250-AUTH PLAIN\r\n250-AUTH=LOGIN\r\n250 pipelining\r\n"
    with Scripted([b"220-s\r\n220 ESMTP\r\n", "EHLO here.example\r\n", answer, 0.05]) as server:
        smtp = asyncio.run(scene(server.port))
    assert smtp.extensions == {"SIZE": "1000", "AUTH": "PLAIN LOGIN", "PIPELINING": ""}
    assert smtp.pipelining
    assert smtp.tls == ""


def test_a_server_without_ehlo_is_greeted_with_helo() -> None:
    script = [b"220 s\r\n", "EHLO", "\r\n", b"502 what\r\n", "HELO here.example\r\n", b"250 s\r\n"]
    script += ["MAIL FROM:<s@x.example>\r\n", b"250 ok\r\n", "RCPT", "\r\n", b"250 ok\r\n", "DATA\r\n", b"354 go\r\n"]
    with Scripted([*script, "\r\n.\r\n", b"250 ok\r\n", "QUIT\r\n", b"221 bye\r\n"]) as server:
        outcome, smtp = deliver(server.port)
    assert outcome.kind == "delivered"
    assert not smtp.pipelining


@pytest.mark.parametrize(
    ("script", "kind", "code", "temporary"),
    [
        ([b"554 5.7.1 you are listed\r\n"], "greeting", 554, False),
        ([b"421 4.7.0 too many\r\n"], "greeting", 421, True),
        ([b"220 s\r\n", "EHLO", b"550 no\r\n", "HELO", b"550 5.7.1 no\r\n"], "hello", 550, False),
        ([b"220 s\r\n", "EHLO", b"450 later\r\n"], "hello", 450, True),
        ([b"220 s\r\n", "EHLO"], "lost", 0, True),
        ([], "lost", 0, True),
        ([b"SSH-2.0-OpenSSH\r\n", 0.05], "protocol", 0, True),
        ([b"220 s\r\n250 early\r\n", 0.05], "protocol", 0, True),
        ([b"220 s\r\n", "EHLO", "\r\n", b"250 s\r\n250 more\r\n", 0.05], "protocol", 0, True),
    ],
)
def test_a_session_that_does_not_open_says_why(script: list[Step], kind: str, code: int, temporary: bool) -> None:
    told = scripted_failure(script)
    assert (told.kind, told.code, told.temporary) == (kind, code, temporary)


def test_the_words_of_the_refusal_are_kept() -> None:
    assert "554 5.7.1 you are listed" in str(scripted_failure([b"554 5.7.1 you are listed\r\n"]))


def test_a_server_that_says_nothing_is_left() -> None:
    told = scripted_failure([0.5], command_timeout=0.2)
    assert (told.kind, told.temporary) == ("timeout", True)


def test_a_closed_port_and_an_unknown_host_are_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    told = failure(port)
    assert (told.kind, told.code, told.temporary) == ("connect", 0, True)
    assert str(port) in told.text


def test_a_host_that_does_not_answer_is_left_after_connect_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # they fill the queue: the kernel drops who comes next
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        told = failure(port, connect_timeout=0.3)
        for one in waiting:
            one.close()
    assert told.kind == "connect"
    assert "0.3 s" in told.text


def test_the_source_address_is_where_the_connection_comes_from() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        async def scene() -> None:
            smtp = client(listening.getsockname()[1], source_address="127.0.0.2")
            opening = asyncio.create_task(smtp.connect())
            visitor, (address, _) = await asyncio.to_thread(listening.accept)
            visitor.close()
            assert address == "127.0.0.2"
            with pytest.raises(ConnectFailed):
                await opening

        listening.settimeout(5)
        asyncio.run(scene())


@pytest.mark.parametrize("helo", ["", "two words", "x\r\nMAIL FROM:<>"])
def test_a_name_that_could_carry_a_command_is_not_said(helo: str) -> None:
    async def scene() -> None:
        with pytest.raises(ValueError, match="EHLO"):
            client(25, helo=helo)

    asyncio.run(scene())


def test_quit_says_so_and_closes() -> None:
    with Scripted([*HELLO, "QUIT\r\n", b"221 bye\r\n"]) as server:

        async def scene() -> SmtpClient:
            smtp = await opened(server.port)
            await smtp.quit()
            return smtp

        assert not asyncio.run(scene()).open
    assert server.heard[0].endswith(b"QUIT\r\n")


@pytest.mark.parametrize("goodbye", [[], [b"nonsense\r\n", 0.05], [b"221 bye\r\n221 bye\r\n", 0.05]])
def test_quit_does_not_mind_a_server_that_leaves_without_a_word(goodbye: list[Step]) -> None:
    with Scripted([*HELLO, "QUIT\r\n", *goodbye]) as server:

        async def scene() -> None:
            smtp = await opened(server.port)
            await smtp.quit()
            await smtp.quit()
            assert await send(smtp, mail(A)) == []

        asyncio.run(scene())


def test_deliver_on_a_connection_that_is_over_leaves_the_message_unsent() -> None:
    async def scene(port: int) -> Outcome:
        smtp = await opened(port)
        await smtp.quit()
        return await smtp.deliver("s@x.example", A, CONTENT)

    with Sink() as sink:
        assert asyncio.run(scene(sink.port)).kind == "unsent"

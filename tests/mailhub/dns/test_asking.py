"""Questions over real sockets: answers, silence, forged answers, an answer that was cut off, servers that make no sense."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest
from dns.message import Message
from dns.rcode import NXDOMAIN
from dns.rdatatype import MX, TXT, A

from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Asker, Server, Unanswered, open_asker, servers
from mailhub.errors import UserError
from tests.dns_server import FAILING, MAIL, SILENT, WEB_ONLY, DnsServer, Zone

T = TypeVar("T")
ZONES = {
    "good.example": MAIL,
    "web.example": WEB_ONLY,
    "failing.example": FAILING,
    "silent.example": SILENT,
    "long.example": Zone(mx=MAIL.mx, truncated=True),
}


SOON = 0.3
"""Seconds for who will not be answered; who will be has 20, however busy the machine is."""


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """A DNS server that knows `ZONES`."""
    with DnsServer(ZONES) as server:
        yield server


def ask(asked: list[Server], work: Callable[[Asker], Awaitable[T]], timeout: float = 20) -> T:
    async def run() -> T:
        asker = Asker(asked, timeout)
        try:
            return await work(asker)
        finally:
            asker.close()

    return asyncio.run(run())


def local(dns: DnsServer) -> list[Server]:
    return [("127.0.0.1", dns.port)]


def test_an_answer(dns: DnsServer) -> None:
    answer = ask(local(dns), lambda asker: asker.ask("good.example", MX))
    assert [str(each) for rrset in answer.answer for each in rrset] == ["10 mx.example.net."]
    assert ask(local(dns), lambda asker: asker.ask("gone.example", MX)).rcode() == NXDOMAIN


def test_what_was_cut_off_is_asked_again_by_tcp(dns: DnsServer) -> None:
    answer = ask(local(dns), lambda asker: asker.ask("long.example", MX))
    assert len(answer.answer) == 1


@pytest.mark.parametrize("domain", ["failing.example", "silent.example"])
def test_no_answer(dns: DnsServer, domain: str) -> None:
    with pytest.raises(Unanswered):
        ask(local(dns), lambda asker: asker.ask(domain, MX), SOON)


def test_the_next_server_is_asked_when_the_first_is_not_there(dns: DnsServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()
    answer = ask([nobody, *local(dns)], lambda asker: asker.ask("web.example", A))
    assert len(answer.answer) == 1


def test_many_at_once_each_get_their_own() -> None:
    with DnsServer(lambda domain: Zone(a=(f"10.0.{int(domain[4:-8]) // 250}.{int(domain[4:-8]) % 250}",))) as dns:

        async def many(asker: Asker) -> list[Message]:
            return await asyncio.gather(*(asker.ask(f"firm{n}.example", A) for n in range(1000)))

        answers = ask(local(dns), many)
    for n, answer in enumerate(answers):
        assert str(answer.answer[0][0]) == f"10.0.{n // 250}.{n % 250}"


def test_a_server_that_is_slow_to_read_is_sent_no_more_than_its_socket_holds() -> None:
    """It answers only when nothing more comes; of what it was sent meanwhile nothing may be lost."""
    waited: list[int] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as slow:
        slow.bind(("127.0.0.1", 0))
        slow.settimeout(0.2)

        def answer() -> None:
            unanswered: list[tuple[bytes, tuple[str, int]]] = []
            while sum(waited) < 500:
                try:
                    unanswered.append(slow.recvfrom(4096))
                except TimeoutError:
                    waited.append(len(unanswered))
                    for octets, address in unanswered:
                        slow.sendto(octets[:2] + bytes([octets[2] | 0x80]) + octets[3:], address)
                    unanswered.clear()

        async def many(asker: Asker) -> list[Message]:
            return await asyncio.gather(*(asker.ask(f"firm{n}.example", A) for n in range(500)))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert len(ask([slow.getsockname()], many)) == 500
        thread.join(20)
    assert max(waited) <= 200


def test_answers_to_other_questions_and_rubbish_are_not_believed() -> None:
    """A server that answers with the wrong number, the wrong question, a question, and noise, is as good as silent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.bind(("127.0.0.1", 0))
        liar.settimeout(20)

        def lie() -> None:
            for _ in range(2):
                octets, address = liar.recvfrom(4096)
                other = octets[:12] + octets[12:].replace(b"good", b"evil")
                answered = bytes([octets[2] | 0x80])
                for forged in (b"", b"\0", octets, bytes([octets[0] ^ 1]) + octets[1:2] + answered + octets[3:],
                               other[:2] + answered + other[3:], b"\xff" * 600):  # fmt: skip
                    liar.sendto(forged, address)

        thread = threading.Thread(target=lie)
        thread.start()
        with pytest.raises(Unanswered):
            ask([liar.getsockname()], lambda asker: asker.ask("good.example", MX), SOON)
        thread.join(20)


def test_an_answer_that_cannot_be_read_is_none() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as broken:
        broken.bind(("127.0.0.1", 0))
        broken.settimeout(20)

        def answer() -> None:
            for _ in range(2):
                octets, address = broken.recvfrom(4096)
                broken.sendto(octets[:2] + bytes([octets[2] | 0x80]) + octets[3:6] + b"\0\x09" + octets[8:-11], address)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unanswered):
            ask([broken.getsockname()], lambda asker: asker.ask("good.example", MX))
        thread.join(20)


def test_a_record_that_cannot_be_read_hides_no_other() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as odd:
        odd.bind(("127.0.0.1", 0))
        odd.settimeout(20)

        def answer() -> None:
            octets, address = odd.recvfrom(4096)
            record = b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c"  # TXT under the name that was asked for, a minute long
            records = record + b"\0\0" + record + b"\0\x04\x03abc"
            odd.sendto(octets[:2] + b"\x81\x80" + octets[4:6] + b"\0\x02\0\0\0\0" + octets[12:-11] + records, address)

        thread = threading.Thread(target=answer)
        thread.start()
        answer_read = ask([odd.getsockname()], lambda asker: asker.ask("good.example", TXT))
        thread.join(20)
    assert [each.strings for rrset in answer_read.answer for each in rrset] == [(b"abc",)]


def test_whether_anybody_is_there(dns: DnsServer) -> None:
    assert ask(local(dns), lambda asker: asker.is_heard())
    dns.deaf = True
    assert not ask(local(dns), lambda asker: asker.is_heard(), SOON)


def test_servers_as_they_are_written() -> None:
    assert servers(["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:5353", " 10.0.0.1 "]) == [
        ("127.0.0.1", 53), ("127.0.0.1", 5353), ("::1", 53), ("::1", 5353), ("10.0.0.1", 53),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.0.0.1:", "127.0.0.1:0x", "127.0.0.1:70000", "1.2.3", "[::1", "::1]:53"]
)
def test_servers_that_make_no_sense(text: str) -> None:
    with pytest.raises(UserError, match="dns.resolvers"):
        servers([text])


def test_a_server_must_be_given_time() -> None:
    with pytest.raises(UserError, match="dns.timeout"):
        open_asker(DnsConfig(resolvers=["127.0.0.1"], timeout=0))

"""A file over HTTPS from a real server on loopback: what is taken, and what is not."""

import asyncio
from collections.abc import Sequence

import pytest

from mailhub.delivery.fetching import LARGEST, NotFetched, fetch
from mailhub.delivery.tls import Trust
from tests.mailhub.delivery.authority import Authority, self_signed
from tests.mailhub.delivery.https_server import HttpsServer, Step, answer

HOST = "mta-sts.good.example"
AUTHORITY = Authority()
TRUST = Trust(AUTHORITY.pem)


def get(port: int, patience: float = 20, addresses: Sequence[str] = ("127.0.0.1",)) -> tuple[str, bytes]:
    return asyncio.run(fetch(HOST, "/file.txt", addresses, port, TRUST.strict, patience))


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ([answer(b"hello\r\n")], ("text/plain", b"hello\r\n")),
        ([answer(b"hello", "Text/Plain; charset=utf-8")], ("text/plain", b"hello")),
        ([b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"], ("", b"hello")),
        ([b"HTTP/1.0 200\r\n\r\nhel", b"lo"], ("", b"hello")),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"], ("", b"hello")),
        ([answer(b"x" * LARGEST)], ("text/plain", b"x" * LARGEST)),
    ],
)  # fmt: skip
def test_what_is_taken(says: list[Step], taken: tuple[str, bytes]) -> None:
    with HttpsServer(AUTHORITY.server([HOST]), *says) as web:
        assert get(web.port) == taken
        assert web.heard == [f"GET /file.txt HTTP/1.1 Host: {HOST}"]


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ([answer(b"", status="404 Not Found")], "answered 404"),
        ([answer(b"", status="301 Moved", more=f"Location: https://{HOST}/file.txt\r\n")], "answered 301"),
        ([answer(b"x" * (LARGEST + 1))], "longer than"),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (LARGEST + 1)], "longer than"),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n8001\r\n"],
            "longer than",
        ),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"], "longer than"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"], "invalid literal"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"], "invalid literal"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"], "3 bytes"),
        ([b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200], "header"),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"y" * (LARGEST + 10)], HOST),
        ([b"SSH-2.0\r\n\r\n"], "something else than HTTP"),
        ([], "0 bytes"),
    ],
)
def test_what_is_not(says: list[Step], words: str) -> None:
    with HttpsServer(AUTHORITY.server([HOST]), *says) as web, pytest.raises(NotFetched, match=words):
        get(web.port)


def test_whoever_trickles_is_not_waited_for() -> None:
    drops: list[Step] = [step for _ in range(20) for step in (b"X: y\r\n", 0.05)]
    web = HttpsServer(AUTHORITY.server([HOST]), b"HTTP/1.1 200 OK\r\n", *drops)
    with web, pytest.raises(NotFetched, match=r"within 0\.3 s"):
        get(web.port, patience=0.3)


@pytest.mark.parametrize(
    "context", [self_signed([HOST]), AUTHORITY.server(["www.good.example"]), AUTHORITY.server([HOST], days=(-3, -1))]
)
def test_certificates_that_are_not_believed(context: object) -> None:
    with HttpsServer(context, answer(b"hello")) as web:  # type: ignore[arg-type]
        with pytest.raises(NotFetched, match="(?i)certificate"):
            get(web.port)
        assert web.heard == []


def test_the_next_address_is_tried_and_none_is_a_failure() -> None:
    with HttpsServer(AUTHORITY.server([HOST]), answer(b"hello")) as web:
        assert get(web.port, addresses=["127.0.0.2", "127.0.0.1"]) == ("text/plain", b"hello")
        port = web.port
    with pytest.raises(NotFetched, match="refused|Connect"):
        get(port)
    with pytest.raises(NotFetched, match="no address"):
        get(port, addresses=[])

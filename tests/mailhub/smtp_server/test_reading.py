"""Lines, contents and dots, however the octets are cut; every known form of smuggling."""

import asyncio
from collections.abc import Iterable

import pytest

from mailhub.smtp_server.reading import COMMAND_LENGTH, LINE_LENGTH, Gone, Incoming
from mailhub.smtp_server.replies import Refused

LIMIT = 100_000
TEXT = b"Subject: x\r\n\r\n..dots\r\n.\x2e\r\n.text\r\n\r\n.\r\n"

SMUGGLED = {
    "lf-dot-lf": b"a\r\nb\n.\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "lf-dot-crlf": b"a\r\nb\n.\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-dot-lf": b"a\r\nb\r\n.\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "cr-dot-cr": b"a\r\nb\r.\rMAIL FROM:<evil@example.net>\r\n.\r\n",
    "cr-dot-crlf": b"a\r\nb\r.\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-dot-cr": b"a\r\nb\r\n.\rMAIL FROM:<evil@example.net>\r\n.\r\n",
    "lf-dot-cr": b"a\r\nb\n.\rMAIL FROM:<evil@example.net>\r\n.\r\n",
    "cr-dot-lf": b"a\r\nb\r.\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crcrlf-dot": b"a\r\nb\r\r\n.\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-dot-crcrlf": b"a\r\nb\r\n.\r\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-nul-dot": b"a\r\nb\r\n\0.\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "lf-first": b"\n.\r\n.\r\n",
    "cr-first": b"\r.\r\n.\r\n",
    "lflf-dot-crlf": b"a\r\nb\n\n.\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "lfcr-dot-lfcr": b"a\r\nb\n\r.\n\rMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-dot-nul-crlf": b"a\r\nb\r\n.\0\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-nul-dot-crlf": b"a\r\nb\r\n\0.\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "cr-nul-lf-dot": b"a\r\nb\r\0\n.\r\0\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "lone-nul": b"a\0b\r\n.\r\n",
    "8bit": b"a\r\nb\x8d\x8a.\x8d\x8aMAIL FROM:<evil@example.net>\r\n.\r\n",
    "8bit-then-crlf": b"a\r\nb\x8d\x8a.\r\nMAIL FROM:<evil@example.net>\r\n.\r\n",
    "crlf-then-8bit": b"a\r\nb\r\n..\x8d\x8aMAIL FROM:<evil@example.net>\r\n.\r\n",
    "8bit-first": b"..\x8d\x8aMAIL FROM:<evil@example.net>\r\n.\r\n",
    "lone-lf": b"a\nb\r\n.\r\n",
    "lone-cr": b"a\rb\r\n.\r\n",
}


def incoming(chunks: Iterable[bytes]) -> Incoming:
    """Octets that come in these chunks, and then the end."""
    left = iter(chunks)

    async def receive() -> bytes:
        return next(left, b"")

    return Incoming(receive)


def pieces(octets: bytes, size: int) -> list[bytes]:
    """The octets cut into pieces of a size."""
    return [octets[i : i + size] for i in range(0, len(octets), size)]


def content(chunks: Iterable[bytes], limit: int = LIMIT) -> bytes:
    """What `Incoming.content` makes of the chunks."""
    return asyncio.run(incoming(chunks).content(limit))


@pytest.mark.parametrize("size", range(1, len(TEXT) + 1))
def test_a_mail_is_read_the_same_however_it_is_cut(size: int) -> None:
    assert content(pieces(TEXT, size)) == b"Subject: x\r\n\r\n.dots\r\n.\r\ntext\r\n\r\n"


@pytest.mark.parametrize("size", range(1, 6))
def test_an_empty_mail(size: int) -> None:
    assert content(pieces(b".\r\n", size)) == b""


def test_what_follows_the_dot_is_kept_for_the_next_command() -> None:
    async def scene() -> tuple[bytes, bytes]:
        heard = incoming([b"a\r\n.\r\nNOOP\r\n"])
        return await heard.content(LIMIT), await heard.line()

    assert asyncio.run(scene()) == (b"a\r\n", b"NOOP")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("form", SMUGGLED)
def test_smuggling_is_refused_and_closes(form: str, size: int) -> None:
    with pytest.raises(Refused) as refused:
        content(pieces(SMUGGLED[form], size))
    assert (refused.value.code, refused.value.enhanced, refused.value.close) == (554, "5.6.11", True)


@pytest.mark.parametrize("text", ["été.\r\n", "㍊\r\n", "㍊. ㍊\r\n", "a.\r\n.b\r\n"])
def test_text_of_eight_bits_is_no_smuggling(text: str) -> None:
    stuffed = text.replace("\r\n.", "\r\n..").encode()
    assert content([stuffed + b".\r\n"]) == text.encode()


def test_smuggling_is_refused_before_the_end_is_heard() -> None:
    with pytest.raises(Refused):
        content([b"a\r\nb\n.\n", b"MAIL"])


@pytest.mark.parametrize("size", [1, 5, 6, 50, 5000])
def test_too_large_a_mail_is_heard_to_its_end(size: int) -> None:
    octets = b"x" * 78 + b"\r\n"

    async def scene() -> bytes:
        heard = incoming(pieces(octets * 3 + b".\r\nNOOP\r\n", size))
        with pytest.raises(Refused, match="larger than 200 bytes") as refused:
            await heard.content(200)
        assert (refused.value.code, refused.value.close) == (552, False)
        return await heard.line()

    assert asyncio.run(scene()) == b"NOOP"


def test_what_is_left_of_a_large_mail_is_not_taken_for_its_end() -> None:
    start = b"x" * 300 + b"\r\n"
    for shift in range(1, 8):
        with pytest.raises(Gone):
            content([start, b"y" * shift + b".\r", b"\n"], 100)


def test_a_large_mail_takes_no_memory() -> None:
    async def scene() -> int:
        heard = incoming([b"x" * 78 + b"\r\n"] * 5000)
        with pytest.raises(Gone):
            await heard.content(1000)
        return len(heard._buffer)

    assert asyncio.run(scene()) < 2000


def test_a_mail_of_exactly_the_limit_is_taken() -> None:
    octets = b"x" * 98 + b"\r\n"
    assert content([octets + b".\r\n"], 100) == octets
    with pytest.raises(Refused, match="larger"):
        content([octets + b".\r\n"], 99)


def test_long_lines() -> None:
    fits = b"a\r\n" + b"x" * LINE_LENGTH + b"\r\nb\r\n"
    assert content([fits + b".\r\n"]) == fits
    for line in (b"x" * (LINE_LENGTH + 1), b"x" * 20_000):
        with pytest.raises(Refused, match="a line of more than 4096") as refused:
            content([b"a\r\n" + line + b"\r\nb\r\n.\r\n"])
        assert refused.value.code == 500
        octets = b"a\r\n" + line + b"\r\nb\r\n"
        assert asyncio.run(incoming([octets + b".\r\n"]).content(LIMIT, None)) == octets, "where any length is taken"


def test_the_end_in_the_middle_of_a_mail() -> None:
    with pytest.raises(Gone):
        content([b"Subject: x\r\n"])


@pytest.mark.parametrize("size", [1, 3, 100])
def test_commands_come_line_by_line(size: int) -> None:
    async def scene() -> list[bytes]:
        heard = incoming(pieces(b"EHLO a\r\nMAIL FROM:<>\r\n\r\n", size))
        return [await heard.line() for _ in range(3)]

    assert asyncio.run(scene()) == [b"EHLO a", b"MAIL FROM:<>", b""]


def test_waiting_tells_what_came_behind_a_command() -> None:
    async def scene() -> tuple[bool, bool]:
        heard = incoming([b"STARTTLS\r\nMAIL", b" FROM\r\n"])
        await heard.line()
        behind = heard.waiting
        await heard.line()
        return behind, heard.waiting

    assert asyncio.run(scene()) == (True, False)


@pytest.mark.parametrize("line", [b"NOOP\n", b"NOOP" + b"x" * COMMAND_LENGTH + b"\r\n", b"x" * 50_000 + b"\r\n"])
def test_a_bad_line_is_refused_and_the_next_is_heard(line: bytes) -> None:
    async def scene() -> bytes:
        heard = incoming(pieces(line + b"QUIT\r\n", 1000))
        with pytest.raises(Refused) as refused:
            await heard.line()
        assert (refused.value.code, refused.value.enhanced) == (500, "5.5.2")
        return await heard.line()

    assert asyncio.run(scene()) == b"QUIT"

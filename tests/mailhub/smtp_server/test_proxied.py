"""Both versions of the PROXY protocol, and everything that is neither."""

import asyncio
import struct

import pytest

from mailhub.smtp_server.proxied import SIGNATURE, Malformed, read

TLV = b"\x01\x00\x02h2"


def second(command: int, family: int, addresses: bytes, tlvs: bytes = b"") -> bytes:
    """A header of version 2."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(addresses + tlvs)) + addresses + tlvs


IPV4 = bytes([192, 0, 2, 7, 10, 0, 0, 1]) + struct.pack("!HH", 4711, 25)
IPV6 = bytes.fromhex("20010db8000000000000000000000007" + "00" * 16) + struct.pack("!HH", 4711, 25)


def heard(octets: bytes, size: int = 1000) -> tuple[str | None, bytes]:
    """Who is brought by these octets, and what is left unread."""
    left = bytearray(octets)

    async def receive(count: int) -> bytes:
        taken = bytes(left[: min(count, size)])
        del left[: len(taken)]
        return taken

    return asyncio.run(read(receive)), bytes(left)


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    ("octets", "peer"),
    [
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 25\r\n", "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n", "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", ""),
        (b"PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n", ""),
        (second(0x21, 0x11, IPV4), "192.0.2.7"),
        (second(0x21, 0x21, IPV6), "2001:db8::7"),
        (second(0x21, 0x11, IPV4, TLV * 500), "192.0.2.7"),
        (second(0x20, 0x00, b""), None),
        (second(0x20, 0x11, IPV4, TLV), None),
        (second(0x21, 0x00, b""), ""),
        (second(0x21, 0x31, b"x" * 216), ""),
        (second(0x21, 0x12, IPV4), ""),
    ],
)
def test_whom_a_proxy_brings(octets: bytes, peer: str | None, size: int) -> None:
    assert heard(octets + b"EHLO x\r\n", size) == (peer, b"EHLO x\r\n")


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"EHLO x\r\n", b"EHLO mail.example.com\r\n", b"PROXY", b"PROXY TCP4 192.0.2.7", b"proxy unknown\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n", b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n", b"PROXY TCP4 192.0.2.700 10.0.0.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 1 65536\r\n", b"PROXY TCP4 192.0.2.7 10.0.0.1 -1 2\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3\r\n", b"PROXY TCP4  192.0.2.7 10.0.0.1 1 2\r\n",
        b"PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n", b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\n" + b"x" * 200,
        b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n", b"PROXY TCP4 192.0.2.7 10.0.0.1 1 " + b"9" * 9 + b"\r\n",
        second(0x11, 0x11, IPV4), second(0x22, 0x11, IPV4), second(0x21, 0x11, IPV4[:8]), second(0x21, 0x21, IPV4),
        second(0x21, 0x11, IPV4)[:20], SIGNATURE[:-1] + b"X" + IPV4,
    ],
)  # fmt: skip
def test_what_is_malformed(octets: bytes) -> None:
    with pytest.raises(Malformed):
        heard(octets)

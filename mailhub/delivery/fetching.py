"""One text file over HTTPS, within limits of size and time and without redirects: all that an MTA-STS policy takes."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Sequence

LARGEST = 65_536
"""Octets of the longest file; RFC 8461 section 3.3 suggests this limit."""
PATIENCE = 20.0
"""Seconds for all of it."""

_status = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |$)").match


class NotFetched(Exception):
    """There is no such file to be had; the text says why."""


async def fetch(
    host: str, path: str, addresses: Sequence[str], port: int, context: ssl.SSLContext, patience: float = PATIENCE
) -> tuple[str, bytes]:
    """The media type and the content of https://host/path, from the first address that takes a connection.

    context: decides which certificates are believed, for `host`. patience: seconds. Raises `NotFetched`.
    """
    try:
        async with asyncio.timeout(patience):
            return await _fetch(host, path, addresses, port, context)
    except TimeoutError as error:
        raise NotFetched(f"{host} did not answer within {patience:g} s") from error
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise NotFetched(f"{host}: {error or type(error).__name__}") from error


async def _fetch(
    host: str, path: str, addresses: Sequence[str], port: int, context: ssl.SSLContext
) -> tuple[str, bytes]:
    reader, writer = await _connect(host, addresses, port, context)
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: MailHub\r\nConnection: close\r\n\r\n".encode()
        )
        found = _status(await _line(reader))
        headers = await _headers(reader)
        if found is None or found[1] != b"200":  # a redirect too: RFC 8461 section 3.3
            raise NotFetched(f"{host} answered {found[1].decode() if found else 'something else than HTTP'}")
        return headers.get("content-type", "").partition(";")[0].strip().lower(), await _body(reader, headers)
    finally:
        writer.transport.abort()


async def _connect(
    host: str, addresses: Sequence[str], port: int, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    failure: OSError = OSError("it has no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(address, port, ssl=context, server_hostname=host, limit=LARGEST)
        except OSError as error:  # a certificate that is not believed, too
            failure = error
    raise failure


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(100):
        line = await _line(reader)
        if not line:
            return found
        name, _, value = line.decode("latin-1").partition(":")
        found[name.strip().lower()] = value.strip()
    raise NotFetched("too many header lines")


async def _line(reader: asyncio.StreamReader) -> bytes:
    return (await reader.readuntil(b"\n")).rstrip(b"\r\n")


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = headers.get("content-length")
    if length is None:
        return await _until_closed(reader)
    return await reader.readexactly(_within(int(length)))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """RFC 9112 section 7.1."""
    content = b""
    while size := int((await _line(reader)).partition(b";")[0], 16):
        content += await reader.readexactly(_within(size + len(content)) - len(content))
        await _line(reader)
    return content


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    content = b""
    with contextlib.suppress(ssl.SSLError):  # many close without a goodbye
        while more := await reader.read(LARGEST):
            content += more
            _within(len(content))
    return content


def _within(size: int) -> int:
    if not 0 <= size <= LARGEST:
        raise NotFetched(f"the file is longer than {LARGEST} octets")
    return size

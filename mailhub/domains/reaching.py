"""Whether this server's pages answer under another name: asked at its own address, so that no stranger is called."""

import asyncio
import contextlib
import ssl
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

SIGN = "/static/mailhub/mark.svg"
"""A file every MailHub serves to anybody."""
LIMIT = 5.0
_FILE = Path(__file__).parent.parent / "web" / SIGN.removeprefix("/")
_MOST = 65_536


async def answers(public_url: str, name: str) -> bool:
    """Whether the web server behind `public_url` serves our sign for the host `name`, over TLS with a certificate for it
    where the address says https."""
    url = urlsplit(public_url)
    secure = ssl.create_default_context() if url.scheme == "https" else None
    port = url.port or (443 if secure else 80)
    try:
        async with asyncio.timeout(LIMIT):
            reader, writer = await asyncio.open_connection(
                url.hostname, port, ssl=secure, server_hostname=name if secure else None
            )
            try:
                host = name if port in (80, 443) else f"{name}:{port}"
                writer.write(f"GET {SIGN} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii"))
                return _is_ours(await reader.read(_MOST) + await _rest(reader))
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False


async def _rest(reader: asyncio.StreamReader) -> bytes:
    read = b""
    while len(read) < _MOST and (more := await reader.read(_MOST)):
        read += more
    return read


def _is_ours(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0] + b" ":
        return False
    with contextlib.suppress(OSError):
        return sha256(body).digest() == sha256(_FILE.read_bytes()).digest()
    return False

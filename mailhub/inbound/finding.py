"""Which of our messages a mail speaks of: by the tokens in it alone. Whoever has one was written to, and nobody can make one."""

import re
from collections.abc import Iterable, Iterator

from mailhub.hub import Hub
from mailhub.parts import Part
from mailhub.tokens import MessageToken

MOST = 200
"""What looks like a token, and is tried, in one mail."""
LOOKED_AT = 1 << 20
"""Octets of a mail, and of each of its texts, that are searched."""
_LIKE_ONE = re.compile(
    r"(?:(bounce)\+([a-z2-7]{34})(?![a-z2-7])|(unsubscribe|reply)\+([0-9a-f]{42}|[a-z0-9_-]{28})(?![a-z0-9_-])"
    r"|/([uco])/([a-z0-9_-]{28})(?![a-z0-9_-]))",
    re.IGNORECASE,
)


def find(
    hub: Hub, content: bytes, parts: Iterable[Part] = (), first: Iterable[str] = (), *, links: bool = False
) -> MessageToken | None:
    """The message that a mail speaks of, or None. `first` are texts to look in before, such as addresses.

    Only return paths count, which readers do not pass on; with `links` those of links, replies and unsubscribing do too:
    a provider that leaves out who complained leaves some of them in.
    """
    tried = 0
    for text in texts(content, parts, first):
        for found in _LIKE_ONE.finditer(text):
            tried += 1
            if tried > MOST:
                return None
            if (links or found[1]) and (token := _read(hub, found)) is not None:
                return token
    return None


def texts(content: bytes, parts: Iterable[Part], first: Iterable[str] = ()) -> Iterator[str]:
    """What is searched: `first`, the mail's beginning as it came, and what is encoded in it, decoded."""
    yield from first
    yield content[:LOOKED_AT].decode("latin-1")
    for part in parts:
        if part.depth or part.header.get("content-transfer-encoding"):
            yield part.text[:LOOKED_AT]


def _read(hub: Hub, found: re.Match[str]) -> MessageToken | None:
    tokens = hub.tokens
    if found[1]:
        return tokens.read_return_path(found[2])
    if found[3]:
        if len(found[4]) == 28:
            return tokens.read_message(found[4])
        return tokens.read_leave(found[4]) or tokens.read_reply(found[4])
    return tokens.read_message(found[6])

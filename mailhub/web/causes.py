"""Why a connection failed, in words: what this server's own SMTP client notes in English and in the system's terms is told as a
sentence that can be translated. What receiving servers say stays as they said it."""

import re

from mailhub.errors import Sentence

_HOST = r"(?P<host>\S+(?: \[[^\]]*\])?)"
_UNREACHED = rf"{_HOST} port (?P<port>\d+) could not be reached: "
_KNOWN: tuple[tuple[re.Pattern[str], Sentence], ...] = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (_UNREACHED + r".*(?:Errno 99\b|annot assign requested address).*",
         Sentence("this machine does not have the address that mail was to leave from")),
        (_UNREACHED + r".*(?:Errno 111\b|onnection refused).*", Sentence("nothing listens at {host}, port {port}")),
        (_UNREACHED + r".*(?:Errno 1(?:01|13)\b|nreachable|o route to host).*",
         Sentence("there is no way from here to {host}")),
        (_UNREACHED + r".*(?:Errno -[235]\b|ame or service not known).*",
         Sentence("the name {host} does not exist in DNS")),
        (_UNREACHED + r".*", Sentence("{host}, port {port}, cannot be reached")),
        (rf"{_HOST} port (?P<port>\d+) did not answer within (?P<seconds>[\d.]+) s",
         Sentence("{host}, port {port}, did not answer within {seconds} s")),
        (r"the server did not answer within (?P<seconds>[\d.]+) s",
         Sentence("the server did not answer within {seconds} s")),
        (r"the connection was lost \(.*\)", Sentence("the server broke the connection off")),
        (r"the server closed the connection", Sentence("the server closed the connection")),
        (rf"{_HOST} closed the connection during the TLS handshake",
         Sentence("{host} closed the connection while TLS was agreed on")),
        (rf"{_HOST} does not offer STARTTLS, and this route requires it",
         Sentence("{host} offers no TLS, and this route requires it")),
        (rf"no TLS with {_HOST}: .*", Sentence("TLS with {host} failed")),
        (r"no address of (?P<route>.+) can be reached from here",
         Sentence("no address of {route} can be reached from here")),
        (rf"{_HOST} offers neither AUTH PLAIN nor AUTH LOGIN",
         Sentence("{host} offers no login that MailHub knows (AUTH PLAIN, AUTH LOGIN)")),
    )
)  # fmt: skip


def known(text: str) -> Sentence | None:
    """The sentence for a text of our own SMTP client, or None when it is somebody else's words."""
    for pattern, sentence in _KNOWN:
        found = pattern.fullmatch(text)
        if found is not None:
            return Sentence(sentence.template, **found.groupdict())
    return None

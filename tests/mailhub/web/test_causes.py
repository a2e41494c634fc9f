"""What our own SMTP client notes is told in words, in the reader's language; what others say is left alone."""

import asyncio
import socket

import pytest
from flask import Flask
from flask_babel import force_locale

from mailhub.delivery.smtp_client import ConnectFailed, SmtpClient
from mailhub.errors import Sentence
from mailhub.web.causes import known
from mailhub.web.language import said, translate


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mx.example [192.0.2.1] port 25 could not be reached: [Errno 111] Connect call failed ('192.0.2.1', 25)",
         "nothing listens at mx.example [192.0.2.1], port 25"),
        ("192.0.2.1 port 25 could not be reached: [Errno 99] error while attempting to bind on address ('192.0.2.9', 0): "
         "cannot assign requested address", "this machine does not have the address that mail was to leave from"),
        ("192.0.2.1 port 25 could not be reached: [Errno 101] Network is unreachable", "there is no way from here to 192.0.2.1"),
        ("mx.example port 25 could not be reached: [Errno -2] Name or service not known",
         "the name mx.example does not exist in DNS"),
        ("mx.example port 25 could not be reached: [Errno 1] Odd", "mx.example, port 25, cannot be reached"),
        ("mx.example port 25 did not answer within 8 s", "mx.example, port 25, did not answer within 8 s"),
        ("the server did not answer within 300 s", "the server did not answer within 300 s"),
        ("the connection was lost ([Errno 104] Connection reset by peer)", "the server broke the connection off"),
        ("the server closed the connection", "the server closed the connection"),
        ("mx.example does not offer STARTTLS, and this route requires it", "mx.example offers no TLS, and this route requires it"),
        ("no TLS with mx.example: [SSL] unknown", "TLS with mx.example failed"),
        ("no address of Été can be reached from here", "no address of Été can be reached from here"),
    ],
)  # fmt: skip
def test_what_is_known(text: str, told: str) -> None:
    assert known(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5.7.1 Refused: the server closed the connection",
        "Mailbox full",
        "mx.example greeted with a refusal: 554 no",
    ],
)
def test_the_words_of_others_are_theirs(text: str) -> None:
    assert known(text) is None


def test_it_is_said_in_the_readers_language_within_other_sentences_too(app: Flask) -> None:
    lost = "the connection was lost ([Errno 104] Connection reset by peer)"
    with app.test_request_context(), force_locale("fr"):
        assert said(lost) == "le serveur a rompu la connexion"
        assert translate(Sentence("No session: {reason}", reason=lost)).endswith("le serveur a rompu la connexion")
        assert said("Mailbox full") == "Mailbox full"


def test_what_the_client_really_says_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    async def fail(source: str | None) -> str:
        client = SmtpClient("127.0.0.1", port, helo="localhost", tls="none", source_address=source)
        with pytest.raises(ConnectFailed) as caught:
            await client.connect()
        return caught.value.text

    assert known(asyncio.run(fail(None))) == f"nothing listens at 127.0.0.1, port {port}"
    assert (
        known(asyncio.run(fail("192.0.2.99"))) == "this machine does not have the address that mail was to leave from"
    )

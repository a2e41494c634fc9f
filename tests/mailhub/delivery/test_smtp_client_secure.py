import asyncio
import socket
import ssl
from typing import Any

import pytest

from mailhub.delivery.smtp_client import ConnectFailed, SmtpClient, may_login_in_clear
from mailhub.sink import Sink
from tests.mailhub.delivery.smtp_scripts import (
    CONTENT,
    RESET,
    Scripted,
    Step,
    deliver,
    failure,
    opened,
    scripted_failure,
)


def _trusting(sink: Sink) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=sink.certificate.decode())


@pytest.mark.parametrize(("mode", "seen"), [("opportunistic", "TLSv1.3"), ("required", "TLSv1.3 verified")])
def test_starttls(mode: str, seen: str) -> None:
    with Sink(tls="starttls") as sink:
        outcome, smtp = deliver(sink.port, tls=mode, ssl_context=_trusting(sink) if mode == "required" else None)
        assert [one.content for one in sink.wait_for(1)] == [CONTENT]
    assert (outcome.kind, outcome.tls, smtp.tls) == ("delivered", seen, seen)
    assert "STARTTLS" not in smtp.extensions  # the extensions are those told under TLS


def test_tls_none_stays_in_clear_text() -> None:
    with Sink(tls="starttls") as sink:
        assert deliver(sink.port)[0].tls == ""


def test_implicit_tls() -> None:
    with Sink(tls="implicit") as sink:
        assert deliver(sink.port, tls="implicit", ssl_context=_trusting(sink))[0].tls == "TLSv1.3 verified"


def test_opportunistic_goes_without_where_it_is_not_offered() -> None:
    with Sink() as sink:
        outcome, _ = deliver(sink.port, tls="opportunistic")
    assert (outcome.kind, outcome.tls) == ("delivered", "")


def test_required_does_not_go_without() -> None:
    with Sink() as sink:
        assert failure(sink.port, tls="required").kind == "tls"


@pytest.mark.parametrize(
    ("offered", "options"),
    [
        ("starttls", {"tls": "required"}),
        ("implicit", {"tls": "implicit"}),
        ("starttls", {"tls": "opportunistic", "username": "u", "password": "p"}),
    ],
)
def test_an_unknown_certificate_is_not_accepted_where_it_matters(offered: Any, options: dict[str, str]) -> None:
    with Sink(tls=offered, login=("u", "p")) as sink:
        told = failure(sink.port, **options)
        assert sink.count == 0
    assert told.kind == "tls"
    assert "certificate" in told.text.lower()


def test_the_certificate_must_bear_the_servers_name() -> None:
    with Sink(tls="starttls") as sink:
        options = {"tls": "required", "ssl_context": _trusting(sink)}
        assert failure(sink.port, server_name="mx.y.example", **options).kind == "tls"
        assert deliver(sink.port, server_name="localhost", **options)[0].kind == "delivered"


STARTTLS: list[Step] = [b"220 s\r\n", "EHLO", "\r\n", b"250-s\r\n250 STARTTLS\r\n", "STARTTLS\r\n"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"220 ready\r\n250 injected\r\n", "clear text after"),
        (b"220 ready\r\n250 inj", "clear text after"),
        (b"454 4.7.0 not now\r\n", "454 4.7.0 not now"),
        (b"220 ready\r\n", "no TLS"),
    ],
)
def test_starttls_that_goes_wrong(answer: bytes, words: str) -> None:
    told = scripted_failure([*STARTTLS, answer, 0.05], tls="opportunistic")
    assert told.kind == "tls"
    assert words in told.text


def test_a_tls_handshake_that_is_nonsense() -> None:
    told = scripted_failure([*STARTTLS, b"220 ready\r\n", 0.05, b"250 in clear\r\n", 0.05], tls="opportunistic")
    assert told.kind == "tls"


@pytest.mark.parametrize("script", [[1.0], [RESET], [b"\x15\x03\x03\x00\x02\x02\x28", 0.05]])
def test_a_tls_handshake_that_stalls_or_is_broken_off(script: list[Step]) -> None:
    told = scripted_failure(
        [*STARTTLS, b"220 ready\r\n", "\x16\x03", *script], tls="opportunistic", connect_timeout=0.3
    )
    assert (told.kind, told.temporary) == ("tls", True)


def test_a_login_is_given_under_tls() -> None:
    with Sink(tls="starttls", login=("user", "pässword")) as sink:
        options = {"tls": "required", "ssl_context": _trusting(sink), "username": "user", "password": "pässword"}
        assert deliver(sink.port, **options)[0].kind == "delivered"


def test_a_sink_that_demands_a_login_refuses_who_gives_none() -> None:
    with Sink(login=("user", "secret")) as sink:
        outcome, _ = deliver(sink.port)
    assert (outcome.kind, outcome.code) == ("bounced", 530)


@pytest.mark.parametrize(("password", "kind"), [("secret", None), ("wrong", "login")])
def test_auth_plain_over_loopback(password: str, kind: str | None) -> None:
    with Sink(login=("user", "secret")) as sink:
        if kind is None:
            assert deliver(sink.port, username="user", password=password)[0].kind == "delivered"
        else:
            told = failure(sink.port, username="user", password=password)
            assert (told.kind, told.code, told.temporary) == (kind, 535, False)
            assert password not in told.text


AUTH_LOGIN: list[Step] = [b"220 s\r\n", "EHLO", "\r\n", b"250-s\r\n250 AUTH LOGIN\r\n", "AUTH LOGIN\r\n"]


def test_what_is_said_of_a_refused_login_does_not_say_whose_it_is() -> None:
    said = b"535 5.7.8 no such login: us@esp.example\r\n"
    told = scripted_failure(
        [b"220 s\r\n", "EHLO", "\r\n", b"250-s\r\n250 AUTH PLAIN\r\n", "AUTH PLAIN", "\r\n", said],
        username="us@esp.example", password="secret",
    )  # fmt: skip
    assert told.text.endswith("refused the login: 535 5.7.8 no such login: …")


def test_auth_login() -> None:
    script: list[Step] = [*AUTH_LOGIN, b"334 VXNlcm5hbWU6\r\n", "dXNlcg==\r\n", b"334 UGFzc3dvcmQ6\r\n"]
    script += ["c2VjcmV0\r\n", b"235 in\r\n"]

    async def scene(port: int) -> None:
        smtp = await opened(port, username="user", password="secret")
        assert smtp.open
        smtp.abort()

    with Scripted([*script, 0.05]) as server:
        asyncio.run(scene(server.port))


def test_auth_login_refused_midway_sends_no_password() -> None:
    with Scripted([*AUTH_LOGIN, b"334 VXNlcm5hbWU6\r\n", "dXNlcg==\r\n", b"454 4.7.0 later\r\n", 0.05]) as server:
        told = failure(server.port, username="user", password="secret")
    assert (told.kind, told.code, told.temporary) == ("login", 454, True)
    assert b"c2VjcmV0" not in server.heard[0]


def test_a_server_without_a_known_login_method() -> None:
    script: list[Step] = [b"220 s\r\n", "EHLO", "\r\n", b"250-s\r\n250 AUTH CRAM-MD5\r\n", 0.05]
    told = scripted_failure(script, username="user", password="secret")
    assert (told.kind, told.temporary) == ("login", False)


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("192.0.2.1", False), ("fe80::1%eth0", False)],
)
def test_a_login_goes_in_clear_text_only_within_the_machine(peer: str, allowed: bool) -> None:
    assert may_login_in_clear(peer) is allowed


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address would be used
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def test_a_login_is_never_sent_in_clear_text_over_the_network() -> None:
    address = _own_address()
    if may_login_in_clear(address):
        pytest.skip("this machine has no address but loopback")

    async def scene(port: int) -> ConnectFailed:
        smtp = SmtpClient(address, port, helo="here.example", tls="none", username="user", password="secret")
        with pytest.raises(ConnectFailed) as caught:
            await smtp.connect()
        return caught.value

    with Sink(host=address, login=("user", "secret")) as sink:
        told = asyncio.run(scene(sink.port))
    assert (told.kind, told.temporary) == ("login", False)

"""A try says what a lane would say, shows all of it but the secrets, and ends."""

import asyncio
import base64
import socket
from dataclasses import replace
from typing import Any

import pytest

from mailhub.config_sections import DnsConfig
from mailhub.delivery.mx import Destinations
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import Shaping, load
from mailhub.delivery.tls import SYSTEM, Trust
from mailhub.dns.lookup import open_lookup
from mailhub.routing import trying
from mailhub.routing.transcript import MASK, Transcript
from mailhub.routing.trying import Ground, Letter, Result, try_route
from mailhub.sink import Sink
from tests.dns_server import FAILING, NULL_MX, DnsServer, Zone
from tests.mailhub.delivery.smtp_scripts import Scripted

MAIL = Letter("me@here.example", "you@there.example", b"Subject: x\r\n\r\nhello\r\n")
SHIPPED = load("", None)
HERE = (Egress(0, "", "here.example"),)


def _smart(port: int, **columns: Any) -> Route:
    given = {"host": "127.0.0.1", "port": port, "egresses": HERE, **columns}
    return Route(1, "main", "smart_host", **given)


def _try(
    route: Route,
    letter: Letter = MAIL,
    dns: DnsServer | None = None,
    trust: Trust = SYSTEM,
    shaping: Shaping = SHIPPED,
    mx_port: int = 25,
) -> tuple[Result, Transcript]:
    transcript = Transcript(route.username, route.password)
    settings = DnsConfig(resolvers=[dns.address if dns else "127.0.0.1:9"], timeout=2.0)

    async def scene() -> Result:
        port = mx_port if route.port == 25 else route.port
        found = Destinations(open_lookup(settings), port=port, provider=shaping.provider_of)
        try:
            return await try_route(route, letter, Ground(found, shaping, mx_port), transcript, trust)
        finally:
            found.close()

    return asyncio.run(scene()), transcript


def _said(transcript: Transcript, who: str) -> list[str]:
    return [text.format(**values) for _, by, text, values in transcript.lines if by == who]


def test_a_mail_is_sent_and_the_whole_conversation_is_there() -> None:
    with Sink() as sink:
        result, heard = _try(_smart(sink.port))
        (taken,) = sink.wait_for(1)
    assert taken.content == b"Subject: x\r\n\r\nhello\r\n"
    assert result.good
    assert "took the mail (250)" in result.meaning[0]
    assert "does not offer TLS" in result.meaning[1]
    assert _said(heard, "us") == [
        "EHLO here.example", "MAIL FROM:<me@here.example> SIZE=21", "RCPT TO:<you@there.example>", "DATA", "QUIT",
    ]  # fmt: skip
    codes = [line[:3] for line in _said(heard, "them")]
    assert codes[0] == "220"
    assert codes[-5:] == ["250", "250", "354", "250", "221"]
    notes = _said(heard, "note")
    assert notes[0] == f"Connected to 127.0.0.1 (127.0.0.1, port {sink.port}) from 127.0.0.1."
    assert notes[1] == "The mail itself, 24 bytes, and the dot that ends it."


def test_a_connection_alone_sends_nothing() -> None:
    with Sink() as sink:
        result, heard = _try(_smart(sink.port), Letter("me@here.example", ""))
        assert sink.count == 0
    assert result.good
    assert "No mail was sent" in result.meaning[0]
    assert _said(heard, "us") == ["EHLO here.example", "QUIT"]


def test_encryption_is_told_with_the_certificates_name_and_what_it_proves() -> None:
    with Sink(tls="starttls") as sink:
        result, heard = _try(_smart(sink.port))
        assert result.good
        assert "nothing proves who the server is" in result.meaning[1]
        sure, _ = _try(_smart(sink.port, tls="required"), trust=Trust(sink.certificate.decode()))
        assert sure.good
        assert "the certificate proves who the server is" in sure.meaning[1]
        unsure, _ = _try(_smart(sink.port, tls="required"))
    assert not unsure.good
    assert "The certificate of 127.0.0.1 proves nothing" in unsure.meaning[0]
    (note,) = [each for each in _said(heard, "note") if each.startswith("Encrypted")]
    assert "TLSv1.3" in note
    assert "The certificate is for " in note
    assert "?" not in note


def test_where_tls_breaks_an_opportunistic_route_goes_on_without() -> None:
    broken = [b"220 s\r\n", "\r\n", b"250-s\r\n250 STARTTLS\r\n", "STARTTLS\r\n", b"454 not now\r\n"]
    plain = [b"220 s\r\n", "\r\n", b"250 s\r\n", "QUIT\r\n", b"221 bye\r\n"]
    with Scripted(broken, plain) as server:
        result, heard = _try(_smart(server.port), Letter("me@here.example", ""))
    assert result.good
    assert any("Once more, without TLS" in note for note in _said(heard, "note"))
    assert "everybody on the way can read" in result.meaning[1]


@pytest.mark.parametrize("offered", ["PLAIN LOGIN", "LOGIN"])
def test_no_login_is_ever_shown(offered: str) -> None:
    hello = f"250-s\r\n250 AUTH {offered}\r\n".encode()
    if offered == "LOGIN":
        login = ["AUTH LOGIN\r\n", b"334 VXNlcm5hbWU6\r\n", "\r\n", b"334 UGFzc3dvcmQ6\r\n", "\r\n"]
    else:
        login = ["AUTH PLAIN", "\r\n"]
    refusal = b"535 5.7.8 secret-word " + base64.b64encode(b"\0me\0secret-word") + b" is wrong\r\n"
    with Scripted([b"220 s\r\n", "\r\n", hello, *login, refusal]) as server:
        route = _smart(server.port, tls="none", username="me", password="secret-word")
        result, heard = _try(route)
    assert not result.good
    assert "did not take the login" in result.meaning[0]
    told = repr(heard.lines) + repr(result)
    assert "secret-word" not in told
    for word in (b"secret-word", b"\0me\0secret-word"):
        assert base64.b64encode(word).decode() not in told
    assert any(MASK in line for line in _said(heard, "us"))
    if offered == "LOGIN":
        assert _said(heard, "us")[1:] == ["AUTH LOGIN", MASK, MASK]


@pytest.mark.parametrize(
    ("script", "meaning"),
    [
        ([b"554 go away\r\n"], "does not talk to this machine"),
        (
            [b"220 s\r\n", "\r\n", b"550 bad name\r\n", "\r\n", b"550 bad name\r\n"],
            "refuses the name this machine gives",
        ),
        ([b"HTTP/1.1 400 Bad Request\r\n"], "does not speak SMTP as it should"),
        ([], "closed the connection"),
    ],
)
def test_what_keeps_a_session_from_opening_is_explained(script: list[bytes | str], meaning: str) -> None:
    with Scripted(script) as server:
        result, _ = _try(_smart(server.port, tls="none"))
    assert not result.good
    assert meaning in result.meaning[0]


def test_nobody_at_home_is_explained() -> None:
    with Sink() as sink:
        port = sink.port
    result, heard = _try(_smart(port))
    assert "Nothing listens at 127.0.0.1" in result.meaning[0]
    assert _said(heard, "note")[0].startswith("No session: ")


def test_a_try_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "LIMIT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result, _ = _try(_smart(silent.getsockname()[1]))
    assert not result.good
    assert "It took longer than" in result.meaning[0] or "said nothing" in result.meaning[0]


def _direct(port: int) -> Route:
    """From an IPv6 address first, which reaches no server of IPv4."""
    egresses = (Egress(2, "::1", "here.example"), Egress(1, "127.0.0.1", "here.example"))
    return Route(1, "mx", "direct", port=port, egresses=egresses)


def test_a_direct_route_asks_the_recipients_mail_servers_in_order() -> None:
    zones = {
        "there.example": Zone(mx=((20, "second.example"), (10, "first.example"))),
        "first.example": Zone(a=("127.0.0.66",)),
        "second.example": Zone(a=("127.0.0.1",)),
    }
    with Sink() as sink, DnsServer(zones) as dns:
        result, heard = _try(_direct(sink.port), dns=dns)
        assert len(sink.wait_for(1)) == 1
    assert result.good
    notes = _said(heard, "note")
    assert notes[0] == "Mail server of there.example: first.example (preference 10), 127.0.0.66."
    assert notes[1].startswith("Mail server of there.example: second.example")
    assert notes[2].startswith("No session: ")
    assert notes[3].startswith("Connected to second.example (127.0.0.1")


def test_a_direct_route_is_tried_at_the_port_and_with_the_tls_that_mail_would_have() -> None:
    zones = {"there.example": Zone(mx=((10, "mx.sure.example"),)), "mx.sure.example": Zone(a=("127.0.0.1",))}
    strict = Shaping({"sure": {"name": "Sure", "mx": ["sure.example"], "tls": "required"}})
    with Sink() as sink, DnsServer(zones) as dns:
        route = replace(_direct(25), egresses=_direct(25).egresses[1:])
        result, _ = _try(route, dns=dns, mx_port=sink.port)
        assert result.good
        refused, heard = _try(route, dns=dns, shaping=strict, mx_port=sink.port)
        assert len(sink.wait_for(1)) == sink.count == 1
    assert not refused.good
    assert not any("without TLS" in note for note in _said(heard, "note"))


@pytest.mark.parametrize(
    ("zones", "meaning"),
    [
        ({"there.example": NULL_MX}, "takes no mail"),
        ({}, "does not exist in DNS"),
        ({"there.example": FAILING}, "DNS does not answer"),
        ({"there.example": Zone(mx=((10, "mx.there.example"),)), "mx.there.example": Zone(txt=("x",))}, "has an address in DNS"),
        ({"there.example": Zone(aaaa=("2001:db8::1",))}, "the other kind of IP"),
        ({"there.example": Zone(mx=((10, "localhost"),))}, "this server itself takes the mail"),
    ],
)  # fmt: skip
def test_what_dns_says_against_it_is_explained(zones: dict[str, Zone], meaning: str) -> None:
    with DnsServer(zones) as dns:
        result, _ = _try(replace(_direct(26), egresses=_direct(26).egresses[1:]), dns=dns)
    assert not result.good
    assert meaning in result.meaning[0]

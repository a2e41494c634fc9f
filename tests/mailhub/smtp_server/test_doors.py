"""Who comes through: TLS from the first word, proxies that say whom they bring, strangers who are turned away."""

import base64
import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub import db
from mailhub.accounts import SmtpCredential
from mailhub.hub import Hub
from mailhub.messages import Content
from mailhub.smtp_bans import SmtpBan
from mailhub.smtp_server import proxied, shared, submission
from tests.mailhub.smtp_server.listening import MAIL, Login, Raw, listening, queued
from tests.mailhub.smtp_server.test_proxied import IPV4, SIGNATURE, second

STRANGER = b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\n"
PROXIED = {"proxy_networks": ["127.0.0.0/8"], "greeting_delay": 0.0}


def free_port() -> int:
    """A port nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def plain(login: Login) -> str:
    """The words of AUTH PLAIN."""
    return base64.b64encode(f"\0{login.login}\0{login.password}".encode()).decode()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def brought(port: int, words: bytes = STRANGER) -> Raw:
    """A connection that a proxy brings; not greeted yet."""
    raw = Raw(port)
    raw.say(words)
    return raw


def test_tls_from_the_first_word(sqlite_core: Hub, login: Login, certificate: Path) -> None:
    ports = {"tls_certificate": str(certificate), "submission_tls_port": free_port()}
    with (
        listening(sqlite_core, **ports) as listener,
        smtplib.SMTP_SSL("localhost", listener.submission_tls_port, timeout=20, context=trusting(certificate)) as smtp,
    ):
        smtp.ehlo()
        assert not smtp.has_extn("starttls")
        assert smtp.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
        smtp.login(login.login, login.password)
        smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL + b"x\r\n" * 20_000)
        assert smtp.docmd("STARTTLS")[0] == 503
    assert queued() == ["bob@example.net"]
    assert b"with ESMTPSA" in bytes(Content.get().body)


@pytest.mark.parametrize("keys", [{}, {"submission_tls_port": 0}])
def test_without_a_certificate_or_a_port_it_is_off(sqlite_core: Hub, certificate: Path, keys: dict[str, int]) -> None:
    given = {"tls_certificate": str(certificate)} if keys else {}
    with listening(sqlite_core, **keys, **given) as listener:
        assert listener.submission_tls_port == 0
        assert listener.submission_port


def test_who_speaks_plainly_at_the_tls_port_harms_nobody(sqlite_core: Hub, certificate: Path) -> None:
    ports = {"tls_certificate": str(certificate), "submission_tls_port": free_port()}
    with listening(sqlite_core, **ports) as listener:
        with socket.create_connection(("127.0.0.1", listener.submission_tls_port), timeout=20) as plainly:
            plainly.sendall(b"EHLO x\r\n")
            with contextlib.suppress(ConnectionResetError):
                while plainly.recv(1000):
                    continue
        context = trusting(certificate)
        with smtplib.SMTP_SSL("localhost", listener.submission_tls_port, timeout=20, context=context) as smtp:
            assert smtp.noop()[0] == 250


def test_a_renewed_certificate_is_shown_without_a_restart(
    sqlite_core: Hub, make_certificate: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "EXCHANGE", 0.05)
    monkeypatch.setattr(shared, "CERTIFICATE", 1)
    path = tmp_path / "mail.pem"
    path.write_bytes(make_certificate())
    ports = {"tls_certificate": str(path), "submission_tls_port": free_port()}
    with listening(sqlite_core, **ports) as listener:
        before = ssl.get_server_certificate(("127.0.0.1", listener.submission_tls_port), timeout=20)
        (tmp_path / "new.pem").write_bytes(make_certificate())
        (tmp_path / "new.pem").replace(path)
        until = time.monotonic() + 20
        while ssl.get_server_certificate(("127.0.0.1", listener.submission_tls_port), timeout=20) == before:
            assert time.monotonic() < until
            time.sleep(0.05)
        with smtplib.SMTP("localhost", listener.submission_port, timeout=20) as smtp:
            smtp.starttls(context=trusting(path))
            assert smtp.ehlo()[0] == 250


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6, not even for itself")
def test_several_addresses_share_a_port(sqlite_core: Hub, login: Login) -> None:
    with listening(sqlite_core, host=["127.0.0.1", "::1"]) as listener:
        for host in ("127.0.0.1", "::1"):
            with smtplib.SMTP(host, listener.submission_port, timeout=20) as smtp:
                smtp.login(login.login, login.password)
                smtp.sendmail("ada@acme.example", ["bob@example.net"], MAIL)
    bodies = [bytes(each.body) for each in Content.select().order_by(Content.id)]
    assert [b"[127.0.0.1]" in bodies[0], b"[IPv6:::1]" in bodies[1]] == [True, True]


def test_a_proxy_says_whom_it_brings(sqlite_core: Hub, login: Login, certificate: Path) -> None:
    with listening(sqlite_core, tls_certificate=str(certificate), **PROXIED) as listener:
        with brought(listener.submission_port, second(0x21, 0x11, IPV4)) as raw:
            assert "AUTH" not in raw.ask("EHLO x"), "the proxy is on this machine, whom it brings is not"
            assert raw.ask(f"AUTH PLAIN {plain(login)}").startswith("538 5.7.11")
        with brought(listener.submission_port) as raw:
            raw.ask("EHLO x")
            assert raw.ask("STARTTLS").startswith("220")
            with trusting(certificate).wrap_socket(raw.socket, server_hostname="localhost") as secure:
                secure.sendall(b"EHLO x\r\n")
                secure.recv(4096)
                secure.sendall(f"AUTH PLAIN {plain(login)}\r\n".encode())
                assert secure.recv(4096).startswith(b"235")
                secure.sendall(b"MAIL FROM:<ada@acme.example>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
                heard = b""
                while b"354 " not in heard:
                    heard += secure.recv(4096)
                secure.sendall(MAIL + b".\r\n")
                assert secure.recv(4096).startswith(b"250")
    assert b"from x ([192.0.2.7])" in bytes(Content.get().body)
    assert SmtpCredential.get().used_from == "192.0.2.7"


@pytest.mark.parametrize("words", [b"PROXY UNKNOWN\r\n", second(0x21, 0x00, b"")])
def test_whom_a_proxy_does_not_know_may_not_sign_in_plainly(sqlite_core: Hub, login: Login, words: bytes) -> None:
    with listening(sqlite_core, **PROXIED) as listener, brought(listener.submission_port, words) as raw:
        assert "AUTH" not in raw.ask("EHLO x")


def test_a_proxy_may_speak_for_itself(sqlite_core: Hub, login: Login) -> None:
    with (
        listening(sqlite_core, **PROXIED) as listener,
        brought(listener.submission_port, second(0x20, 0x00, b"")) as raw,
    ):
        assert "AUTH PLAIN LOGIN" in raw.ask("EHLO x")


def test_tls_may_come_in_one_packet_with_the_proxys_words(sqlite_core: Hub, certificate: Path) -> None:
    ports = {"tls_certificate": str(certificate), "submission_tls_port": free_port(), **PROXIED}
    with (
        listening(sqlite_core, **ports) as listener,
        socket.create_connection(("127.0.0.1", listener.submission_tls_port), timeout=20) as plainly,
    ):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secure = trusting(certificate).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            secure.do_handshake()
        plainly.sendall(STRANGER + outgoing.read())
        heard = b""
        while not heard:
            incoming.write(plainly.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                secure.do_handshake()
                plainly.sendall(outgoing.read())
                heard = secure.read(1000)
            if data := outgoing.read():
                plainly.sendall(data)
    assert heard.startswith(b"220 ")


@pytest.mark.parametrize(
    "words", [b"EHLO x\r\nEHLO y\r\n", b"PROXY TCP4 a b c d\r\n", SIGNATURE + b"\x21\x11\x00\x01x"]
)
def test_a_proxy_that_does_not_say_whom_it_brings_is_closed(sqlite_core: Hub, words: bytes) -> None:
    with listening(sqlite_core, **PROXIED) as listener, contextlib.closing(Raw(listener.inbound_port).socket) as proxy:
        proxy.sendall(words)
        with contextlib.suppress(ConnectionResetError):
            assert proxy.recv(1000) == b""


def test_a_silent_proxy_is_closed(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxied, "PATIENCE", 0.1)
    with listening(sqlite_core, **PROXIED) as listener, contextlib.closing(Raw(listener.inbound_port).socket) as proxy:
        assert proxy.recv(1000) == b""


def test_nobody_else_may_say_whom_they_bring(sqlite_core: Hub) -> None:
    with listening(sqlite_core) as listener, brought(listener.inbound_port) as raw:
        assert raw.hear().startswith("500 5.5.1")


def test_who_is_banned_is_turned_away_and_a_lift_lets_in(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "EXCHANGE", 0.05)
    now = db.now_ms()
    with db.transaction():
        SmtpBan.create(subject="192.0.2.7", reason="hand", count=1, made_at=now, until=None, changed_at=now)
    with listening(sqlite_core, **PROXIED) as listener:
        assert brought(listener.inbound_port).hear().startswith("421 4.7.0 Your address is banned")
        assert brought(listener.inbound_port, STRANGER.replace(b".7 ", b".8 ")).hear().startswith("220 ")
        with db.transaction():
            SmtpBan.update(until=db.now_ms(), changed_at=db.now_ms()).execute()
        until = time.monotonic() + 20
        while not brought(listener.inbound_port).hear().startswith("220 "):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_guessing_passwords_is_a_ban_that_other_processes_know(
    sqlite_core: Hub, login: Login, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "WRONG_LOGIN_DELAY", 0.0)
    monkeypatch.setattr(shared, "EXCHANGE", 0.05)
    ports = {"tls_certificate": str(certificate), "submission_tls_port": free_port(), "ban_after": 3, **PROXIED}
    with listening(sqlite_core, **ports) as listener:
        with brought(listener.submission_port) as raw:
            raw.ask("EHLO x")
            raw.ask("STARTTLS")
            with trusting(certificate).wrap_socket(raw.socket, server_hostname="localhost") as secure:
                secure.sendall(b"EHLO x\r\n")
                secure.recv(4096)
                codes = []
                for _ in range(3):
                    secure.sendall(b"AUTH PLAIN AGEAYg==\r\n")
                    codes.append(secure.recv(4096)[:3])
                assert codes == [b"535"] * 3
                assert secure.recv(4096) == b"", "and closed at the third"
        assert brought(listener.inbound_port).hear().startswith("421 4.7.0 Your address is banned")
        until = time.monotonic() + 20
        while not SmtpBan.select().where(SmtpBan.subject == "192.0.2.7", SmtpBan.reason == "login").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
    assert SmtpBan.select().count() == 1, "a login that does not exist is not banned"

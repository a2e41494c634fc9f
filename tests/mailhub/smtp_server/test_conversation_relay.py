"""No open relay: every classic form, at both listeners; and what comes too early is never taken for something else."""

import contextlib
from collections.abc import Iterator

import pytest

from mailhub import hookimpl
from mailhub.hub import Hub
from mailhub.inbound.arrivals import Arrival
from mailhub.messages import Content
from mailhub.smtp_server import Listener
from tests.mailhub.smtp_server.listening import MAIL, Login, Raw, listening, queued, signed_in

RELAYS = (
    "<victim@elsewhere.example>", "<victim%elsewhere.example@in.example>", "<victim%elsewhere.example@localhost>",
    "<elsewhere.example!victim>", "<elsewhere.example!victim@in.example>", "<@in.example:victim@elsewhere.example>",
    "<@localhost,@in.example:victim@elsewhere.example>", '<"victim@elsewhere.example">',
    '<"victim@elsewhere.example"@localhost>', '<"victim%elsewhere.example"@in.example>',
    "<victim@elsewhere.example@in.example>", "<victim@[192.0.2.1]>", "<victim@[IPv6:2001:db8::1]>", "<victim@[127.0.0.1]>",
    "<victim>", "<>", "victim@elsewhere.example", "<victim@elsewhere.example@localhost>", "<postmaster@elsewhere.example>",
    "<victim:elsewhere.example@in.example>", "<victim@elsewhere.example,box@in.example>", "<victim@localhost>",
)  # fmt: skip
SENDERS = (
    "<>",
    "<box@in.example>",
    "<spammer@elsewhere.example>",
    "<root@localhost>",
    "<postmaster>",
    "<x@[127.0.0.1]>",
)


class Box:
    """A plugin that takes mail for box@in.example alone."""

    @property
    def taken(self) -> list[str]:
        """Whom mail was taken for."""
        return [each.recipient for each in Arrival.select().order_by(Arrival.id)]

    @hookimpl
    def accept_recipient(self, recipient: str) -> bool | None:
        return True if recipient.lower() == "box@in.example" else None


@pytest.fixture
def box(sqlite_core: Hub) -> Box:
    """The plugin, registered."""
    made = Box()
    sqlite_core.manager.register(made, "box")
    return made


@pytest.fixture
def strict(sqlite_core: Hub, box: Box) -> Iterator[Listener]:
    """Both listeners, for a peer that has all the patience of the world."""
    with listening(sqlite_core, ban_after=0) as started:
        yield started


def test_inbound_relays_for_nobody(strict: Listener, box: Box) -> None:
    for sender in SENDERS:
        for number, recipient in enumerate(RELAYS):
            if number % 8 == 0:  # not so many wrong commands in one conversation that it ends
                raw = Raw(strict.inbound_port)
                raw.hear()
                raw.ask("EHLO in.example")
            raw.ask(f"MAIL FROM:{sender}")
            assert raw.ask(f"RCPT TO:{recipient}")[:1] == "5", (sender, recipient)
            assert raw.ask("DATA").startswith("503"), (sender, recipient)
            raw.ask("RSET")
            raw.socket.settimeout(20)
            if number % 8 == 7 or recipient == RELAYS[-1]:
                raw.socket.close()
    assert (queued(), box.taken, Content.select().count()) == ([], [], 0)


def test_inbound_takes_for_its_own_alone_when_both_are_asked_for(strict: Listener, box: Box) -> None:
    with Raw(strict.inbound_port) as raw:
        raw.ask("EHLO x")
        raw.ask("MAIL FROM:<>")
        assert raw.ask("RCPT TO:<box@in.example>").startswith("250")
        assert raw.ask("RCPT TO:<victim@elsewhere.example>").startswith("550 5.1.1")
        raw.ask("DATA")
        raw.say(MAIL + b".\r\n")
        assert raw.hear().startswith("250")
    assert (queued(), box.taken) == ([], ["box@in.example"])


def test_a_source_route_is_left_out(strict: Listener, box: Box) -> None:
    with Raw(strict.inbound_port) as raw:
        raw.ask("EHLO x")
        raw.ask("MAIL FROM:<>")
        assert raw.ask("RCPT TO:<@elsewhere.example:box@in.example>").startswith("250"), "RFC 5321 appendix C"


@pytest.mark.parametrize("sender", SENDERS)
def test_submission_takes_nothing_without_a_login(strict: Listener, sender: str) -> None:
    with Raw(strict.submission_port) as raw:
        raw.ask("EHLO localhost")
        assert raw.ask(f"MAIL FROM:{sender}").startswith(("530 5.7.0", "501"))
        assert raw.ask("RCPT TO:<victim@elsewhere.example>").startswith("503")
        assert raw.ask("RCPT TO:<postmaster>").startswith("503")
        assert raw.ask("DATA").startswith("503")


def test_a_login_writes_from_its_own_domain_alone(strict: Listener, login: Login) -> None:
    with signed_in(strict.submission_port, login) as smtp:
        smtp.mail("ada@acme.example")
        smtp.rcpt("victim@elsewhere.example")
        assert smtp.data(MAIL.replace(b"acme.example", b"bank.example"))[0] == 550
    assert queued() == []


@pytest.mark.parametrize("word", ["DATA", "AUTH PLAIN AGEAYg==", "AUTH LOGIN"])
def test_what_comes_behind_a_word_that_ends_a_group_closes(strict: Listener, login: Login, word: str) -> None:
    with Raw(strict.submission_port) as raw:
        raw.ask("EHLO x")
        raw.say(word.encode() + b"\r\nMAIL FROM:<ada@acme.example>\r\nRCPT TO:<bob@example.net>\r\n")
        assert raw.hear().startswith("554 5.5.1 Something came behind")
        with contextlib.suppress(ConnectionResetError):
            assert raw.hear() == ""


def test_content_behind_data_is_never_taken_for_commands(strict: Listener, login: Login) -> None:
    evil = b"MAIL FROM:<eve@acme.example>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n" + MAIL + b".\r\n"
    with signed_in(strict.submission_port, login) as smtp:
        smtp.send(b"MAIL FROM:<ada@acme.example>\r\nRCPT TO:<no address>\r\nDATA\r\n" + evil + b".\r\n")
        assert [smtp.getreply()[0] for _ in range(3)] == [250, 501, 554]
    assert queued() == []


@pytest.mark.parametrize("word", ["GET / HTTP/1.1", "POST /x HTTP/1.1", "CONNECT mail:25 HTTP/1.1"])
def test_a_browser_is_shown_the_door(strict: Listener, word: str) -> None:
    with Raw(strict.inbound_port) as raw:
        raw.say(f"{word}\r\nHost: x\r\n\r\nMAIL FROM:<>\r\n".encode())
        assert raw.hear().startswith("500 5.5.1")
        with contextlib.suppress(ConnectionResetError):
            assert raw.hear() == ""


@pytest.mark.parametrize(
    "word", ["BDAT 3 LAST", "ETRN x", "TURN", "XCLIENT ADDR=127.0.0.1", "XFORWARD NAME=x", "BURL x"]
)
def test_what_is_not_offered_is_refused(strict: Listener, word: str) -> None:
    for port in (strict.inbound_port, strict.submission_port):
        with Raw(port) as raw:
            offered = raw.ask("EHLO x")
            assert not {"CHUNKING", "ETRN", "XCLIENT", "BINARYMIME", "CRAM-MD5"} & set(
                offered.replace("-", " ").split()
            )
            assert raw.ask(word).startswith("500 5.5.1")

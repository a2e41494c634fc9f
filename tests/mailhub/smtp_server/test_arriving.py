"""Mail from elsewhere: relayed for nobody, on disk before 250, and nothing understood before that."""

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailhub import hookimpl
from mailhub.accounts import Account, Domain
from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.inbound.arrivals import Arrival, ArrivedMail
from mailhub.smtp_server import Listener, arriving
from mailhub.smtp_server.arriving import GUESSES
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.smtp_server.listening import MAIL, Raw, contents, listening, queued
from tests.mailhub.smtp_server.test_reading import SMUGGLED


class Mailbox:
    """A plugin that takes mail for in.example."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    @hookimpl
    def accept_recipient(self, sender: str, recipient: str) -> bool | None:
        self.asked.append((sender, recipient))
        if recipient.startswith("broken-rcpt"):
            raise RuntimeError("accept_recipient is broken")
        return True if recipient.endswith("@in.example") else None

    @hookimpl
    def receive_mail(self) -> bool | None:
        raise AssertionError("the listener understands nothing")


@pytest.fixture
def mailbox(sqlite_core: Hub) -> Mailbox:
    """The plugin, registered."""
    plugin = Mailbox()
    sqlite_core.manager.register(plugin, "mailbox")
    return plugin


@pytest.fixture
def smtp(listener: Listener, mailbox: Mailbox) -> Iterator[smtplib.SMTP]:
    """A server that brings mail."""
    with smtplib.SMTP("127.0.0.1", listener.inbound_port, "peer.example", timeout=20) as connected:
        yield connected


def recipients() -> list[str]:
    """Whom the mails on disk are for, in the order they came."""
    return [row.recipient for row in Arrival.select().order_by(Arrival.id)]


@pytest.mark.parametrize(
    "recipient",
    [
        "bob@example.net",
        "bob%example.net@localhost",
        "bob@example.net@localhost",
        "example.net!bob",
        '"bob@example.net"',
        '"bob@example.net"@localhost',
        "@in.example:bob@example.net",
        "bob@[127.0.0.1]",
        "bob",
    ],
)
def test_nothing_is_relayed(smtp: smtplib.SMTP, recipient: str) -> None:
    smtp.ehlo()
    assert smtp.docmd("MAIL", "FROM:<eve@example.org>")[0] == 250
    code, text = smtp.docmd("RCPT", f"TO:<{recipient}>")
    assert (code, text[:6]) == (550, b"5.1.1 ")
    assert smtp.docmd("DATA")[0] == 503


def test_a_mail_is_on_disk_with_all_that_is_known_of_it(smtp: smtplib.SMTP, mailbox: Mailbox) -> None:
    smtp.sendmail("eve@example.org", ["box@in.example", "two@in.example", "bob@example.net"], MAIL + b"..\r\n.x\r\n")
    mail = ArrivedMail.get()
    assert (mail.sender, mail.peer, mail.helo, mail.policy) == ("eve@example.org", "127.0.0.1", "peer.example", "tag")
    content = bytes(mail.content)
    assert content.startswith(b"Received: from peer.example ([127.0.0.1])\r\n\tby localhost (MailHub) with ESMTP;")
    assert content.endswith(MAIL + b"..\r\n.x\r\n")
    assert (mail.size, mail.received_at > 1_700_000_000_000) == (len(content), True)
    assert recipients() == ["box@in.example", "two@in.example"]
    assert Arrival.select().where(Arrival.mail_id == mail.id, Arrival.due_at == mail.received_at).count() == 2
    assert mailbox.asked[0] == ("eve@example.org", "box@in.example")
    assert queued() == contents() == []


def test_a_return_path_is_taken_without_asking_anybody(smtp: smtplib.SMTP, sqlite_core: Hub, mailbox: Mailbox) -> None:
    path = f"BOUNCE+{sqlite_core.tokens.return_path(1, 7).upper()}@bounce.acme.example"
    smtp.sendmail("", [path], MAIL)
    assert (recipients(), mailbox.asked) == ([path], [])
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        smtp.sendmail("", [path.replace("+", "+A", 1)], MAIL)


@pytest.mark.parametrize("local", ["postmaster", "Abuse", "fbl"])
def test_staff_and_complaints_have_an_address_at_our_domains_only(
    smtp: smtplib.SMTP, sqlite_core: Hub, mailbox: Mailbox, local: str
) -> None:
    Domain.create(account=Account.create(name="Acme", created_at=0), name="acme.example", created_at=0)
    ours = [local, f"{local}@localhost", f"{local}@acme.example", f"{local}@bounce.acme.example"]
    refused = smtp.sendmail("eve@example.org", [*ours, f"{local}@other.example"], MAIL)
    assert (recipients(), list(refused)) == (ours, [f"{local}@other.example"])


def test_a_mail_that_cannot_be_written_stays_the_senders(smtp: smtplib.SMTP) -> None:
    sql("ALTER TABLE arrivals RENAME TO gone")
    with pytest.raises(smtplib.SMTPDataError) as refused:
        smtp.sendmail("eve@example.org", ["box@in.example"], MAIL)
    assert refused.value.smtp_code == 451
    sql("ALTER TABLE gone RENAME TO arrivals")
    assert ArrivedMail.select().count() == 0
    smtp.sendmail("eve@example.org", ["box@in.example"], MAIL)
    assert recipients() == ["box@in.example"]


def test_a_plugin_that_fails_at_rcpt_is_our_trouble(smtp: smtplib.SMTP, caplog: pytest.LogCaptureFixture) -> None:
    smtp.ehlo()
    smtp.mail("eve@example.org")
    assert smtp.rcpt("broken-rcpt@in.example")[0] == 451
    assert "accept_recipient is broken" in caplog.text


def test_there_is_no_auth_here(smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    assert not smtp.has_extn("auth")
    assert smtp.docmd("AUTH", "PLAIN AAAA")[0] == 500


@pytest.mark.parametrize("form", SMUGGLED)
def test_smuggling(listener: Listener, mailbox: Mailbox, form: str) -> None:
    with Raw(listener.inbound_port) as raw:
        raw.say(b"EHLO x\r\nMAIL FROM:<eve@example.org>\r\nRCPT TO:<box@in.example>\r\nDATA\r\n")
        assert raw.codes(4) == [250, 250, 250, 354]
        raw.say(b"From: eve@example.org\r\n\r\n" + SMUGGLED[form])
        assert raw.hear().startswith("554 5.6.11")
    assert recipients() == []


def test_on_both_databases(core: Hub) -> None:
    core.manager.register(Mailbox(), "mailbox")
    with listening(core) as listener, smtplib.SMTP("127.0.0.1", listener.inbound_port, timeout=20) as smtp:
        smtp.sendmail("eve@example.org", ["box@in.example"], MAIL)
        smtp.sendmail("eve@example.org", ["two@in.example"], MAIL)
    assert recipients() == ["box@in.example", "two@in.example"]


STRANGER = {"trusted_networks": [], "greeting_delay": 0.3}


def test_who_speaks_before_the_greeting_is_turned_away(sqlite_core: Hub, mailbox: Mailbox) -> None:
    with listening(sqlite_core, **STRANGER, ban_after=2) as listener:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", listener.inbound_port), timeout=20) as early:
                early.sendall(b"EHLO x\r\n")
                assert early.recv(1000).startswith(b"554 5.5.1 You spoke before")
        with socket.create_connection(("127.0.0.1", listener.inbound_port), timeout=20) as banned:
            assert banned.recv(1000).startswith(b"421 4.7.0 Your address is banned")


def test_who_waits_is_greeted(sqlite_core: Hub, mailbox: Mailbox) -> None:
    with listening(sqlite_core, **STRANGER) as listener, Raw(listener.inbound_port) as raw:
        assert raw.ask("EHLO x").startswith("250")


def test_guessing_addresses_ends_it_and_is_a_ban(sqlite_core: Hub, mailbox: Mailbox) -> None:
    keys = {"trusted_networks": [], "greeting_delay": 0.0, "ban_after": 4}
    with listening(sqlite_core, **keys) as listener:
        with Raw(listener.inbound_port) as raw:
            raw.ask("EHLO x")
            raw.ask("MAIL FROM:<>")
            codes = [raw.ask(f"RCPT TO:<guess{number}@elsewhere.example>")[:3] for number in range(GUESSES)]
            assert codes == ["550"] * (GUESSES - 1) + ["421"]
            assert raw.hear() == ""
        with socket.create_connection(("127.0.0.1", listener.inbound_port), timeout=20) as banned:
            assert banned.recv(1000).startswith(b"421 4.7.0 Your address is banned")


BANK = {"_dmarc.bank.example": Zone(txt=("v=DMARC1; p=reject",)), "bank.example": Zone(txt=("v=spf1 -all",))}
FORGED = MAIL.replace(b"ada@acme.example", b"ada@bank.example")


def _policy(hub: Hub, policy: str, dns: DnsServer) -> None:
    inbound = replace(hub.config.inbound, policy=policy)
    hub.config = replace(hub.config, inbound=inbound, dns=replace(hub.config.dns, resolvers=[dns.address], timeout=0.5))


@pytest.mark.parametrize(("policy", "code"), [("refuse", 550), ("tag", 250)])
def test_mail_in_anothers_name_is_refused_where_the_policy_says_so(
    sqlite_core: Hub, mailbox: Mailbox, policy: str, code: int
) -> None:
    with DnsServer(BANK) as dns:
        _policy(sqlite_core, policy, dns)
        with listening(sqlite_core) as listener, smtplib.SMTP("127.0.0.1", listener.inbound_port, timeout=20) as smtp:
            for recipient, mail, expected in (
                ("box@in.example", FORGED, code),
                ("box@in.example", MAIL, 250),
                ("postmaster", FORGED, 250),
            ):
                smtp.ehlo_or_helo_if_needed()
                smtp.mail("eve@bank.example")
                smtp.rcpt(recipient)
                assert smtp.data(mail)[0] == expected, (recipient, mail)
    assert len(recipients()) == (2 if policy == "refuse" else 3)


def test_whom_a_mail_is_from_is_not_waited_for_longer_than_a_sender_waits_gladly(
    sqlite_core: Hub, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "VERDICT", 0.05)
    with DnsServer(lambda _: SILENT) as dns:
        _policy(sqlite_core, "refuse", dns)
        with listening(sqlite_core) as listener, smtplib.SMTP("127.0.0.1", listener.inbound_port, timeout=20) as smtp:
            smtp.sendmail("eve@bank.example", ["box@in.example"], FORGED)
    assert recipients() == ["box@in.example"]

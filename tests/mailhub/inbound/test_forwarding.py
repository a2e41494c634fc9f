import email
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default

import pytest

from mailhub import hookimpl
from mailhub.accounts import OPERATOR, Domain
from mailhub.db import transaction
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.inbound.forwarding import KIND, check_target, comes_back, send
from mailhub.messages import Content, Queued, Source
from mailhub.testing import make_owner


@pytest.mark.parametrize(
    "content",
    [b"Subject: x\r\n\r\nHello.\r\n", b"\0\xff\r\r\n\n" * 500, b"x" * 100_000, b"\r\n.\r\n"],
)
def test_whatever_came_is_sent_on_whole_within_a_sound_mail(sqlite_core: Hub, content: bytes) -> None:
    make_owner(sqlite_core)
    with transaction():
        number = send(
            sqlite_core, "eve@example.org\r\nBcc: x", "postmaster", content, "Sujet : été\r\nX: y", "op@b.example"
        )
    queued = Queued.get()
    assert (queued.id, queued.address) == (number, "op@b.example")
    octets = bytes(Content.get_by_id(queued.content_id or Source.get_by_id(queued.source_id).content_id).body)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    mail = email.message_from_bytes(octets, policy=default)
    assert isinstance(mail, EmailMessage)
    assert (mail["To"], mail["Subject"]) == ("op@b.example", "Fwd: Sujet : été X: y")
    assert mail["Bcc"] is None
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content() == content
    assert attachment.get_filename() == "received.eml"


def test_one_source_for_all(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    with transaction():
        for _ in range(2):
            send(sqlite_core, "", "postmaster", b"x", "", "op@b.example")
    assert Source.select().where(Source.kind == KIND).count() == 1
    assert Queued.select().count() == 2


def _sent_on(hub: Hub) -> bytes:
    with transaction():
        send(hub, "", "postmaster", b"Subject: x\r\n\r\nx\r\n", "", "op@b.example")
    return bytes(Content.get().body)


def test_what_was_sent_on_is_known_when_it_comes_back(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    made = _sent_on(sqlite_core)
    encoded = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + made.replace(
        b"=", b"=3D"
    ).replace(b"Forwarded", b"Forw=\r\narded")
    for each in (made, b"Received: x\r\n" + made.lower()[:20] + made[20:], b"Subject: Re\r\n\r\n" + made, encoded):
        assert comes_back(sqlite_core, each)
    mark = made.partition(b"MailHub-Forwarded: ")[2].partition(b"\r\n")[0]
    other = sqlite_core.tokens.sign("forwarded", b"x").encode()
    for each in (b"", b"Subject: x\r\n\r\nx", made.replace(mark, b"AAAA"), made.replace(mark, other)):
        assert not comes_back(sqlite_core, each)


class Reports:
    """A plugin that takes reports."""

    @hookimpl
    def accept_recipient(self, recipient: str) -> bool | None:
        return True if recipient == "dmarc@acme.example" else None


def _target(hub: Hub, address: str) -> None:
    config = hub.config
    hub.config = replace(
        config,
        smtp=replace(config.smtp, hostname="mx.hub.example"),
        delivery=replace(config.delivery, return_path_domain="back.hub.example"),
        inbound=replace(config.inbound, forward_to=address),
    )


@pytest.mark.parametrize(
    "address",
    [
        "postmaster@acme.example", "Abuse@ACME.example", "fbl@acme.example", "postmaster@bounce.acme.example",
        "op@mx.hub.example", "op@back.hub.example", "dmarc@acme.example", "<postmaster@mx.hub.example>",
        "nobody", "a@b@", "op@",
    ],
)  # fmt: skip
def test_what_would_go_in_circles_is_refused(core: Hub, address: str) -> None:
    make_owner(core)
    Domain.create(account=OPERATOR, name="acme.example", created_at=0)
    core.manager.register(Reports(), "reports-of-a-test")
    _target(core, address)
    with pytest.raises(UserError, match=r"inbound\.forward_to"):
        check_target(core)


def test_a_return_path_is_refused_too(sqlite_core: Hub) -> None:
    _target(sqlite_core, f"bounce+{sqlite_core.tokens.return_path(1, 2)}@elsewhere.example")
    with pytest.raises(UserError, match="circles"):
        check_target(sqlite_core)


@pytest.mark.parametrize("address", ["", "op@acme.example", "postmaster@elsewhere.example", "op@hub.example"])
def test_people_have_mailboxes_at_their_own_domains(core: Hub, address: str) -> None:
    make_owner(core)
    Domain.create(account=OPERATOR, name="acme.example", created_at=0)
    _target(core, address)
    check_target(core)

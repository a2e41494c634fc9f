import email
from email.message import EmailMessage
from email.policy import default

import pytest

from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.inbound.forwarding import KIND, send
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

"""Replies come in: each kept once with its campaign, told, forwarded when a person wrote it; a keyword unsubscribes."""

import email
import email.policy
from collections.abc import Callable

import pytest

from mailhub import Hub, domains, hookimpl, outbox
from mailhub.accounts import AccountSetting, Domain
from mailhub.addresses import Suppression, suppress
from mailhub.db import transaction
from mailhub.delivery.building import Builder
from mailhub.delivery.rendering import Composer
from mailhub.dkim_check import verify
from mailhub.messages import Content, Event, Message, Queued, Source
from mailhub.testing import Clock, make_owner
from mailhub.vocabulary import Hold
from mailhub_sending import replies, replying
from mailhub_sending.models import Campaign, Reply
from tests.mailhub.domains.zones import configure
from tests.plugins.mailhub_sending.answers import HOST, arrive, failed, reply_address, sent, written


@pytest.fixture
def message(hub: Hub, make: Callable[..., Campaign]) -> Message:
    return sent(hub, make)


@pytest.fixture
def address(hub: Hub, message: Message) -> str:
    return reply_address(hub, message)


def forwarded() -> list[Queued]:
    return list(Queued.select().join(Source).where(Source.kind == "reply"))


def test_its_own_addresses_are_taken_whatever_their_case_and_host(hub: Hub, message: Message, address: str) -> None:
    def accepted(recipient: str) -> bool | None:
        return hub.hook.accept_recipient(hub=hub, sender="p1@example.org", recipient=recipient)

    assert accepted(address) is accepted(address.upper()) is True
    assert accepted(address.replace("reply+", "reply+0")) is None
    token = hub.tokens.leave(message.content_id, message.id)
    assert accepted(f"reply+{token}@{HOST}") is None, "to unsubscribe at, not to answer"


def test_a_reply_is_kept_told_and_forwarded(hub: Hub, team, message: Message, address: str) -> None:
    assert arrive(hub, address, written("Merci !\n\nOn x, Bookshop wrote:\n> stop")) is True
    row = Reply.get()
    assert (row.account_id, row.campaign.number, row.message_id) == (team.account.id, 1, message.id)
    assert (row.kind, row.test, row.recipient) == ("reply", False, "p1@example.org")
    assert (row.sender, row.sender_name, row.subject, row.opening) == (
        "p1@example.org",
        "Zoë Martin",
        "Re: Hello",
        "Merci !",
    )
    assert (row.forwarded_to, row.kept_here) == ("desk@example.com", "")
    told = Event.get(Event.kind == "replied")
    assert (told.message_id, told.source_id, told.text) == (message.id, message.source_id, "Merci !")
    assert told.values == {"reply": row.id, "from": "p1@example.org", "subject": "Re: Hello"}
    [waiting] = forwarded()
    assert (waiting.id, waiting.address, waiting.source.stream) == (row.forwarded_id, "desk@example.com", "system")
    assert not Suppression.select().exists()


def test_however_often_it_comes_it_is_one(hub: Hub, address: str) -> None:
    for number in range(3):
        assert arrive(hub, address, b"Received: by way %d\r\n" % number + written("Merci")) is True
    assert (Reply.select().count(), len(forwarded()), Event.select().where(Event.kind == "replied").count()) == (
        1,
        1,
        1,
    )
    assert arrive(hub, address, written("Merci", Message_ID="<2@example.org>"))
    assert Reply.select().count() == 2


def test_what_fails_midway_leaves_nothing(hub: Hub, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "write_events", lambda events: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        arrive(hub, address, written("Merci"))
    monkeypatch.undo()
    assert not Reply.select().exists()
    assert not forwarded()
    assert arrive(hub, address, written("Merci")) is True
    assert (Reply.select().count(), len(forwarded())) == (1, 1)


def test_the_forwarded_mail_comes_from_the_account_signed_and_is_answered_to_its_author(
    hub: Hub, team, address: str
) -> None:  # fmt: skip
    with transaction():
        domains.add(hub, team.account.id, "example.com")
        Domain.update(proved_at=1).execute()
    arrive(hub, address, written("Merci é"))
    [waiting] = forwarded()
    source = Source.get(Source.kind == "reply")
    [claimed] = outbox.claim(source, hub.node.number, 10, hub.ms())
    [made] = Builder().build(Composer(hub).ready(source, [claimed]))
    mail = email.message_from_bytes(made, policy=email.policy.default)
    assert (mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec) == (
        "Zoë Martin via Bookshop", "ada@example.com",
    )  # fmt: skip
    assert (mail["To"], mail["Subject"]) == ("desk@example.com", "Re: Hello")
    assert mail["Reply-To"].addresses[0].addr_spec == "p1@example.org"
    assert mail.get_content().strip() == "Merci é"
    assert {each.domain for each in verify(made, domains.public_record) if each.passed} == {"example.com"}
    assert waiting.address == "desk@example.com"


@pytest.mark.parametrize("policy", ["none", "quarantine"])
def test_a_forged_reply_is_forwarded_with_a_warning(hub: Hub, team, address: str, policy: str) -> None:
    assert arrive(hub, address, written("Pay this"), verdicts=failed(policy)) is True
    row = Reply.get()
    assert (row.confirmed, row.forwarded_to, row.kept_here) == (False, "desk@example.com", "")
    mail = email.message_from_bytes(bytes(Content.get(Content.kind == "mime").body), policy=email.policy.default)
    assert mail["From"].addresses[0].display_name == "Zoë Martin via Bookshop (unverified)"
    found = hub.call(team.owner, "replies.list", kind="unverified")["replies"]
    assert [each["number"] for each in found] == [row.id]


def test_a_forged_reply_whose_domain_asks_to_refuse_it_stays_here(hub: Hub, team, address: str) -> None:
    assert arrive(hub, address, written("Pay this"), verdicts=failed("reject")) is True
    assert arrive(hub, address, written("Honest", Message_ID="<2@example.org>")) is True
    forged, honest = Reply.select().order_by(Reply.id)
    assert (forged.kept_here, forged.forwarded_id, honest.forwarded_to) == ("unverified", None, "desk@example.com")
    assert [each.id for each in forwarded()] == [honest.forwarded_id]
    found = hub.call(team.owner, "campaigns.replies", which="1", kind="unverified")
    assert [each["number"] for each in found["replies"]] == [forged.id]
    assert found["counts"] == {"open": 2, "reply": 2, "autoreply": 0, "unsubscribe": 0, "unverified": 1}


def test_a_campaigns_sender_is_written_from_only_while_its_domain_is_the_accounts(hub: Hub, address: str) -> None:
    configure(hub, "delivery", route="direct")
    arrive(hub, address, written("Merci"))
    assert Content.get(Content.kind == "mime").from_address == f"mailhub@{hub.config.smtp.hostname}"


@pytest.mark.parametrize(
    ("sender", "more"),
    [("p1@example.org", ["Auto-Submitted: auto-replied"]), ("", []), ("MAILER-DAEMON@example.org", [])],
)
def test_automatic_replies_are_listed_apart_and_not_forwarded(
    hub: Hub, message: Message, address: str, sender: str, more: list[str]
) -> None:
    assert arrive(hub, address, written("STOP", *more, Subject="Out of office"), sender) is True
    row = Reply.get()
    assert (row.kind, row.kept_here, row.forwarded_id) == ("autoreply", "autoreply", None)
    assert not forwarded()
    assert not Suppression.select().exists(), "a robot cannot ask for anything"
    assert Event.get(Event.kind == "autoreplied").message_id == message.id


def test_automatic_replies_are_forwarded_where_the_account_wants_them(hub: Hub, team, address: str) -> None:
    hub.call(team.owner, "replies.configure", forward_autoreplies=True)
    arrive(hub, address, written("Absent", "Auto-Submitted: auto-replied", Subject="Absence"))
    assert Reply.get().forwarded_to == "desk@example.com"
    body = bytes(Content.get(Content.kind == "mime").body)
    assert b"Auto-Submitted: auto-replied\r\n" in body, "whoever reads it must know not to answer by itself"


def test_out_of_office_is_told_by_its_words(hub: Hub, address: str) -> None:
    text = "Je suis absente du bureau jusqu'au 12 novembre, avec un accès limité à ma messagerie."
    arrive(hub, address, written(text, Subject="Réponse automatique : Hello"))
    assert Reply.get().kind == "autoreply"


@pytest.mark.parametrize(
    ("subject", "kind"),
    [("Automatic reply: Hello", "autoreply"), ("Réponse automatique : Hello", "autoreply"), ("Out of office: Hello", "autoreply"),
     ("Auto-reply (Hello)", "autoreply"), ("Re: Automatic reply: Hello", "reply"), ("Out of office space", "reply")],
)  # fmt: skip
def test_a_subject_as_programs_begin_it_tells_one(hub: Hub, address: str, subject: str, kind: str) -> None:
    arrive(hub, address, written("STOPP", Subject=subject))
    assert Reply.get().kind == kind


def test_a_receipt_is_automatic(hub: Hub, address: str) -> None:
    receipt = (
        "--b\nContent-Type: text/plain\n\nThis was read.\n--b\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; p1@example.org\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--"
    )
    kind = 'multipart/report; report-type=disposition-notification; boundary="b"'
    arrive(hub, address, written(receipt, Content_Type=kind, Subject="Read: Hello"))
    assert Reply.get().kind == "autoreply"


@pytest.mark.parametrize("sender", ["p1@example.org", "alias@example.net"])
def test_a_keyword_unsubscribes_whom_the_message_was_written_to(
    hub: Hub, message: Message, address: str, sender: str
) -> None:
    answer = written("STOP\n\nEnvoyé de mon iPhone", From=sender)
    for _ in range(2):
        assert arrive(hub, address, answer, sender) is True
    assert [(each.address, each.scope, each.reason) for each in Suppression.select()] == [
        ("p1@example.org", "bulk", "unsubscribed")
    ]
    row = Reply.get()
    assert (row.kind, row.kept_here, row.sender) == ("unsubscribe", "unsubscribe", sender)
    assert not forwarded()
    told = Event.get(Event.kind == "unsubscribed")
    assert (told.values["door"], told.message_id) == ("mail", message.id)
    assert not Event.select().where(Event.kind == "replied").exists()


def test_the_account_chooses_the_words(hub: Hub, team, address: str) -> None:
    hub.call(team.owner, "replies.configure", keywords="basta, ne plus recevoir")
    arrive(hub, address, written("STOP"))
    arrive(hub, address, written("Ne plus recevoir.", Message_ID="<2@example.org>"))
    assert [row.kind for row in Reply.select().order_by(Reply.id)] == ["reply", "unsubscribe"]


BOUNCE = (
    "--b\nContent-Type: text/plain\n\nUser unknown\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; p1@example.org\nAction: failed\n"
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b--"
)
FREE = (
    "Hi. This is the qmail-send program at example.org.\nI'm afraid I wasn't able to deliver your message to the following "
    "addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<p1@example.org>:\n"
    "Sorry, no mailbox here by that name. (#5.1.1)\n"
)


@pytest.mark.parametrize("sender", ["", "notices@example.org"])
def test_a_bounce_at_the_reply_address_is_no_reply(hub: Hub, address: str, sender: str) -> None:
    report = written(
        BOUNCE, Content_Type='multipart/report; report-type=delivery-status; boundary="b"', Subject="Undelivered"
    )
    assert arrive(hub, address, report, sender) is None
    assert not Reply.select().exists()


def test_a_person_who_quotes_a_bounce_is_heard(hub: Hub, address: str) -> None:
    assert arrive(hub, address, written(FREE, Subject="failure notice", From="MAILER-DAEMON@example.org"), "") is None
    assert arrive(hub, address, written(FREE, Subject="Re: failure notice")) is True
    assert Reply.get().kind == "reply"


def test_nothing_goes_round_in_circles(hub: Hub, make, message: Message, address: str) -> None:
    arrive(hub, address, written("Merci"))
    copy = bytes(Content.get(Content.kind == "mime").body)
    arrive(hub, address, copy.replace(b"<1@example.org>", b"<3@example.org>"))
    assert [row.kept_here for row in Reply.select().order_by(Reply.id)] == ["", "loop"]
    arrive(
        hub, address, written("To myself", From="Desk@example.com", Message_ID="<4@example.org>"), "desk@example.com"
    )
    assert Reply.select().order_by(Reply.id.desc()).get().kept_here == "own"
    Content.update(
        body=bytes(Content.get_by_id(message.content_id).body).replace(b"desk@example.com", address.encode())
    ).where(Content.id == message.content_id).execute()
    arrive(hub, address, written("Round", Message_ID="<5@example.org>"))
    assert Reply.select().order_by(Reply.id.desc()).get().kept_here == "loop"
    assert len(forwarded()) == 1


def test_a_flood_is_kept_but_not_forwarded_and_at_last_not_kept(
    hub: Hub, clock: Clock, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST_FORWARDED", 2)
    monkeypatch.setattr(replies, "MOST_KEPT", 3)
    for number in range(5):
        assert arrive(hub, address, written("Merci", Message_ID=f"<{number}@example.org>")) is True
    assert [row.kept_here for row in Reply.select().order_by(Reply.id)] == ["", "", "too_many"]
    clock.move(86_401)
    arrive(hub, address, written("Merci", Message_ID="<9@example.org>"))
    assert Reply.select().order_by(Reply.id.desc()).get().kept_here == ""
    monkeypatch.setattr(replies, "MOST_OCTETS", Reply.select().order_by(Reply.id.desc()).get().size)
    assert arrive(hub, address, written("Merci", Message_ID="<10@example.org>")) is True
    assert Reply.select().count() == 4


def test_a_large_mail_is_kept_whole_and_at_once(hub: Hub, address: str) -> None:
    large = written("x" * replies.SQUEEZED)
    arrive(hub, address, large)
    assert replying.whole(Reply.get()) == large
    assert len(bytes(Reply.get().content)) > len(large)


def test_neither_suppression_nor_a_hold_loses_a_reply(hub: Hub, team, address: str) -> None:
    with transaction():
        suppress(team.account.id, ["desk@example.com"], scope="all", reason="bounced", origin="", at=1)
    arrive(hub, address, written("Merci"))
    assert len(forwarded()) == 1

    class Closed:
        @hookimpl
        def admit_messages(self, hub: Hub) -> Hold:
            return Hold("closed", hub.ms() + 1000)

    hub.manager.register(Closed(), "closed")
    arrive(hub, address, written("Merci", Message_ID="<2@example.org>"))
    assert Reply.select().order_by(Reply.id.desc()).get().kept_here == "held"
    assert len(forwarded()) == 1


def test_a_tests_reply_is_marked_and_unsubscribes_nobody(hub: Hub, team, make) -> None:
    make()
    found = hub.call(team.owner, "campaigns.test", which="1", to="me@example.com")
    queued = Queued.get_by_id(int(found["messages"][0]))
    content = Source.get_by_id(queued.source_id).content_id
    address = f"reply+{hub.tokens.reply(content, queued.id)}@{HOST}"
    arrive(hub, address, written("STOP", From="me@example.com"), "me@example.com")
    row = Reply.get()
    assert (row.test, row.kind, row.campaign.number) == (True, "unsubscribe", 1)
    assert not Suppression.select().exists()


def test_other_accounts_and_what_is_gone(hub: Hub, message: Message, address: str) -> None:
    make_owner(hub, "Other")
    assert arrive(hub, f"reply+{hub.tokens.reply(message.content_id, 1)}@{HOST}", written("x")) is None
    assert arrive(hub, "ada@example.com", written("x")) is None
    Campaign.delete().execute()
    assert arrive(hub, address, written("x")) is None
    assert not Reply.select().exists()
    assert not AccountSetting.select().exists()

"""What comes is understood: bounces and complaints act once, plugins get theirs, the rest is kept for staff."""

from dataclasses import replace
from typing import Any

import pytest

from mailhub import UserError, hookimpl
from mailhub.addresses import Suppression
from mailhub.counting import totals
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.inbound import Mail, arrivals, understanding
from mailhub.inbound.arrivals import LEASE, Arrival, ArrivedMail
from mailhub.messages import NEVER, Event, Message, Outcome, Queued
from mailhub.outbox import claim, settle
from mailhub.testing import Clock, make_owner, make_source
from tests.mailhub.inbound.coming import bounce, come, complaint, delivered, return_path, work


def ledger(message: int) -> tuple[Any, ...]:
    row = Message.get_by_id(message)
    return row.outcome, row.bounce, row.code, row.enhanced


def suppressions() -> list[tuple[str, str, str]]:
    rows = Suppression.select().order_by(Suppression.id)
    return [(each.address, each.scope, each.reason) for each in rows]


def kept() -> list[tuple[str, str]]:
    return [
        (each.recipient, each.kept) for each in Arrival.select().where(Arrival.due_at == NEVER).order_by(Arrival.id)
    ]


def test_a_bounce_of_a_delivered_message_is_its_outcome_from_then_on(core: Hub) -> None:
    gone, stays = delivered(core, "gone@example.net", "stays@example.net")
    for _ in range(3):  # some servers say it again and again
        come(core, bounce("gone@example.net"), return_path(core, gone))
    work(core)
    assert ledger(gone) == ("bounced", "hard", 550, "5.1.1")
    assert Message.get_by_id(gone).text == "User unknown"
    assert ledger(stays) == ("delivered", "", 250, "")
    assert suppressions() == [("gone@example.net", "all", "bounced")]
    source = Message.get_by_id(gone).source_id
    assert totals(source) == {"delivered": 1, "bounced": 1, "bounced.hard": 1}
    events = list(Event.select().where(Event.message_id == gone).order_by(Event.id))
    assert [each.kind for each in events] == ["delivered", "bounced"]
    assert events[1].values["class"] == "hard"
    assert (Arrival.select().count(), ArrivedMail.select().count()) == (0, 0)


@pytest.mark.parametrize(
    ("status", "said", "class_"),
    [
        ("5.7.1", "550 5.7.1 Message rejected due to content restrictions", "block"),
        ("5.2.2", "452 4.2.2 The recipient's mailbox is over its storage limit", "soft"),
    ],
)
def test_what_is_not_hard_suppresses_nobody_at_once(sqlite_core: Hub, status: str, said: str, class_: str) -> None:
    (message,) = delivered(sqlite_core, "full@example.net")
    come(sqlite_core, bounce("full@example.net", status, said), return_path(sqlite_core, message))
    work(sqlite_core)
    assert ledger(message)[:2] == ("bounced", class_)
    assert suppressions() == []


def test_a_forwarded_address_is_not_the_one_that_bounces(sqlite_core: Hub) -> None:
    (message,) = delivered(sqlite_core, "anna@example.net")
    come(sqlite_core, bounce("elsewhere@example.org"), return_path(sqlite_core, message))
    work(sqlite_core)
    assert suppressions() == [("anna@example.net", "all", "bounced")]


@pytest.mark.parametrize(
    "mail",
    [
        bounce("a@example.net", "4.4.1", "421 4.4.1 Connection timed out", action="delayed"),
        bounce("a@example.net", "2.0.0", "250 2.0.0 Ok", action="delivered"),
        b"From: a@example.net\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n",
    ],
)
def test_delays_and_holiday_notices_change_nothing(sqlite_core: Hub, mail: bytes) -> None:
    (message,) = delivered(sqlite_core, "a@example.net")
    come(sqlite_core, mail, return_path(sqlite_core, message))
    work(sqlite_core)
    assert ledger(message)[0] == "delivered"
    assert suppressions() == kept() == []
    assert Arrival.select().count() == 0


def test_a_letter_to_a_return_path_is_kept_for_staff(sqlite_core: Hub) -> None:
    (message,) = delivered(sqlite_core, "a@example.net")
    path = return_path(sqlite_core, message)
    come(
        sqlite_core,
        b"From: b@example.net\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n\r\nShall we meet?\r\n",
        path,
        sender="b@example.net",
    )
    work(sqlite_core)
    assert kept() == [(path, "not_understood")]
    assert Arrival.get().subject == "Café"


@pytest.mark.parametrize(
    "line",
    [
        "List-Unsubscribe: <https://hub.example/u/{message}>",
        "List-Unsubscribe: <mailto:unsubscribe+{leave}@acme.example>",
        "Reply-To: reply+{reply}@acme.example",
        "Return-Path: <bounce+{path}@bounce.acme.example>",
    ],
)
def test_a_complaint_is_found_by_what_is_left_of_the_mail(core: Hub, line: str) -> None:
    (message,) = delivered(core, "cross@example.net")
    tokens = core.tokens
    words = {
        "message": tokens.message(1, message), "leave": tokens.leave(1, message), "reply": tokens.reply(1, message),
        "path": tokens.return_path(1, message),
    }  # fmt: skip
    for _ in range(2):
        come(core, complaint(line.format(**words)), "fbl@acme.example", sender="loop@provider.example")
    work(core)
    assert suppressions() == [("cross@example.net", "bulk", "complained")]
    assert ledger(message)[0] == "delivered"
    assert Message.get_by_id(message).complained_at
    source = Message.get_by_id(message).source_id
    assert totals(source) == {"delivered": 1, "complained": 1}
    assert Event.get(Event.kind == "complained").values == {"provider": "provider.example"}
    assert kept() == []


def test_a_complaint_about_no_message_of_ours_is_kept(sqlite_core: Hub) -> None:
    (message,) = delivered(sqlite_core, "cross@example.net")
    forged = sqlite_core.tokens.message(1, message)[:-4] + "AAAA"
    come(sqlite_core, complaint(f"List-Unsubscribe: <https://hub.example/u/{forged}>"), "fbl@acme.example")
    work(sqlite_core)
    assert kept() == [("fbl@acme.example", "no_message")]
    assert suppressions() == []


def test_a_bounce_without_a_token_of_ours_changes_nothing(sqlite_core: Hub) -> None:
    (message,) = delivered(sqlite_core, "a@example.net")
    come(sqlite_core, bounce("a@example.net"), "postmaster@acme.example")
    work(sqlite_core)
    assert kept() == [("postmaster@acme.example", "staff")]
    assert ledger(message)[0] == "delivered"


def _with(report: bytes, line: str) -> bytes:
    """A report that returns one more header line."""
    return report.replace(b"Subject: Spring", f"{line}\r\nSubject: Spring".encode())


@pytest.mark.parametrize("desk", ["postmaster@acme.example", "abuse"])
def test_at_staff_addresses_no_report_does_anything_whatever_token_is_in_it(core: Hub, desk: str) -> None:
    (message,) = delivered(core, "a@example.net")
    path = f"Return-Path: <{return_path(core, message)}>"
    come(core, _with(bounce("a@example.net"), path), desk)
    come(core, complaint(path, f"List-Unsubscribe: <https://hub.example/u/{core.tokens.message(1, message)}>"), desk)
    work(core)
    assert kept() == [(desk, "staff")] * 2
    assert ledger(message)[0] == "delivered"
    assert suppressions() == []


def test_a_bounce_at_the_feedback_address_counts_by_a_return_path_alone(core: Hub) -> None:
    first, second = delivered(core, "a@example.net", "b@example.net")
    tokens = core.tokens
    for line in (
        f"Reply-To: <reply+{tokens.reply(1, first)}@acme.example>",
        f"List-Unsubscribe: <https://hub.example/u/{tokens.message(1, first)}>",
        f"List-Unsubscribe: <mailto:unsubscribe+{tokens.leave(1, first)}@acme.example>",
    ):
        come(core, _with(bounce("a@example.net"), line), "fbl@acme.example")
    come(core, _with(bounce("b@example.net"), f"Return-Path: <{return_path(core, second)}>"), "fbl@acme.example")
    work(core)
    assert [ledger(each)[0] for each in (first, second)] == ["delivered", "bounced"]
    assert suppressions() == [("b@example.net", "all", "bounced")]
    assert kept() == [("fbl@acme.example", "no_message")] * 3


def test_a_bounce_that_comes_before_its_delivery_was_written_down_waits_for_it(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], ["a@example.net"])
    message = Queued.get().id
    come(core, bounce("a@example.net"), return_path(core, message))
    work(core)
    assert (Arrival.get().attempts, Queued.select().count()) == (0, 1)
    with transaction():
        claim(source, core.node.number, 1, core.ms())
        settle(core.node.number, [Outcome(message, 1, "delivered", core.ms(), 250)])
    core.clock = Clock(core.clock() + 10)
    work(core)
    assert ledger(message)[0] == "bounced"


def test_whoever_dies_in_the_middle_repeats_nothing_and_loses_nothing(core: Hub) -> None:
    messages = delivered(core, *[f"u{number}@example.net" for number in range(6)])
    for number, each in enumerate(messages):
        come(core, bounce(f"u{number}@example.net"), return_path(core, each))
    with transaction():
        dead = arrivals.claim(0, core.ms(), 4)
    with transaction():
        late = arrivals.claim(1, core.ms(), 4)
    assert (len(dead), len(late)) == (4, 2)
    core.clock = Clock(core.clock() + LEASE / 1000 + 1)
    work(core)
    understanding.understand(core, 1, late, float("inf"))  # it was slow, and others have done its work meanwhile
    work(core)
    assert [ledger(each)[0] for each in messages] == ["bounced"] * 6
    assert totals(Message.get().source_id) == {"bounced": 6, "bounced.hard": 6}
    assert Event.select().where(Event.kind == "bounced").count() == 6
    assert Arrival.select().count() == 0


def test_what_ends_each_who_reads_it_is_kept_unread_and_the_rest_goes_on(sqlite_core: Hub) -> None:
    killer, other = delivered(sqlite_core, "killer@example.net", "other@example.net")
    come(sqlite_core, bounce("killer@example.net"), return_path(sqlite_core, killer))
    come(sqlite_core, bounce("other@example.net"), return_path(sqlite_core, other))
    Arrival.update(attempts=3).where(Arrival.recipient == return_path(sqlite_core, killer)).execute()
    work(sqlite_core)
    assert kept() == [(return_path(sqlite_core, killer), "failed")]
    assert [ledger(each)[0] for each in (killer, other)] == ["delivered", "bounced"]


class Mailbox:
    """A plugin that takes mail for in.example."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    @hookimpl
    def receive_mail(self, mail: Mail) -> bool | None:
        if mail.recipient.startswith("broken"):
            raise RuntimeError("it is broken")
        if mail.recipient.startswith("full"):
            raise UserError("This mailbox is full: ask its owner to empty it.")
        if not mail.recipient.endswith("@in.example"):
            return None
        self.mails.append(mail)
        return True


@pytest.fixture
def mailbox(sqlite_core: Hub) -> Mailbox:
    plugin = Mailbox()
    sqlite_core.manager.register(plugin, "mailbox")
    make_owner(sqlite_core)
    return plugin


LETTER = b"From: eve@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n"


def _work_until_known(hub: Hub) -> None:
    """DNS is asked beside: what is not known at once is looked at a second later."""
    for _ in range(40):
        work(hub)
        if not Arrival.select().where(Arrival.due_at < NEVER, Arrival.attempts == 0).exists():
            return
        hub.clock = Clock(hub.clock() + 1)


def test_plugins_get_theirs_with_who_it_is_from(sqlite_core: Hub, mailbox: Mailbox) -> None:
    forged = b"Authentication-Results: localhost; dmarc=pass\r\n" + LETTER
    come(sqlite_core, forged, "box@in.example", "box@other.example", "full@in.example", sender="eve@example.org")
    _work_until_known(sqlite_core)
    (mail,) = mailbox.mails
    assert (mail.recipient, mail.sender, mail.peer) == ("box@in.example", "eve@example.org", "192.0.2.7")
    assert mail.verdicts is not None
    assert mail.content.startswith(b"Authentication-Results: localhost;")
    assert mail.content.count(b"Authentication-Results") == 1
    assert b"dmarc=pass" not in mail.content
    assert kept() == [("box@other.example", "nobody"), ("full@in.example", "refused")]
    assert "mailbox is full" in Arrival.get(Arrival.kept == "refused").told


def test_a_plugin_that_fails_three_times_leaves_the_mail_to_staff(sqlite_core: Hub, mailbox: Mailbox) -> None:
    come(sqlite_core, LETTER, "broken@in.example", "box@in.example", sender="eve@example.org")
    _work_until_known(sqlite_core)
    for attempts in (1, 2):
        assert Arrival.get().attempts == attempts
        sqlite_core.clock = Clock(sqlite_core.clock() + 60)
        work(sqlite_core)
    assert kept() == [("broken@in.example", "failed")]
    assert len(mailbox.mails) == 1


def test_mail_for_the_postmaster_is_sent_on_where_that_is_configured(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    inbound = replace(sqlite_core.config.inbound, forward_to="op@example.com")
    sqlite_core.config = replace(sqlite_core.config, inbound=inbound)
    come(sqlite_core, LETTER, "postmaster@acme.example", sender="eve@example.org")
    work(sqlite_core)
    assert [each.address for each in Queued.select()] == ["op@example.com"]
    assert Arrival.select().count() == 0


def test_several_slots_are_begun_when_much_waits_and_none_when_nothing_does(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    assert sqlite_core.config.workers >= 1
    sqlite_core.config = replace(sqlite_core.config, engine=replace(sqlite_core.config.engine, workers=4))
    understanding.wake(sqlite_core)
    assert _slots(sqlite_core) == []
    for _ in range(understanding.PER_SLOT + 1):
        come(sqlite_core, LETTER, "postmaster@acme.example")
    for _ in range(3):
        understanding.wake(sqlite_core)
    assert _slots(sqlite_core) == [0, 1]
    work(sqlite_core)
    assert _slots(sqlite_core) == []
    assert len(kept()) == understanding.PER_SLOT + 1


def _slots(hub: Hub) -> list[int]:
    from mailhub.jobs.rows import WAITING, Job

    return [
        each.ref for each in Job.select().where(Job.kind == understanding.KIND, Job.state == WAITING).order_by(Job.ref)
    ]

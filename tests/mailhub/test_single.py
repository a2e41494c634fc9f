"""Single messages: one whole mail through the account's own source, looked at again by number, tried with what is wrong."""

import email
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from mailhub import outbox
from mailhub.addresses import suppress
from mailhub.db import bulk
from mailhub.errors import Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.messages import OPEN, Content, Outcome, Queued, Source
from mailhub.outbox.sources import finish
from mailhub.permissions import Actor
from mailhub.single import DAY, forget
from mailhub.tags import MessageTag
from mailhub.testing import Clock, make_owner

MAIL = {"from": "Ada Étoile <ada@example.com>", "to": "bob@example.net", "subject": "Hello", "text": "Hello, Bob."}


@pytest.fixture
def owner(core: Hub) -> Actor:
    return make_owner(core)[2]


def _written() -> EmailMessage:
    body = bytes(Content.select().order_by(Content.id.desc()).get().body)
    assert b"\n" not in body.replace(b"\r\n", b"")
    return email.message_from_bytes(body, policy=default)  # type: ignore[return-value]


def _send(core: Hub, actor: Actor, **changes: Any) -> Any:
    return core.call(actor, "messages.send", **{**MAIL, **changes})


def test_a_message_waits_in_the_accounts_own_source(core: Hub, owner: Actor) -> None:
    sent, other = _send(core, owner, tag="welcome"), _send(core, owner)
    source = Source.get()
    assert (source.kind, source.stream, source.state, source.account_id, source.submitted) == (
        "api", "transactional", OPEN, owner.account_id, 2,
    )  # fmt: skip
    assert (sent["status"], sent["to"], sent["tag"], sent["events"]) == ("waiting", "bob@example.net", "welcome", [])
    assert [str(row.id) for row in Queued.select().order_by(Queued.id)] == [sent["id"], other["id"]]
    assert MessageTag.get().message_id == int(sent["id"])
    mail = _written()
    assert (mail["From"], mail["To"], mail["Subject"]) == ("Ada Étoile <ada@example.com>", "bob@example.net", "Hello")
    assert mail["Message-ID"]
    assert mail["Date"]
    assert mail.get_content().strip() == "Hello, Bob."
    with bulk():
        finish(core)
    assert Source.get().state == OPEN, "the next message finds it"


def test_variables_fill_in_every_part_and_html_is_escaped(core: Hub, owner: Actor) -> None:
    _send(
        core, owner, subject="For {{ name }}", text="Dear {{ name }}, {{ count }}", html="<p>Dear {{ name }}</p>",
        variables={"name": "Zoé & <Max>", "count": 3}, reply_to="desk@example.com", headers={"X-Order": "77"},
    )  # fmt: skip
    mail = _written()
    assert mail["Subject"] == "For Zoé & <Max>"
    assert (mail["Reply-To"], mail["X-Order"]) == ("desk@example.com", "77")
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == "Dear Zoé & <Max>, 3"
    assert html.get_content().strip() == "<p>Dear Zoé &amp; &lt;Max&gt;</p>"


def test_without_variables_braces_are_braces(core: Hub, owner: Actor) -> None:
    _send(core, owner, text="{{ name }} {% x %}")
    assert _written().get_content().strip() == "{{ name }} {% x %}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": "nobody"}, "from"),
        ({"to": "a@example.com, b@example.com"}, "to"),
        ({"to": "Bob <bob@example.com\r\nBcc: eve@example.com>"}, "to"),
        ({"reply_to": "nobody"}, "reply_to"),
        ({"text": ""}, "text"),
        ({"text": "{% if %}", "variables": {"a": 1}}, "text"),
        ({"text": "x" * 1_000_001}, "text"),
        ({"subject": ""}, "subject"),
        ({"tag": "ab"}, "tag"),
        ({"tag": "Welcome"}, "tag"),
        ({"headers": {"Bcc": "eve@example.com"}}, "headers"),
        ({"headers": {"X-A": "1\r\nBcc: eve@example.com"}}, "headers"),
        ({"headers": {f"X-{n}": "" for n in range(21)}}, "headers"),
        ({"variables": {"a": [1]}}, "variables"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_a_mail_is_said_at_its_field(
    core: Hub, owner: Actor, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        _send(core, owner, **changes)
    assert field in refused.value.fields
    assert not Queued.select().exists()


def test_line_ends_in_a_subject_begin_no_header(core: Hub, owner: Actor) -> None:
    _send(core, owner, subject="Hello\r\nBcc: eve@example.com")
    assert _written()["Bcc"] is None
    _send(core, owner, subject="{{ a }}", variables={"a": "x\r\nBcc: eve@example.com"})
    assert _written()["Bcc"] is None


def test_on_a_real_route_the_domain_must_be_the_accounts(core: Hub, owner: Actor) -> None:
    core.config = replace(core.config, delivery=replace(core.config.delivery, route="smart_host", smart_host="h"))
    with pytest.raises(Forbidden, match=r"may not write from example\.com"):
        _send(core, owner)
    core.call(make_owner(core, "Other")[2], "domains.add", name="example.org")
    with pytest.raises(Forbidden):
        _send(core, owner, **{"from": "ada@example.org"})
    core.call(owner, "domains.add", name="example.com")
    assert _send(core, owner, **{"from": "ada@mail.example.com"})["status"] == "waiting"


def test_a_suppressed_recipient_is_refused_at_once(core: Hub, owner: Actor) -> None:
    suppress(owner.account_id, ["bob@example.net"], scope="all", reason="manual", origin="test", at=1)
    sent = _send(core, owner)
    assert (sent["status"], sent["reason"]) == ("refused", "suppressed")
    assert [each["kind"] for each in sent["events"]] == ["refused"]


def test_what_became_of_it(core: Hub, owner: Actor) -> None:
    sent = _send(core, owner)
    with bulk():
        outbox.claim(Source.get(), core.node.number, 1, core.ms())
        outbox.settle(core.node.number, [Outcome(int(sent["id"]), 1, "delivered", core.ms(), 250, "2.0.0", "Ok")])
    shown = core.call(owner, "messages.show", number=sent["id"])
    assert (shown["status"], shown["attempts"]) == ("delivered", 1)
    (happened,) = shown["events"]
    assert (happened["kind"], happened["code"], happened["text"]) == ("delivered", 250, "Ok")
    assert happened["id"].startswith("evt_")


def test_another_accounts_message_does_not_exist(core: Hub, owner: Actor) -> None:
    waiting = _send(core, owner)
    suppress(owner.account_id, ["bob@example.net"], scope="all", reason="manual", origin="test", at=1)
    settled = _send(core, owner)
    stranger = make_owner(core, "Other")[2]
    for each in (waiting, settled):
        with pytest.raises(NotFound):
            core.call(stranger, "messages.show", number=each["id"])


def test_a_paused_source_keeps_what_is_sent(core: Hub, owner: Actor) -> None:
    _send(core, owner)
    outbox.pause(Source.get().id)
    assert _send(core, owner)["status"] == "waiting"
    assert Source.select().count() == 1


def test_tags_go_with_their_messages(core: Hub, owner: Actor) -> None:
    _send(core, owner, tag="welcome")
    core.clock = Clock(core.clock())
    forget(core)
    assert MessageTag.select().count() == 1
    core.clock.move(core.config.delivery.ledger_days * DAY / 1000 + 10)
    forget(core)
    assert MessageTag.select().count() == 0


def test_what_waits_says_why_and_until_when(core: Hub, owner: Actor) -> None:
    sent = _send(core, owner)
    assert (sent["reason"], sent["why"]) == ("turn", "waiting for its turn")
    Queued.update(reason="greylisted", due_at=core.ms() + 60_000).execute()
    shown = core.call(owner, "messages.show", number=int(sent["id"]))
    assert (shown["status"], shown["reason"]) == ("waiting", "greylisted")
    assert shown["why"] == "the server wants to see it come back (greylisting)"
    assert shown["next_attempt"] == Queued.get().due_at
    core.call(owner, "queue.hold", number=int(sent["id"]))
    shown = core.call(owner, "messages.show", number=int(sent["id"]))
    assert (shown["reason"], shown["next_attempt"]) == ("held", None)

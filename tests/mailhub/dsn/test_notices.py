"""A submitter hears of what failed, or what they asked to hear of: once, and nobody else does."""

from dataclasses import replace
from email import message_from_bytes
from email.message import Message as Mail

import pytest

from mailhub import db, dsn, outbox, submission_access
from mailhub.accounts import Account, Domain, SmtpCredential
from mailhub.delivery.smtp_words import PASSED_ON
from mailhub.dsn import notices
from mailhub.dsn.notices import KIND, SentNotice
from mailhub.hub import Hub
from mailhub.inbound import submitting
from mailhub.inbound.repairing import Repaired
from mailhub.messages import Asked, Content, Envelope, Message, Outcome, Queued, Source
from mailhub.testing import Sink, make_owner, make_source
from tests.mailhub.delivery.delivering import delivering, work_off

MAIL = b"From: ada@acme.example\r\nSubject: Hello\r\n\r\nA secret line.\r\n"


@pytest.fixture
def credential(core: Hub) -> SmtpCredential:
    """A login of an account that owns acme.example."""
    core.config = replace(core.config, delivery=replace(core.config.delivery, route="smart_host", smart_host="x"))
    make_owner(core, "Operator")
    account, _, _ = make_owner(core)
    with db.transaction():
        Domain.create(account=account, name="acme.example", proved_at=1, created_at=0)
        return submission_access.create(core, account.id, "Web shop")[0]


def submit(
    core: Hub,
    credential: SmtpCredential,
    *recipients: str,
    sender: str = "ada@acme.example",
    asked: dict[str, Asked] | None = None,
) -> range:
    """A mail handed in; the ids of its messages."""
    mail = Repaired(MAIL, "Hello", ["ada@acme.example"])
    with db.transaction():
        first = submitting.submit(core, submitting.Letter(credential, sender, recipients, mail, asked or {}))
    return range(first, first + len(recipients))


def settle(core: Hub, source_id: int, kind: str, enhanced: str = "5.1.1") -> None:
    """Everything that waits in a source has this outcome."""
    number = core.node.number
    with db.transaction():
        claimed = outbox.claim(Source.get_by_id(source_id), number, 100, core.ms())
        outbox.settle(
            number,
            [Outcome(each.id, each.attempts + 1, kind, core.ms(), 550, enhanced, "No such user") for each in claimed],
        )


def told() -> list[tuple[str, Mail]]:
    """The notices that wait: to whom, and what they say."""
    rows = Queued.select().join(Source).where(Source.kind == KIND).order_by(Queued.id)
    assert {row.envelope_from for row in rows} <= {""}
    return [(row.address, message_from_bytes(bytes(Content.get_by_id(row.content_id).body))) for row in rows]


def fields(mail: Mail) -> list[Mail]:
    """The groups of message/delivery-status: the mail's own, then one for each recipient."""
    status = next(part for part in mail.walk() if part.get_content_type() == "message/delivery-status")
    groups = status.get_payload()
    assert isinstance(groups, list)
    return [each for each in groups if isinstance(each, Mail)]


def test_a_bounce_is_told_to_its_submitter_once(core: Hub, credential: SmtpCredential) -> None:
    submit(core, credential, "bob@example.net", sender="bounces@acme.example")
    settle(core, credential.source_id, "bounced")
    dsn.notify(core)
    dsn.notify(core)
    [(address, mail)] = told()
    assert address == "bounces@acme.example"
    own, recipient = fields(mail)
    assert own["Reporting-MTA"] == "dns; localhost"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert recipient["Final-Recipient"] == "rfc822; bob@example.net"
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 No such user"
    source = Source.get(Source.kind == KIND)
    assert (source.account_id, source.stream, source.state) == (credential.account_id, "system", "open")
    assert b"A secret line" not in bytes(Content.select().order_by(Content.id.desc()).first().body)


@pytest.mark.parametrize(
    ("kind", "notify", "action"),
    [
        ("bounced", "", "failed"), ("expired", "", "failed"), ("refused", "", "failed"), ("delivered", "", None),
        ("bounced", "NEVER", None), ("bounced", "SUCCESS", None), ("bounced", "DELAY", None),
        ("bounced", "SUCCESS,FAILURE", "failed"), ("delivered", "SUCCESS,FAILURE", "relayed"),
        ("delivered", "FAILURE", None), ("expired", "FAILURE", "failed"), ("deferred", "SUCCESS,FAILURE,DELAY", None),
    ],
)  # fmt: skip
def test_what_is_told(core: Hub, credential: SmtpCredential, kind: str, notify: str, action: str | None) -> None:
    asked = {"bob@example.net": Asked(notify=notify)} if notify else {}
    submit(core, credential, "bob@example.net", asked=asked)
    settle(core, credential.source_id, kind)
    dsn.notify(core)
    assert [fields(mail)[1]["Action"] for _, mail in told()] == ([action] if action else [])
    assert Envelope.select().count() == (1 if kind == "deferred" else 0)


def test_what_a_submitter_said_comes_back(core: Hub, credential: SmtpCredential) -> None:
    asked = Asked("FULL", "QQ+2B314", "FAILURE", "rfc822;B+3Db@example.org")
    submit(core, credential, "bob@example.net", asked={"bob@example.net": asked})
    settle(core, credential.source_id, "bounced")
    dsn.notify(core)
    [(_, mail)] = told()
    own, recipient = fields(mail)
    assert own["Original-Envelope-Id"] == "QQ+314"
    assert recipient["Original-Recipient"] == "rfc822; B=b@example.org"
    whole = next(part for part in mail.walk() if part.get_content_type() == "message/rfc822")
    assert "A secret line." in whole.as_string()


def test_one_notice_tells_of_all_recipients_of_a_mail(core: Hub, credential: SmtpCredential) -> None:
    submit(core, credential, "bob@example.net", "eve@example.net")
    submit(core, credential, "bob@example.net")
    settle(core, credential.source_id, "bounced")
    dsn.notify(core)
    assert [len(fields(mail)) for _, mail in told()] == [3, 2]


def test_of_a_success_the_next_server_tells_we_tell_nothing(core: Hub, credential: SmtpCredential) -> None:
    submit(core, credential, "bob@example.net", asked={"bob@example.net": Asked(notify="SUCCESS")})
    number = core.node.number
    with db.transaction():
        [each] = outbox.claim(Source.get_by_id(credential.source_id), number, 100, core.ms())
        outbox.settle(number, [Outcome(each.id, 1, "delivered", core.ms(), 250, "2.0.0", "ok", reason=PASSED_ON)])
    dsn.notify(core)
    assert told() == []


@pytest.mark.parametrize("sender", ["", "somebody@elsewhere.example", "root@localhost"])
def test_the_null_sender_and_strangers_are_told_nothing(core: Hub, credential: SmtpCredential, sender: str) -> None:
    submit(core, credential, "bob@example.net", sender=sender)
    settle(core, credential.source_id, "bounced")
    dsn.notify(core)
    assert told() == []


def test_campaigns_and_notices_themselves_are_told_of_to_nobody(core: Hub, credential: SmtpCredential) -> None:
    source = make_source(core, Account.get_by_id(credential.account_id), ["bob@example.net"])
    settle(core, source.id, "bounced")
    submit(core, credential, "bob@example.net")
    settle(core, credential.source_id, "bounced")
    dsn.notify(core)
    assert len(told()) == 1
    settle(core, Source.get(Source.kind == KIND).id, "bounced")
    dsn.notify(core)
    assert told() == []


def test_a_sender_hears_so_often_in_an_hour(
    core: Hub, credential: SmtpCredential, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notices, "PER_HOUR", 2)
    for _ in range(4):
        submit(core, credential, "bob@example.net")
    submit(core, credential, "bob@example.net", sender="eve@acme.example")
    settle(core, credential.source_id, "bounced")
    dsn.notify(core)
    assert [address for address, _ in told()] == ["ada@acme.example"] * 2 + ["eve@acme.example"]
    assert "told of 2 failures" in caplog.text
    assert "ada@" not in caplog.text
    core.clock = lambda: db.now_ms() / 1000 + 3 * 3600
    notices.forget_old(core)
    assert SentNotice.select().count() == 0


def test_a_notice_that_may_not_leave_holds_up_no_other(
    core: Hub, credential: SmtpCredential, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = outbox.submit

    def once(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(outbox, "submit", real)
        raise outbox.Held("no credit", 0)

    submit(core, credential, "bob@example.net")
    submit(core, credential, "bob@example.net", sender="eve@acme.example")
    settle(core, credential.source_id, "bounced")
    monkeypatch.setattr(outbox, "submit", once)
    dsn.notify(core)
    assert [address for address, _ in told()] == ["eve@acme.example"]
    assert "no credit" in caplog.text


def test_a_crash_in_the_middle_tells_again_and_once(
    core: Hub, credential: SmtpCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(core, credential, "bob@example.net")
    settle(core, credential.source_id, "bounced")
    with monkeypatch.context() as patch:
        patch.setattr(notices, "_forget_asked", lambda happened: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            dsn.notify(core)
    assert told() == []
    dsn.notify(core)
    assert len(told()) == 1


@pytest.mark.parametrize("offers", [True, False])
def test_success_is_told_once_by_the_next_server_or_by_us(core: Hub, credential: SmtpCredential, offers: bool) -> None:
    submit(core, credential, "bob@example.net", asked={"bob@example.net": Asked(notify="SUCCESS,FAILURE")})
    with Sink() as sink:
        sink.extensions += ["DSN"] if offers else []
        with delivering(core, sink.port) as delivery:
            work_off(delivery, Source.get_by_id(credential.source_id))
    assert [row.reason for row in Message.select()] == ([PASSED_ON] if offers else [""])
    dsn.notify(core)
    assert [fields(mail)[1]["Action"] for _, mail in told()] == ([] if offers else ["relayed"])

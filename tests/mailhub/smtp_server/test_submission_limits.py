"""What a login may submit, from where, and what its submitter asks to be told."""

import smtplib
import time

import pytest

from mailhub import db, smtp_limits, submission_access
from mailhub.accounts import Account, SmtpCredential
from mailhub.hub import Hub
from mailhub.messages import Envelope, Queued
from mailhub.permissions import console_actor
from mailhub.smtp_bans import LOGIN, SmtpBan
from mailhub.smtp_limits import SmtpUse
from mailhub.smtp_server import Listener, shared
from tests.mailhub.smtp_server.listening import MAIL, Login, listening, make_login, queued, signed_in


def limit(login: Login, **limits: int) -> None:
    with db.transaction():
        submission_access.limit(login.account.id, login.login, limits)


def send(smtp: smtplib.SMTP, *recipients: str) -> int:
    """Hand in a mail; the code it ends with."""
    try:
        smtp.sendmail("ada@acme.example", list(recipients) or ["bob@example.net"], MAIL)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        return refused.smtp_code
    except smtplib.SMTPRecipientsRefused as refused:
        return next(iter(refused.recipients.values()))[0]
    return 250


def test_messages_have_a_limit(core: Hub) -> None:
    login = make_login(core)
    limit(login, messages_per_hour=2)
    with listening(core) as listener:
        with signed_in(listener.submission_port, login) as smtp:
            assert [send(smtp) for _ in range(3)] == [250, 250, 451]
        with signed_in(listener.submission_port, login) as smtp:
            assert smtp.docmd("MAIL", "FROM:<ada@acme.example>")[1].startswith(
                b"4.7.1 This login may submit 2 mails an hour"
            )
    assert sum(each.messages for each in SmtpUse.select()) == 2, "told at the stop"
    with listening(core) as listener, signed_in(listener.submission_port, login) as smtp:
        assert send(smtp) == 451, "another process has heard of it"
    assert len(queued()) == 2


def test_recipients_have_a_limit(sqlite_core: Hub, login: Login) -> None:
    limit(login, recipients_per_hour=3)
    with listening(sqlite_core) as listener, signed_in(listener.submission_port, login) as smtp:
        smtp.mail("ada@acme.example")
        assert [smtp.rcpt(f"{name}@example.net")[0] for name in "abcd"] == [250, 250, 250, 452]
        assert smtp.data(MAIL)[0] == 250
        assert send(smtp) == 451
    assert len(queued()) == 3


def test_the_servers_limit_is_everybodys(sqlite_core: Hub, login: Login) -> None:
    limit(login, messages_per_hour=5)
    with listening(sqlite_core, messages_per_hour=1) as listener, signed_in(listener.submission_port, login) as smtp:
        assert [send(smtp), send(smtp)] == [250, 451]


def test_conversations_at_the_same_time_share_a_limit(sqlite_core: Hub, login: Login) -> None:
    limit(login, messages_per_hour=1)
    with (
        listening(sqlite_core) as listener,
        signed_in(listener.submission_port, login) as one,
        signed_in(listener.submission_port, login) as other,
    ):
        for smtp in (one, other):
            smtp.mail("ada@acme.example")
            smtp.rcpt("bob@example.net")
        assert [one.data(MAIL)[0], other.data(MAIL)[0]] == [250, 451]


def test_a_limit_holds_for_who_is_signed_in(sqlite_core: Hub, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "EXCHANGE", 0.05)
    with listening(sqlite_core) as listener, signed_in(listener.submission_port, login) as smtp:
        assert send(smtp) == 250
        limit(login, messages_per_hour=1)
        until = time.monotonic() + 20
        while send(smtp) == 250:
            assert time.monotonic() < until
            time.sleep(0.02)


def test_without_limits_nothing_is_counted(listener: Listener, login: Login) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        assert send(smtp) == 250
    assert listener.shared.meter.tell() == []


def test_a_login_is_used_from_its_networks_alone(listener: Listener, login: Login) -> None:
    with db.transaction():
        submission_access.allow(login.account.id, login.login, ["192.0.2.0/24"])
    with pytest.raises(smtplib.SMTPAuthenticationError, match="may not be used from your address"):
        signed_in(listener.submission_port, login)
    assert SmtpCredential.get().used_at is None
    with db.transaction():
        submission_access.allow(login.account.id, login.login, ["192.0.2.0/24", "127.0.0.1"])
    with signed_in(listener.submission_port, login) as smtp:
        assert send(smtp) == 250
    assert SmtpCredential.get().used_from == "127.0.0.1"


def test_a_login_that_is_guessed_at_is_open_to_where_it_was_used_last(sqlite_core: Hub, login: Login) -> None:
    now = db.now_ms()
    with db.transaction():
        SmtpBan.create(
            subject=LOGIN + login.login, reason="login", count=1, made_at=now, until=now + 60_000_000, changed_at=now
        )
    with listening(sqlite_core, trusted_networks=[]) as listener:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            signed_in(listener.submission_port, login)
        assert refused.value.smtp_code == 454
        SmtpCredential.update(used_from="127.0.0.1").execute()
        with signed_in(listener.submission_port, login) as smtp:
            assert smtp.noop()[0] == 250


def test_a_login_banned_by_hand_is_shut_for_who_is_signed_in_too(
    sqlite_core: Hub, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "EXCHANGE", 0.05)
    operator = console_actor(Account.get_by_id(1).id)
    with listening(sqlite_core) as listener, signed_in(listener.submission_port, login) as smtp:
        assert send(smtp) == 250
        with db.transaction():
            sqlite_core.call(operator, "smtp_bans.add", subject=LOGIN + login.login)
        until = time.monotonic() + 20
        while (code := send(smtp)) == 250:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert code == 421
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            signed_in(listener.submission_port, login)  # from the address it was used from last
        assert refused.value.smtp_code == 454


def test_wishes_are_kept_for_those_recipients_that_have_them(listener: Listener, login: Login) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        assert smtp.has_extn("dsn")
        for mail, recipients in (
            ("", ("",)),
            (" RET=HDRS ENVID=Q+2B7", ("", " NOTIFY=NEVER")),
            ("", (" NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.org", "")),
            ("", ("",)),
        ):
            assert smtp.docmd("MAIL", f"FROM:<ada@acme.example>{mail}")[0] == 250
            for name, words in zip("ab", recipients, strict=False):
                assert smtp.docmd("RCPT", f"TO:<{name}@example.net>{words}")[0] == 250
            assert smtp.data(MAIL)[0] == 250
    rows = list(Queued.select().order_by(Queued.id))
    kept = {row.message_id: (row.ret, row.envid, row.notify, row.orcpt) for row in Envelope.select()}
    assert [kept.get(row.id) for row in rows] == [
        None, ("HDRS", "Q+2B7", "", ""), ("HDRS", "Q+2B7", "NEVER", ""),
        ("", "", "SUCCESS,FAILURE", "rfc822;bob@example.org"), None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["MAIL FROM:<a@acme.example> RET=ALL"], "501 5.5.4"),
        (["MAIL FROM:<a@acme.example> ENVID=a+b"], "501 5.5.4"),
        (["MAIL FROM:<a@acme.example> NOTIFY=NEVER"], "555 5.5.4"),
        (["MAIL FROM:<a@acme.example>", "RCPT TO:<b@c.ca> NOTIFY=NEVER,DELAY"], "501 5.5.4"),
        (["MAIL FROM:<a@acme.example>", "RCPT TO:<b@c.ca> RET=FULL"], "555 5.5.4"),
        (["MAIL FROM:<a@acme.example> RET=full ENVID=x", "RCPT TO:<b@c.ca> NOTIFY=never"], "250 2.1.5"),
    ],
)
def test_wishes_that_make_no_sense(listener: Listener, login: Login, lines: list[str], answer: str) -> None:
    with signed_in(listener.submission_port, login) as smtp:
        said = [smtp.docmd(line) for line in lines][-1]
    assert f"{said[0]} {said[1].decode()}".startswith(answer)


def test_the_clock_forgets_old_counts(sqlite_core: Hub, login: Login) -> None:
    minute = sqlite_core.ms() // smtp_limits.MINUTE
    with db.transaction():
        smtp_limits.add([smtp_limits.Used(1, minute - 5 * smtp_limits.HOUR, 1, 1), smtp_limits.Used(1, minute, 1, 1)])
    smtp_limits.forget_old(sqlite_core)
    assert [row.minute for row in SmtpUse.select()] == [minute]

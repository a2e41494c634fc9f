"""Who asked hears once that a mail waits; who did not hears nothing."""

from dataclasses import replace
from email.message import Message as Mail

import pytest

from mailhub import db, dsn
from mailhub.accounts import SmtpCredential
from mailhub.hub import Hub
from mailhub.messages import NEVER, Asked, Envelope, Queued

from .test_notices import credential, fields, settle, submit, told

__all__ = ["credential"]
HOUR = 3_600_000


def _later(core: Hub, hours: float) -> None:
    now = db.now_ms() / 1000
    core.clock = lambda: now + hours * 3600


def _words(mail: Mail) -> str:
    part = next(each for each in mail.walk() if each.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def test_what_waits_for_hours_is_told_once(core: Hub, credential: SmtpCredential) -> None:
    asked = {"bob@example.net": Asked("HDRS", "Q314", "FAILURE,DELAY", "rfc822;b@example.net")}
    submit(core, credential, "bob@example.net", asked=asked)
    settle(core, credential.source_id, "deferred", "4.2.0")
    for hours in (0, 3.9):
        _later(core, hours)
        dsn.tell_of_delays(core)
        assert told() == []
    _later(core, 4.1)
    dsn.tell_of_delays(core)
    dsn.tell_of_delays(core)
    [(address, mail)] = told()
    assert (address, mail["Subject"]) == ("ada@acme.example", "Your mail is delayed")
    own, recipient = fields(mail)
    assert own["Original-Envelope-Id"] == "Q314"
    assert (recipient["Action"], recipient["Status"]) == ("delayed", "4.0.0")
    assert recipient["Diagnostic-Code"].startswith("smtp; 550")
    assert recipient["Will-Retry-Until"]
    words = _words(mail)
    assert "has not been delivered to bob@example.net yet. The last answer was: 550" in words
    assert "It goes on being tried" in words
    assert Envelope.get().notify == "FAILURE", "what fails in the end is told all the same"
    settle(core, credential.source_id, "expired")
    dsn.notify(core)
    assert [fields(mail)[1]["Action"] for _, mail in told()] == ["delayed", "failed"]


@pytest.mark.parametrize("notify", ["", "NEVER", "SUCCESS,FAILURE"])
def test_who_did_not_ask_is_told_nothing(core: Hub, credential: SmtpCredential, notify: str) -> None:
    submit(core, credential, "bob@example.net", asked={"bob@example.net": Asked(notify=notify)} if notify else {})
    _later(core, 24)
    dsn.tell_of_delays(core)
    assert told() == []


def test_who_asked_of_delays_alone_hears_of_nothing_else(core: Hub, credential: SmtpCredential) -> None:
    submit(core, credential, "bob@example.net", asked={"bob@example.net": Asked(notify="DELAY")})
    _later(core, 5)
    dsn.tell_of_delays(core)
    [(_, mail)] = told()
    assert "Diagnostic-Code" not in fields(mail)[1]
    assert "Last-Attempt-Date" not in fields(mail)[1]
    assert "No server has answered about it yet." in _words(mail)
    assert Envelope.get().notify == "NEVER"


def test_what_is_held_by_hand_is_no_delay_and_zero_hours_are_never(core: Hub, credential: SmtpCredential) -> None:
    submit(core, credential, "bob@example.net", asked={"bob@example.net": Asked(notify="DELAY")})
    Queued.update(due_at=NEVER).execute()
    _later(core, 5)
    dsn.tell_of_delays(core)
    assert told() == []
    Queued.update(due_at=0).execute()
    core.config = replace(core.config, delivery=replace(core.config.delivery, delay_notice=0))
    dsn.tell_of_delays(core)
    assert told() == []

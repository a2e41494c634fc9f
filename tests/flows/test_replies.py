"""Replies to a campaign: they come over a real connection, go on signed to whom answers go to, and a keyword unsubscribes."""

import smtplib
from email import message_from_bytes, policy
from email.message import EmailMessage

from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.sink import Received, Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import import_contacts, open_account, start_campaign, wait_finished

HOST = "in.news.example.com"


def _answer(server: Server, mail: EmailMessage, words: str, **more: str) -> None:
    """Answer a mail as its reader's mail server does: by MAIL, RCPT and DATA to the listener for other servers."""
    answer = EmailMessage(policy=policy.SMTP)
    answer["From"], answer["To"] = str(mail["To"]), str(mail["Reply-To"])
    answer["Subject"], answer["In-Reply-To"] = f"Re: {mail['Subject']}", str(mail["Message-ID"])
    answer["Message-ID"] = f"<{len(words)}.{mail['To']}>"
    for name, value in more.items():
        answer[name.replace("_", "-")] = value
    answer.set_content(f"{words}\n\nOn Tuesday, Ada wrote:\n> Hello\n> stop reading alone\n")
    # Some servers change the case of what stands before the @.
    to = mail["Reply-To"].addresses[0].addr_spec.upper().replace("REPLY+", "Reply+")
    with smtplib.SMTP("127.0.0.1", server.inbound, timeout=20) as other:
        other.sendmail(mail["To"].addresses[0].addr_spec, [to], answer.as_bytes())


def _forwarded(sink: Sink) -> list[Received]:
    return [each for each in sink.received if each.recipient == "desk@news.example.com"]


def test_replies_come_go_on_and_unsubscribe(start: Start) -> None:
    with Sink() as sink:
        server = start(sink, MAILHUB_DELIVERY__RETURN_PATH_DOMAIN=HOST)
        open_account(server)
        import_contacts(server, 6)
        number = start_campaign(server, reply_to="desk@news.example.com")
        wait_finished(server, number)
        mails = {each.recipient: message_from_bytes(each.content, policy=policy.SMTP) for each in sink.received}
        assert all(each["Reply-To"].addresses[0].domain == HOST for each in mails.values())
        assert all("<mailto:unsubscribe+" in each["List-Unsubscribe"] for each in mails.values())
        _answer(server, mails["person0@example.com"], "I come on Thursday.")
        _answer(server, mails["person1@example.com"], "I am out of the office.", Auto_Submitted="auto-replied")
        _answer(server, mails["person2@example.com"], "STOP")
        wait_until(lambda: len(_replies(server, number)) == 3, 60, "three replies")
        wait_until(lambda: _forwarded(sink), 60, "the forwarded reply")
        assert {each["from"]: each["kind"] for each in _replies(server, number)} == {
            "person0@example.com": "reply", "person1@example.com": "autoreply", "person2@example.com": "unsubscribe",
        }  # fmt: skip
        wait_until(lambda: server.do("campaigns.stats", f"which={number}")["unsubscribed"] == 1, 30, "the counters")
        figures = server.do("campaigns.stats", f"which={number}")
        assert (figures["replied"], figures["autoreplied"], figures["unsubscribed"]) == (1, 1, 1)
        again = start_campaign(server)
        assert wait_finished(server, again)["refused"] == 1
        [forwarded] = _forwarded(sink)
        open_database(load(None, server.environment))
        try:
            verdicts = verify(forwarded.content, public_record)
        finally:
            close_database()
    _is_well_forwarded(message_from_bytes(forwarded.content, policy=policy.default))
    assert [verdict.passed for verdict in verdicts] == [True, True]
    assert {verdict.domain for verdict in verdicts} == {"news.example.com"}


def _replies(server: Server, number: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = server.do("campaigns.replies", f"which={number}")["replies"]
    return found


def _is_well_forwarded(mail: EmailMessage) -> None:
    assert mail["From"].addresses[0].domain == "news.example.com"
    assert mail["From"].addresses[0].display_name.startswith("person0@example.com via ")
    assert mail["Reply-To"].addresses[0].addr_spec == "person0@example.com"
    assert mail["To"] == "desk@news.example.com"
    assert mail["In-Reply-To"].endswith("@news.example.com>")
    assert mail.get_content().startswith("I come on Thursday.")
    assert "stop reading alone" in mail.get_content()

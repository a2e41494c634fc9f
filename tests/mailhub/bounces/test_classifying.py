"""Kinds of mail: what bounced, what is late, what arrived, who complains, who is away; and what is nothing of it."""

# ruff: noqa: E501, RUF001

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.bounces import Reading, classify
from tests.mailhub.bounces.letters import letter

TO = "pat@there.example"


def _read(header: str, body: str = "", charset: str = "utf-8") -> Reading:
    return classify(f"{header.strip()}\n\n{body}".encode(charset))


def _report(fields: str, header: str = "", notice: str = "Sorry.") -> Reading:
    return _read(
        f"From: MAILER-DAEMON@mx.example\nSubject: Undeliverable\n{header}"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        f"--b\n\n{notice}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{fields}\n\n--b\n"
        "Content-Type: message/rfc822\n\nReturn-Path: <b@ours.example>\nTo: pat@there.example\nMessage-ID: <m@ours.example>\n\n"
        "550 5.7.1 spam blocked\n--b--\n",
    )


def _told(reading: Reading) -> list[tuple[str, str | None, str]]:
    return [(each.address, each.class_, each.reason) for each in reading.recipients]


# ---------------------------------------------------------------- reports, whole and damaged


@pytest.mark.parametrize(
    ("fields", "class_", "reason", "status"),
    [
        ("Final-Recipient: rfc822; pat@there.example\nAction: failed\nStatus: 5.1.1", "hard", "no_such_user", "5.1.1"),
        ("Final-Recipient: pat@there.example\nAction: Failed\nStatus: 5.1.1 (bad mailbox)", "hard", "no_such_user", "5.1.1"),
        ("Final-Recipient: rfc822;<pat@there.example>\nStatus: 5.1.1", "hard", "no_such_user", "5.1.1"),
        ("Final-recipient: RFC822;pat@there.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown user",
         "hard", "no_such_user", "5.1.1"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 spam detected",
         "block", "spam", "5.1.1"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 4.4.7", "soft", "expired", "4.4.7"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.2.2", "soft", "mailbox_full", "5.2.2"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.7.1", "block", "policy", "5.7.1"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.1.2", "hard", "no_such_domain", "5.1.2"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 user unknown",
         "soft", "no_such_user", "4.1.1"),
        ("Original-Recipient: rfc822;pat@there.example\nFinal-Recipient: rfc822;p.long@inside.there.example\nAction: failed\n"
         "Status: 5.1.1", "hard", "no_such_user", "5.1.1"),
        ("Original-Recipient: rfc822;\nFinal-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.1.1",
         "hard", "no_such_user", "5.1.1"),
        ("Original-Recipient: rfc822;pat+40there.example\nFinal-Recipient: local;pat\nAction: failed\nStatus: 5.1.1",
         "hard", "no_such_user", "5.1.1"),
        ("Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 4.4.7 QUEUE.Expired",
         "soft", "expired", "4.4.7"),
        ("Action: failed\nStatus: 5.1.1", "hard", "no_such_user", "5.1.1"),
    ],
)  # fmt: skip
def test_a_report(fields: str, class_: str, reason: str, status: str) -> None:
    reading = _report(fields)
    assert (reading.kind, _told(reading)) == ("bounce", [(TO, class_, reason)])
    assert reading.recipients[0].status == status
    assert reading.original.message_id == "m@ours.example"
    assert "b@ours.example" in reading.original.addresses


def test_words_of_the_notice_decide_where_the_report_says_nothing() -> None:
    fields = "Final-Recipient: rfc822;pat@there.example\nAction: failed\nStatus: 5.0.0"
    assert _told(_report(fields, notice="<pat@there.example>: mailbox is full")) == [(TO, "soft", "mailbox_full")]


def test_a_report_about_several_lists_each_once() -> None:
    reading = _report(
        "Final-Recipient: rfc822; pat@there.example\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; kim@there.example\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822; lee@there.example\nAction: relayed\nStatus: 2.1.5\n"
        "Final-Recipient: rfc822; PAT@there.example\nAction: delayed\nStatus: 4.1.1\n"
    )
    assert reading.kind == "bounce"
    assert _told(reading) == [
        (TO, "hard", "no_such_user"), ("kim@there.example", None, "unreachable"), ("lee@there.example", None, "delivered"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "kind"), [("delayed", "delayed"), ("delivered", "delivered"), ("expanded", "delivered")]
)
def test_a_report_of_no_failure(action: str, kind: str) -> None:
    reading = _report(f"Final-Recipient: rfc822; pat@there.example\nAction: {action}\nStatus: 4.0.0")
    assert (reading.kind, [each.class_ for each in reading.recipients]) == (kind, [None])


def test_a_report_without_boundary_or_right_type_is_read() -> None:
    text = letter("postfix", TO, "550 5.1.1 User unknown", "5.1.1").decode()
    for old, new in [
        ('\n    boundary="=_report"', ""), ("message/delivery-status", "text/plain"), ("multipart/report", "multipart/mixed"),
        ("\n\nFinal-Recipient", "\nFinal-Recipient"), ("Content-Type: multipart/report", "X-Lost"),
    ]:  # fmt: skip
        assert _told(classify(text.replace(old, new).encode())) == [(TO, "hard", "no_such_user")], new


@pytest.mark.parametrize("before", ["From MAILER-DAEMON Mon Nov  2 10:00:00 2026\n", "\n\n", "\r\n", ""])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_and_mailboxes(before: str, ends: str) -> None:
    text = before + letter("qmail", TO, "550 unknown user").decode()
    assert _told(classify(text.replace("\n", ends).encode())) == [(TO, "hard", "no_such_user")]


# ---------------------------------------------------------------- sentences


def test_a_mail_that_returns_another_one_is_not_read_by_it() -> None:
    reading = classify(letter("exim", TO, "550 5.2.2 mailbox full"))
    assert _told(reading) == [(TO, "soft", "mailbox_full")]
    assert reading.original.message_id == "m1.77@ours.example"


def test_several_in_sentences() -> None:
    reading = _read(
        "From: Mailer-Daemon@mx.example\nSubject: Mail delivery failed\nX-Failed-Recipients: a@x.example,\n b@y.example",
        "A message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n"
        "  a@x.example\n    Unrouteable address\n  b@y.example\n    host mx.y.example: 552 5.2.2 mailbox full\n",
    )
    assert _told(reading) == [("a@x.example", "hard", "no_such_user"), ("b@y.example", "soft", "mailbox_full")]


def test_an_address_made_from_another_one_is_told_as_that_one() -> None:
    reading = _read(
        "From: Mailer-Daemon@mx.example\nSubject: Mail delivery failed",
        "The following address(es) failed:\n\n  inside@host.example\n    (generated from pat@there.example)\n    Unrouteable address\n"
        "\n------ This is a copy of the message, including all the headers. ------\n\nTo: pat@there.example\nSubject: x\n",
    )
    assert _told(reading) == [(TO, "hard", "no_such_user")]


def test_html_alone_is_read() -> None:
    reading = _read(
        "From: postmaster@mx.example\nSubject: Undeliverable: Hello\nContent-Type: text/html; charset=utf-8",
        "<html><head><style>p { color: red }</style></head><body><p>Delivery has failed to these recipients or groups:</p>"
        "<a href='mailto:pat@there.example'>pat@there.example</a><br>The email address you entered couldn&#39;t be found.</body></html>",
    )
    assert _told(reading) == [(TO, "hard", "no_such_user")]


@pytest.mark.parametrize(
    ("charset", "subject", "words", "class_"),
    [
        ("iso2022_jp", "配信不能", "次の宛先に配信できませんでした。\n<pat@there.example>\n宛先が見つかりません", "hard"),
        ("shift_jis", "配信エラー", "メールを送信できませんでした: pat@there.example\nメールボックスがいっぱいです", "soft"),
        ("koi8-r", "Недоставленное сообщение", "Не удалось доставить письмо\npat@there.example\nнет такого пользователя", "hard"),
        ("gb2312", "系统退信", "您的邮件无法投递\npat@there.example\n用户不存在", "hard"),
        ("cp1252", "Unzustellbar: Hallo", "Ihre Nachricht konnte nicht zugestellt werden:\n\npat@there.example\nEmpfänger unbekannt", "hard"),
        ("cp1252", "Échec de la remise", "Le message n’a pas pu être remis à :\n\npat@there.example\nBoîte pleine", "soft"),
    ],
)  # fmt: skip
def test_languages_in_their_charsets(charset: str, subject: str, words: str, class_: str) -> None:
    mail = f"From: postmaster@mx.example\nSubject: {subject}\nContent-Type: text/plain; charset={charset}\n\n{words}\n"
    reading = classify(mail.encode(charset))
    assert (reading.kind, [(each.address, each.class_) for each in reading.recipients]) == ("bounce", [(TO, class_)])


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Warning: message 1abc-0000-00 delayed 24 hours", "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\nThe address to which the message has not yet been delivered is:\n\n  pat@there.example\n    Delay reason: Connection timed out\n\nNo action is required on your part. Delivery attempts will continue for\nsome time."),
        ("Warning: could not send message for past 4 hours", "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<pat@there.example>\n"),
        ("Delivery Status Notification (Delay)", "This is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient has been delayed:\n\n     pat@there.example\n\nMessage will be retried for 2 more day(s)"),
        ("Delayed Mail (still being retried)", "Your message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<pat@there.example>: connect to mx.there.example[192.0.2.1]:25: Connection timed out"),
    ],
)  # fmt: skip
def test_what_is_late_has_not_bounced(subject: str, words: str) -> None:
    reading = _read(f"From: MAILER-DAEMON@mx.example\nSubject: {subject}", words)
    assert (reading.kind, [(each.address, each.class_) for each in reading.recipients]) == ("delayed", [(TO, None)])


# ---------------------------------------------------------------- complaints

ARF = """From: <fbl@provider.example>
Subject: FW: Hello
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b

This is an email abuse report for an email message received from IP 192.0.2.10.
--b
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: SomeGenerator/1.0
Version: 1
{fields}
--b
Content-Type: message/rfc822

Return-Path: <b-7+pat=there.example@mail.ours.example>
From: news@ours.example
To: {to}
Message-ID: <m@ours.example>
Subject: Undeliverable mail

--b--
"""


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        ("Original-Rcpt-To: <pat@there.example>\n", "list@ours.example"),
        ("Original-Mail-From: <b-7+pat=there.example@mail.ours.example>\n", "list@ours.example"),
        ("Original-Rcpt-To: redacted\n", "redacted"),
        ("", "Pat <pat@there.example>"),
    ],
)
def test_a_complaint(fields: str, to: str) -> None:
    reading = classify(ARF.format(type="abuse", fields=fields, to=to).encode())
    assert (reading.kind, _told(reading)) == ("complaint", [(TO, None, "complaint")])
    assert reading.original.message_id == "m@ours.example"


@pytest.mark.parametrize("type_", ["not-spam", "auth-failure"])
def test_a_report_that_is_no_complaint(type_: str) -> None:
    assert classify(ARF.format(type=type_, fields="", to=TO).encode()).kind == "other"


def test_a_complaint_of_microsoft() -> None:
    reading = _read(
        "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.10\nContent-Type: multipart/mixed; boundary=b",
        "--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: pat@there.example\nFrom: news@ours.example\nSubject: x\n\nHello\n--b--\n",
    )
    assert (reading.kind, _told(reading)) == ("complaint", [(TO, None, "complaint")])


# ---------------------------------------------------------------- answering machines, people


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Auto-Submitted: auto-replied\nSubject: Re: Hello", "I am not in."),
        ("Auto-Submitted: auto-replied (vacation)\nSubject: Hello", ""),
        ("X-Autoreply: yes\nSubject: Re: Hello", "Thanks"),
        ("Precedence: auto_reply\nSubject: x", "Thanks"),
        ("Subject: Automatic reply: Hello\nX-Auto-Response-Suppress: All", "I am away"),
        ("Subject: Out of Office: Hello", "I am out of the office until Monday"),
        ("Subject: Réponse automatique : Bonjour\nX-Auto-Response-Suppress: All", "Je suis absent"),
        ("Subject: Automatische Antwort: Hallo\nAuto-Submitted: auto-generated", "Ich bin nicht da"),
        ("Subject: Abwesenheitsnotiz: Hallo", "Ich bin im Urlaub und ab Montag wieder erreichbar."),
        ("Subject: Respuesta automática: Hola", "Estaré fuera de la oficina"),
        ("Subject: Risposta automatica: Ciao", "Sono fuori ufficio"),
        ("Subject: Automatisch antwoord: Hallo", "Ik ben afwezig"),
        ("Subject: Resposta automática: Olá", "Estou ausente"),
        ("Subject: 自動応答: こんにちは", "不在です"),
        ("Subject: Please confirm your message\nAuto-Submitted: auto-replied", "Please click the link to have your message delivered."),
    ],
)  # fmt: skip
def test_answering_machines(header: str, body: str) -> None:
    reading = _read(f"From: Pat <pat@there.example>\n{header}", body)
    assert (reading.kind, _told(reading)) == ("autoreply", [(TO, None, "autoreply")])


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("From: Pat <pat@there.example>\nSubject: Re: Undelivered Mail Returned to Sender", "> 550 5.1.1 user unknown\n> <kim@there.example>\nWhat is this?"),
        ("From: Pat <pat@there.example>\nSubject: User unknown", "Our server says 550 User unknown for kim@there.example. Can you help?"),
        ("From: Pat <pat@there.example>\nSubject: Fwd: failure notice", "See below.\n\nHi. This is the qmail-send program.\n<kim@there.example>:\nno mailbox"),
        ("From: news@shop.example\nSubject: Delivery status of your parcel\nList-Unsubscribe: <https://shop.example/u>", "Your parcel was not delivered. Contact help@shop.example"),
        ("From: news@shop.example\nSubject: Mailbox full? Here is more space\nList-Id: <news.shop.example>\nPrecedence: bulk", "Out of office? Buy."),
        ("From: root@host.example\nAuto-Submitted: auto-generated\nSubject: Cron <root@host> backup", "disk quota exceeded"),
        ("From: postmaster@there.example\nSubject: Planned maintenance of mail.there.example", "The server will not answer on Sunday."),
        ("From: Pat <pat@there.example>\nSubject: Out of office chairs, any left?", "Have you any left?"),
        ("From: Pat <pat@there.example>\nSubject: hello", "It is nice here."),
        ("Subject: Read: Hello\nFrom: pat@there.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b", "--b\n\nYour message was read.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;pat@there.example\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n"),
    ],
)  # fmt: skip
def test_mail_of_people_and_machines_that_is_nothing_of_it(header: str, body: str) -> None:
    assert _read(header, body) == Reading("other", (), _read(header, body).original)


# ---------------------------------------------------------------- anything


@pytest.mark.parametrize(
    "mail",
    [
        b"Subject: Undeliverable\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\n\n<a@b.example>: no\n" * 10_000,
        b"From: mailer-daemon@x.example\nSubject: failure notice\n\n" + b"<a@b.example>: user unknown " * 40_000,
        b"From: mailer-daemon@x.example\nSubject: failure notice\n\n" + b"<a%d@b.example>:\n" * 50_000,
        b"From: mailer-daemon@x.example\nSubject: failure notice\n\n" + b"a" * 1_000_000,
        b"From: mailer-daemon@x.example\nSubject: failure notice\n\ncould not be delivered " + b"a@" * 500_000,
        b"From: mailer-daemon@x.example\nSubject: failure notice\nContent-Type: text/html\n\nundeliverable "
        + b"<style" * 100_000,
        b"From: " + b"<" * 100_000 + b"\nSubject: " + b"=?utf-8?q?" * 50_000 + b"\n\nx",
        b"A: b\n" * 100_000,
        b"\0" * 1_000_000,
    ],
)
def test_a_bomb_is_read(mail: bytes) -> None:
    assert len(classify(mail).recipients) <= 500


@given(st.binary(max_size=3000))
def test_any_octets_are_read(content: bytes) -> None:
    assert isinstance(classify(content), Reading)


PIECES = [letter(form, TO, "550 5.1.1 User unknown") for form in ("postfix", "exim", "notes")]
PIECES = [piece[at : at + 70] for piece in PIECES for at in range(0, len(piece), 70)]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=30)), max_size=50))
def test_bounces_in_disorder_are_read(pieces: list[bytes]) -> None:
    assert isinstance(classify(b"".join(pieces)), Reading)

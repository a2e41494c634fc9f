"""Letters as mail systems write them, each in its documented form, with addresses of nobody: whom it names and why is filled in.

`{to}` is the recipient, `{why}` the reason as it comes after the address, `{us}` the return path of the mail that came back.
"""

from pathlib import Path

US = "b-7.k3@mail.ours.example"
RETURNED = """Return-Path: <{us}>
Received: from mail.ours.example (mail.ours.example [192.0.2.10])
    by mx.example with ESMTP id 4XyZ; Mon, 2 Nov 2026 10:00:00 +0000
From: "Our shop" <news@ours.example>
To: {to}
Subject: Is your mailbox full? No such user is unknown, and spam is blocked
Message-ID: <m1.77@ours.example>
MIME-Version: 1.0
Content-Type: text/plain

550 5.7.1 This mail was blocked as spam, says nobody@elsewhere.example.
"""

DSN = """Return-Path: <>
From: {sender}
To: {us}
Subject: {subject}
Date: Mon, 2 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
    boundary="=_report"

This is a MIME-encapsulated message.

--=_report
Content-Type: text/plain; charset=us-ascii

{notice}
--=_report
Content-Type: message/delivery-status

{fields}

--=_report
Content-Type: message/rfc822

{returned}
--=_report--
"""

PLAIN = """From: {sender}
To: {us}
Subject: {subject}
Date: Mon, 2 Nov 2026 10:00:00 +0000

{notice}
"""

_FORMS = Path(__file__).with_name("letters.txt").read_text("utf-8").split("=== ")[1:]
FORMS = {name.strip(): text for each in _FORMS for name, _, text in [each.partition("\n")]}
"""The forms of `letters.txt` by name: sender and subject, the notice, and for some the fields of the report."""


def letter(form: str, to: str, why: str, status: str = "5.0.0") -> bytes:
    """A bounce in a server's form, about one recipient and for a reason in the words of the one that refused."""
    values = {"to": to, "why": why, "us": US, "status": status}
    values["returned"] = RETURNED.format(**values)
    header, _, notice = FORMS[form].format(**values).partition("\n\n")
    sender, _, subject = header.partition("\nSubject: ")
    notice, report, fields = notice.partition("--- report\n")
    text = (DSN if report else PLAIN).format(
        sender=sender.removeprefix("From: "), subject=subject, us=US, notice=notice, fields=fields.rstrip(),
        returned=values["returned"],
    )  # fmt: skip
    return text.encode()

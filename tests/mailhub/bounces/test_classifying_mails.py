"""Whole mails in the documented forms of servers and people: kind, recipients and classes, each on a line before its mail."""

import re
from pathlib import Path

import pytest

from mailhub.bounces import classify

MAILS = Path(__file__).with_name("mails.txt").read_text("utf-8").split("=== ")[1:]


@pytest.mark.parametrize(
    "mail", MAILS, ids=[f"{number}-{mail[:30].splitlines()[0]}" for number, mail in enumerate(MAILS)]
)
def test_a_mail(mail: str) -> None:
    head, _, text = mail.partition("\n")
    kind, *recipients = head.split()
    charset = re.search(r'charset="?([\w-]+)"?\nContent-Transfer-Encoding: 8bit|charset=(iso-8859-1)\n', text)
    reading = classify(text.encode((charset[1] or charset[2]) if charset else "utf-8"))
    told = [f"{each.address}={each.class_}" for each in reading.recipients]
    assert reading.kind == kind
    assert kind == "autoreply" or told == recipients

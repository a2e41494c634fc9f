"""Each server's form with each kind of reason: whom it names, how grave it is, and why."""

import pytest

from mailhub.bounces import classify
from tests.mailhub.bounces.letters import FORMS, US, letter

WHYS = [
    ("550 5.1.1 <pat.o'neil+list@there.example>: Recipient address rejected: User unknown", "hard", "no_such_user", "5.1.1", 550),
    ("550 No such user here", "hard", "no_such_user", None, 550),
    ("552 5.2.2 Mailbox full", "soft", "mailbox_full", "5.2.2", 552),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org", "block", "blocked", "5.7.1", 554),
    ("550 5.7.1 Message rejected as spam by Content Filtering.", "block", "spam", "5.7.1", 550),
    ("550 5.2.1 The email account that you tried to reach is disabled.", "soft", "mailbox_disabled", "5.2.1", 550),
]  # fmt: skip
TO = "pat.o'neil+list@there.example"


@pytest.mark.parametrize("why", WHYS, ids=[each[2] for each in WHYS])
@pytest.mark.parametrize("form", FORMS)
def test_a_servers_form(form: str, why: tuple[str, str, str, str | None, int]) -> None:
    words, class_, reason, status, code = why
    reading = classify(letter(form, TO, words, status or "5.0.0"))
    assert reading.kind == "bounce"
    assert [(each.address, each.class_, each.reason) for each in reading.recipients] == [(TO, class_, reason)]
    assert reading.recipients[0].code == code
    assert reading.recipients[0].status in (status, "5.0.0")
    assert reading.original.addresses[0] == US

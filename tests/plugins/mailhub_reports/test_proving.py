"""Who a report is proved to be from, and why one is not counted."""

import pytest

from mailhub_reports.proving import BY_HAND, Proof, name_of, proof_of, say, why_not

from .filling import found


@pytest.mark.parametrize(
    ("result", "signed", "proved"),
    [("pass", "", True), ("fail", "receiver.example", False), ("temperror", "receiver.example", False), ("none", "", False),
     ("none", "mail.receiver.example", True), ("none", "stranger.example", False)],
)  # fmt: skip
def test_a_mail_proves_its_domain_or_nothing(result: str, signed: str, proved: bool) -> None:
    proof = proof_of(found(result, "receiver.example", signed))
    assert (proof.proved, proof.author) == (proved, "receiver.example")


def test_a_mail_nobody_looked_at_proves_nothing() -> None:
    assert proof_of(None) == Proof("")
    assert not proof_of(found("none", "", "")).proved


@pytest.mark.parametrize(
    ("author", "org", "why"),
    [("google.com", "google.com", ""), ("mail.google.com", "Google.com.", ""), ("bank.example", "google.com", "other"),
     ("bank.example", "Google", ""), ("microsoft.com", "Outlook.com", ""), ("outlook.com.bank.example", "outlook.com", "other"),
     ("google.com.bank.example", "google.com", "other"), ("co.uk", "bbc.co.uk", "other")],
)  # fmt: skip
def test_a_name_that_is_a_domain_is_the_mails_or_of_its_organisation(author: str, org: str, why: str) -> None:
    assert why_not(Proof("pass", author), org, 5) == why


def test_a_name_that_is_none_bears_the_proved_domain() -> None:
    assert name_of(Proof("pass", "a.bank.example"), "Google") == "Google (bank.example)"
    assert name_of(Proof("pass", "a.bank.example"), "Google (google.com)") == "Google (google.com) (bank.example)"
    assert name_of(Proof("pass", "bank.example"), "") == "bank.example"
    assert name_of(Proof("pass", "google.com"), "google.com") == "google.com"
    assert name_of(BY_HAND, "Google") == name_of(Proof("fail", "bank.example"), "Google") == "Google"


def test_who_gives_a_report_by_hand_answers_for_it() -> None:
    assert why_not(BY_HAND, "google.com", 10**12) == ""
    assert why_not(Proof("pass", "google.com"), "google.com", 10**12) == "many"


def test_the_sentences() -> None:
    assert str(say("other", "google.com", "bank.example")) == (
        "Not proved to be from google.com: the mail is from bank.example."
    )

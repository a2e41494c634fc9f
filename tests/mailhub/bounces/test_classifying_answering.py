"""Answering machines that no header betrays: by an unmistakable subject, or a ticket system's words; people stay people."""

from pathlib import Path

import pytest

from mailhub.bounces import Reading, classify

TO = "pat@there.example"
SURE, PEOPLE = (
    [line for line in each.splitlines() if line and not line.startswith("#")]
    for each in Path(__file__).with_name("answering.txt").read_text("utf-8").split("=== people\n")
)


def _read(header: str, body: str) -> Reading:
    return classify(f"{header}\n\n{body}\n".encode())


@pytest.mark.parametrize("subject", SURE)
def test_an_unmistakable_subject_is_enough(subject: str) -> None:
    for body in ("I will be out for two weeks.", ""):
        reading = _read(f"From: Pat <{TO}>\nSubject: {subject}", body)
        assert reading.kind == "autoreply"
        assert [(each.address, each.class_, each.reason) for each in reading.recipients] == [(TO, None, "autoreply")]


@pytest.mark.parametrize("subject", PEOPLE)
def test_a_person_may_write_of_answering_machines(subject: str) -> None:
    assert _read(f"From: Pat <pat@there.example>\nSubject: {subject}", "What do you think of it?").kind == "other"


def test_a_newsletter_about_answering_machines_is_none() -> None:
    header = "From: news@shop.example\nList-Id: <news.shop.example>\nSubject: Automatic reply: ten ideas"
    assert _read(header, "Read on.").kind == "other"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("[Ticket#123] We received your request", "An agent will answer soon."),
        ("[Case 77] Spring", "Thank you for contacting our support."),
        ("Spring (SUP-12)", "Your request has been received and a number was given to it."),
        ("Ticket 5: Frühling", "Eingangsbestätigung: Wir kümmern uns darum."),
        ("Demande no 9", "Nous avons bien reçu votre message."),
    ],
)
def test_a_ticket_system_answers_by_itself(subject: str, body: str) -> None:
    header = f"From: Pat <pat@there.example>\nSubject: {subject}"
    assert _read(f"{header}\nAuto-Submitted: auto-generated", body).kind == "autoreply"
    assert _read(header, body).kind == "other"

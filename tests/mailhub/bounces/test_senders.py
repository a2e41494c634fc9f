"""Mail systems, machines, lists and people, told apart by their headers."""

import pytest

from mailhub.bounces.senders import (
    answers_by_itself,
    automatic,
    has_null_path,
    is_daemon,
    is_list,
    is_machine,
    is_reply,
)
from mailhub.parts import header_of


@pytest.mark.parametrize(
    "header",
    ["From: MAILER-DAEMON@x.example", "From: Postmaster <postmaster@x.example>", "From: MAILER-DAEMON (Mail Delivery System)",
     "From: System Administrator <a@x.example>", "From: <>", "Subject: x", "Return-Path: <>\nFrom: robot@x.example"],
)  # fmt: skip
def test_mail_systems(header: str) -> None:
    assert is_daemon(header_of(header.encode()))


@pytest.mark.parametrize("header", ["From: Pat <pat@x.example>", "From: news@x.example\nReturn-Path: <b@x.example>"])
def test_others(header: str) -> None:
    assert not is_daemon(header_of(header.encode()))


def test_the_header_says_what_is_automatic() -> None:
    assert automatic(header_of(b"Auto-Submitted: Auto-Replied; owner-email=x")) == "auto-replied"
    assert answers_by_itself(header_of(b"X-Precedence: auto_reply"))
    assert answers_by_itself(header_of(b"X-Autoreply: yes"))
    assert not answers_by_itself(header_of(b"X-Autoreply: no\nAuto-Submitted: auto-generated"))
    assert is_list(header_of(b"List-Id: x"))
    assert has_null_path(header_of(b"Return-Path: <>"))
    assert is_machine(header_of(b"From: Shop <no-reply@x.example>"))
    assert not is_machine(header_of(b"From: Shop <pat@x.example>"))
    assert is_reply("re: x")
    assert not is_reply("report: x")

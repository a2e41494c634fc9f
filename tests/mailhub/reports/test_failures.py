"""Failure reports, and mails that look like them."""

import pytest

from mailhub.parts import parts_of
from mailhub.reports.failures import read_failure
from mailhub.reports.records import Report
from tests.mailhub.reports.samples import FAILURE


def test_a_failure_has_everything_that_is_said() -> None:
    found = read_failure(parts_of(FAILURE))
    assert found is not None
    at = 1_789_984_800_000
    assert found.report == Report("receiver.example", "noreply@receiver.example", "f-1@receiver.example", at, at)
    assert (found.domain, found.auth_failure, found.delivery_result) == ("acme.example", "dmarc", "reject")
    assert (found.identity_alignment, found.source_ip, found.count) == ("none", "203.0.113.5", 2)
    assert (found.header_from, found.envelope_from, found.envelope_to) == (
        "acme.example", "someone@elsewhere.example", "ada@receiver.example",
    )  # fmt: skip
    assert (found.dkim_domain, found.dkim_selector, found.spf_dns) == ("acme.example", "old", "")
    assert found.authentication_results.startswith("mx.receiver.example; dmarc=fail")
    assert (found.message_id, found.subject) == ("m@elsewhere.example", "Dépêche")


def test_without_the_mail_that_failed() -> None:
    content = FAILURE.partition(b"--cut\r\nContent-Type: text/rfc822-headers")[0].replace(b"Incidents: 2\r\n", b"")
    found = read_failure(parts_of(content.replace(b"Reported-Domain: acme.example\r\n", b"")))
    assert found is not None
    assert (found.domain, found.count, found.subject) == ("", 1, "")


def test_a_mail_that_failed_may_be_whole() -> None:
    content = FAILURE.replace(b"text/rfc822-headers", b"message/rfc822")
    found = read_failure(parts_of(content))
    assert found is not None
    assert found.header_from == "acme.example"


@pytest.mark.parametrize(
    "content",
    [b"From: a@b.example\r\n\r\nHello.", FAILURE.replace(b"Feedback-Type: auth-failure", b"Feedback-Type: abuse")
     .replace(b"Auth-Failure: dmarc\r\n", b"")],
    ids=["a mail", "a complaint"],
)  # fmt: skip
def test_other_mail_is_none(content: bytes) -> None:
    assert read_failure(parts_of(content)) is None

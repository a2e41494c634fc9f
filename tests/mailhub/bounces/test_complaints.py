"""Reports of feedback loops, and what came before them."""

from mailhub.bounces.complaints import complained, feedback, is_complaint, is_old_form
from mailhub.parts import header_of, parts_of

NONE = header_of(b"")


def test_a_report_of_several_recipients() -> None:
    fields = feedback(
        parts_of(
            b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <a@b.example>\nVersion: 1\n"
            b"Original-Rcpt-To: c@b.example\n"
        )
    )
    assert fields is not None
    assert [each.address for each in complained(fields, NONE, NONE, "")] == ["a@b.example", "c@b.example"]


def test_a_report_under_a_wrong_type_is_found_and_no_other_mail() -> None:
    mail = b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nx\n--b\n\nFeedback-Type: fraud\n--b--\n"  # noqa: E501
    assert feedback(parts_of(mail)) == {"feedback-type": "fraud"}
    assert feedback(parts_of(b"Subject: x\n\nFeedback-Type: abuse\n")) is None


def test_kinds_of_reports() -> None:
    assert [is_complaint({"feedback-type": each}) for each in ("abuse", "Fraud", "opt-out", "not-spam", "auth-failure")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_older_forms() -> None:
    assert is_old_form(header_of(b"From: scomp@aol.net"), NONE, "x")
    assert is_old_form(NONE, header_of(b"X-HmXmrOriginalRecipient: a@b.example"), "x")
    assert not is_old_form(header_of(b"From: pat@b.example"), NONE, "complaint about message from you")

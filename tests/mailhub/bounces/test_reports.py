"""Fields for machines, whoever wrote them."""

from mailhub.bounces.reports import better_status, groups_of, read_report, status_parts
from mailhub.parts import parts_of


def test_groups_end_at_blank_lines_and_at_a_second_recipient() -> None:
    text = "Reporting-MTA: dns; x\n \nFinal-Recipient: a\nStatus: 5.1.1\n  (long\nname)\nStatus: 9\nFinal-Recipient: b\nAction: failed\n"  # noqa: E501
    assert groups_of(text) == [
        {"reporting-mta": "dns; x"}, {"final-recipient": "a", "status": "5.1.1 (long name)"},
        {"final-recipient": "b", "action": "failed"},
    ]  # fmt: skip


def test_the_gravest_word_about_a_recipient_counts() -> None:
    mail = (
        b"Content-Type: message/delivery-status\n\nX-Postfix-Sender: rfc822; us@ours.example\n\nFinal-Recipient: rfc822; a@b.example\n"  # noqa: E501
        b"Action: delayed\nStatus: 4.0.0\n\nFinal-Recipient: rfc822; A@b.example\nAction: failed\nStatus: 5.01.001\n"
        b"Diagnostic-Code: X-Postfix; no\nX-Supplementary-Info: yes\n\nAction: failed\n"
    )
    report = read_report(status_parts(parts_of(mail), loosely=False))
    assert report.senders == ["us@ours.example"]
    assert [(each.action, each.status, each.words) for each in report.outcomes][:1] == [("failed", "5.1.1", "no yes")]


def test_what_is_written_like_a_report_counts_only_where_one_is_awaited() -> None:
    parts = parts_of(b"Subject: x\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n")
    assert status_parts(parts, loosely=False) == []
    assert [each.address for each in read_report(status_parts(parts, loosely=True)).outcomes] == ["a@b.example"]


def test_of_two_statuses_the_more_precise_is_told() -> None:
    assert better_status("5.0.0", "5.1.1") == "5.1.1"
    assert better_status("5.2.2", "5.1.1") == "5.2.2"
    assert better_status("5.0.0", None) == "5.0.0"
    assert better_status(None, None) is None

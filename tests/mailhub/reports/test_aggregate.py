"""Aggregate reports as many write them."""

import pytest

from mailhub.reports.aggregate import read_aggregate
from mailhub.reports.records import Aggregate, DkimResult, Policy, Reason, Report, SpfResult, Unreadable
from mailhub.reports.unpacking import sliced
from tests.mailhub.reports.samples import BEGIN, END, METADATA, PUBLISHED, aggregate, path, record, signature


def read(content: bytes) -> list[Aggregate]:
    return list(read_aggregate(sliced(content)))


def test_a_record_has_everything_that_is_said() -> None:
    reasons = (
        "<reason><type>forwarded</type><comment>a list</comment></reason><reason><type>Local_Policy</type></reason>"
    )
    auth = signature() + signature("other.example", "s2", "fail") + path() + path("mx.example", "softfail", "helo")
    (one,) = read(aggregate(record(reasons=reasons, auth=auth)))
    assert one.report == Report("Receiver Ltd", "dmarc@receiver.example", "r-17", BEGIN * 1000, END * 1000)
    assert one.policy == Policy("acme.example", "r", "s", "none", "reject", "", 100, "1", "")
    assert (one.source_ip, one.count, one.disposition, one.dkim, one.spf) == ("192.0.2.1", 3, "none", "pass", "fail")
    assert one.reasons == (Reason("forwarded", "a list"), Reason("local_policy", ""))
    assert (one.header_from, one.envelope_from, one.envelope_to) == ("acme.example", "", "")
    assert one.auth_dkim == (
        DkimResult("acme.example", "mh1", "pass", ""), DkimResult("other.example", "s2", "fail", ""),
    )  # fmt: skip
    assert one.auth_spf == (
        SpfResult("other.example", "mfrom", "pass", ""), SpfResult("mx.example", "helo", "softfail", ""),
    )  # fmt: skip
    assert one.passes


def test_the_newer_form_with_a_namespace() -> None:
    published = (
        "<policy_published><domain>acme.example</domain><discovery_method>treewalk</discovery_method><p>reject</p>"
        "<np>reject</np><testing>y</testing></policy_published>"
    )
    content = aggregate(record(dkim="fail"), published=published).replace(
        b"<feedback>", b'<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>'
    )
    (one,) = read(content)
    assert (one.policy.np, one.policy.testing, one.policy.pct, one.policy.adkim) == ("reject", "y", None, "")
    assert not one.passes
    (prefixed,) = read(
        content.replace(b"</", b"</d:").replace(b"<", b"<d:").replace(b"<d:/d:", b"</d:").replace(b"<d:?", b"<?")
    )
    assert prefixed == one


def test_wrong_case_and_blanks() -> None:
    content = aggregate(record(" 192.0.2.1\n", " 3 ", "Pass ", "FAIL", " Acme.Example. ", "None"))
    (one,) = read(content.replace(b"header_from>", b"Header_From>"))
    assert (one.source_ip, one.count, one.dkim, one.spf, one.disposition) == ("192.0.2.1", 3, "pass", "fail", "none")
    assert one.header_from == "acme.example"


def test_missing_elements_are_empty() -> None:
    (one,) = read(b"<feedback><record><row><source_ip>192.0.2.1</source_ip></row></record></feedback>")
    assert (one.count, one.dkim, one.policy, one.report, one.auth_dkim) == (1, "", Policy(), Report(), ())
    (other,) = read(
        aggregate("<record><row><count>2</count></row><identifiers/><auth_results>none</auth_results></record>")
    )
    assert (other.source_ip, other.count, other.header_from) == ("", 2, "")


def test_empty_records_are_left_out() -> None:
    assert read(aggregate("<record/>", "<record><row/></record>", "<record>text</record>")) == []
    assert read(aggregate()) == []


def test_records_before_what_they_belong_to() -> None:
    content = f"<feedback>{record()}{PUBLISHED}{record()}{METADATA}</feedback>".encode()
    assert [(one.policy.domain, one.report.org) for one in read(content)] == [("acme.example", "Receiver Ltd")] * 2


def test_numbers_out_of_range() -> None:
    metadata = METADATA.replace(str(BEGIN), "-1").replace(str(END), "9" * 30)
    found = read(aggregate(record(count="-3"), record(count="9" * 17), record(count="x"), metadata=metadata))
    assert [one.count for one in found] == [0, 2**53 - 1, 1]
    assert (found[0].report.begin, found[0].report.end) == (None, None)


def test_a_null_sender_in_brackets() -> None:
    content = aggregate(record().replace("<identifiers>", "<identifiers><envelope_from>&lt;&gt;</envelope_from>"))
    assert read(content)[0].envelope_from == ""


def test_what_came_before_a_break_is_given() -> None:
    found = read_aggregate(sliced(aggregate(record())[:-11] + b"<record><row>"))
    assert next(found).count == 3
    with pytest.raises(Unreadable, match="cut off"):
        next(found)

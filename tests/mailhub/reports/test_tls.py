"""TLS reports as many write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.reports.records import Report, Tls, TlsFailure, Unreadable
from mailhub.reports.tls import LARGEST, read_tls
from mailhub.reports.unpacking import sliced
from tests.mailhub.reports.samples import DETAIL, policy, tls


def read(content: bytes) -> list[Tls]:
    return list(read_tls(sliced(content)))


def test_a_policy_with_everything() -> None:
    (one,) = read(tls(policy("acme.example", 40, 2, DETAIL)))
    assert one.report == Report(
        "Receiver Ltd", "tls@receiver.example", "t-4", 1_789_948_800_000, 1_790_035_199_000,
    )  # fmt: skip
    assert (one.domain, one.policy_type, one.policy) == ("acme.example", "sts", ("version: STSv1", "mode: enforce"))
    assert (one.mx, one.successful, one.failed) == (("mx.acme.example",), 40, 2)
    assert one.failures == (
        TlsFailure("certificate-expired", "198.51.100.7", "mx.acme.example", "", "192.0.2.9", 2, "it ended in May", ""),
    )


def test_forms_of_others() -> None:
    odd = {
        "Organization_Name": "R", "policies": {
            "policy": {"policy-type": "no-policy-found", "policy-domain": "ACME.example", "mx-host": "mx.acme.example"},
            "summary": {"total-successful-session-count": "7"}, "failure-details": DETAIL,
        },
    }  # fmt: skip
    (one,) = read(b"\xef\xbb\xbf" + json.dumps(odd).encode() + b"\r\n-- \r\nSent by a robot")
    assert (one.domain, one.policy_type, one.mx, one.successful, one.failed) == (
        "acme.example", "no-policy-found", ("mx.acme.example",), 7, 0,
    )  # fmt: skip
    assert [each.count for each in one.failures] == [2]
    assert read('{"organization-name": "Société"}'.encode("latin-1")) == []
    assert read(tls(policy(bad=-4), {}))[0].failed == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "no TLS report"), (b"[]", "no TLS report"), (b'{"a": 1', "broken or cut off"), (b"{]", "broken"),
     (b"[" * 100_000, "broken"), (b'{"a": ' * 100_000, "broken"), (b'{"a": ' + b"9" * 10_000 + b"}", "broken"),
     (b'{"a": "' + b"x" * (LARGEST + 1), "more than 8 MiB")],
    ids=["empty", "list", "cut", "wrong", "deep list", "deep object", "long number", "large"],
)  # fmt: skip
def test_what_is_no_report_is_said(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(content)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(_json, _json, _json, _json)
def test_any_json_in_any_place(metadata: object, policy_: object, summary: object, details: object) -> None:
    content = json.dumps(
        {"organization-name": metadata, "date-range": metadata, "policies": [
            {"policy": policy_, "summary": summary, "failure-details": details}, policy_,
            {"policy": {"policy-domain": policy_, "mx-host": details, "policy-string": summary},
             "summary": {"total-failure-session-count": summary},
             "failure-details": [dict.fromkeys(DETAIL, details)]},
        ]}
    )  # fmt: skip
    assert all(isinstance(each, Tls) for each in read(content.encode()))

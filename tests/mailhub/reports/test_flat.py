"""Records as JSON: the keys are promised."""

import json

from mailhub.reports.flat import flat
from mailhub.reports.reading import read
from tests.mailhub.reports.samples import DETAIL, FAILURE, aggregate, policy, record, tls


def test_a_dmarc_record() -> None:
    reasons = "<reason><type>forwarded</type></reason>"
    (one,) = read(aggregate(record(reasons=reasons)))
    assert flat(one) == {
        "kind": "dmarc", "org": "Receiver Ltd", "contact": "dmarc@receiver.example", "report_id": "r-17",
        "begin": "2026-09-21T00:00:00Z", "end": "2026-09-21T23:59:59Z", "domain": "acme.example", "adkim": "r", "aspf": "s",
        "p": "none", "sp": "reject", "np": None, "pct": 100, "fo": "1", "testing": None, "source_ip": "192.0.2.1", "count": 3,
        "disposition": "none", "dkim": "pass", "spf": "fail", "reasons": [{"type": "forwarded", "comment": None}],
        "header_from": "acme.example", "envelope_from": None, "envelope_to": None,
        "auth_dkim": [{"domain": "acme.example", "selector": "mh1", "result": "pass", "human_result": None}],
        "auth_spf": [{"domain": "other.example", "scope": "mfrom", "result": "pass", "human_result": None}],
    }  # fmt: skip


def test_a_tls_policy() -> None:
    (one,) = read(tls(policy("acme.example", 40, 2, DETAIL)))
    assert flat(one) == {
        "kind": "tls", "org": "Receiver Ltd", "contact": "tls@receiver.example", "report_id": "t-4",
        "begin": "2026-09-21T00:00:00Z", "end": "2026-09-21T23:59:59Z", "domain": "acme.example", "policy_type": "sts",
        "policy": ["version: STSv1", "mode: enforce"], "mx": ["mx.acme.example"], "successful": 40, "failed": 2,
        "failures": [{
            "type": "certificate-expired", "sending_ip": "198.51.100.7", "receiving_mx": "mx.acme.example",
            "receiving_helo": None, "receiving_ip": "192.0.2.9", "count": 2, "reason": "it ended in May", "additional": None,
        }],
    }  # fmt: skip


def test_a_failure() -> None:
    (one,) = read(FAILURE)
    made = flat(one)
    assert made["kind"] == "failure"
    assert (made["domain"], made["begin"], made["spf_dns"]) == ("acme.example", "2026-09-21T10:00:00Z", None)
    assert json.loads(json.dumps(made)) == made

"""Reports made for tests, in the forms of many reporters."""

import gzip
import json
import zipfile
from io import BytesIO
from typing import Any

BEGIN, END = 1_789_948_800, 1_790_035_199
METADATA = (
    "<report_metadata><org_name>Receiver Ltd</org_name><email>dmarc@receiver.example</email>"
    f"<report_id>r-17</report_id><date_range><begin>{BEGIN}</begin><end>{END}</end></date_range></report_metadata>"
)
PUBLISHED = (
    "<policy_published><domain>acme.example</domain><adkim>r</adkim><aspf>s</aspf><p>none</p><sp>reject</sp>"
    "<pct>100</pct><fo>1</fo></policy_published>"
)


def record(
    source: str = "192.0.2.1", count: object = 3, dkim: str = "pass", spf: str = "fail", author: str = "acme.example",
    disposition: str = "none", reasons: str = "", auth: str = "",
) -> str:  # fmt: skip
    """One record of an aggregate report."""
    return (
        f"<record><row><source_ip>{source}</source_ip><count>{count}</count><policy_evaluated>"
        f"<disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf>{reasons}</policy_evaluated></row>"
        f"<identifiers><header_from>{author}</header_from></identifiers><auth_results>"
        f"{auth or signature() + path()}</auth_results></record>"
    )


def signature(domain: str = "acme.example", selector: str = "mh1", result: str = "pass") -> str:
    """What came of one signature."""
    return f"<dkim><domain>{domain}</domain><selector>{selector}</selector><result>{result}</result></dkim>"


def path(domain: str = "other.example", result: str = "pass", scope: str = "mfrom") -> str:
    """What came of SPF."""
    return f"<spf><domain>{domain}</domain><scope>{scope}</scope><result>{result}</result></spf>"


def aggregate(*records: str, metadata: str = METADATA, published: str = PUBLISHED) -> bytes:
    """A whole aggregate report."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feedback>{metadata}{published}{"".join(records)}</feedback>'.encode()
    )


def tls(*policies: dict[str, Any], **more: Any) -> bytes:
    """A whole TLS report."""
    return json.dumps(
        {
            "organization-name": "Receiver Ltd", "contact-info": "tls@receiver.example", "report-id": "t-4",
            "date-range": {"start-datetime": "2026-09-21T00:00:00Z", "end-datetime": "2026-09-21T23:59:59Z"},
            "policies": list(policies), **more,
        }
    ).encode()  # fmt: skip


def policy(domain: str = "acme.example", good: int = 40, bad: int = 2, *details: dict[str, Any]) -> dict[str, Any]:
    """One policy of a TLS report."""
    made: dict[str, Any] = {
        "policy": {
            "policy-type": "sts", "policy-string": ["version: STSv1", "mode: enforce"], "policy-domain": domain,
            "mx-host": ["mx.acme.example"],
        },
        "summary": {"total-successful-session-count": good, "total-failure-session-count": bad},
    }  # fmt: skip
    return {**made, "failure-details": list(details)} if details else made


DETAIL = {
    "result-type": "certificate-expired", "sending-mta-ip": "198.51.100.7", "receiving-mx-hostname": "mx.acme.example",
    "receiving-ip": "192.0.2.9", "failed-session-count": 2, "failure-reason-code": "it ended in May",
}  # fmt: skip

FAILURE = (
    b"From: Reports <noreply@receiver.example>\r\nTo: dmarc@bounce.acme.example\r\nSubject: A failure\r\n"
    b"Message-ID: <f-1@receiver.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=feedback-report; boundary="cut"\r\n\r\n'
    b"--cut\r\nContent-Type: text/plain\r\n\r\nA mail failed.\r\n"
    b"--cut\r\nContent-Type: message/feedback-report\r\n\r\n"
    b"Feedback-Type: auth-failure\r\nUser-Agent: Receiver/1\r\nVersion: 1\r\nAuth-Failure: dmarc\r\n"
    b"Delivery-Result: reject\r\nIdentity-Alignment: none\r\nOriginal-Mail-From: <someone@elsewhere.example>\r\n"
    b"Original-Rcpt-To: <ada@receiver.example>\r\nSource-IP: 203.0.113.5\r\nReported-Domain: acme.example\r\n"
    b"Arrival-Date: Mon, 21 Sep 2026 10:00:00 +0000\r\nDKIM-Domain: acme.example\r\nDKIM-Selector: old\r\n"
    b"Authentication-Results: mx.receiver.example; dmarc=fail header.from=acme.example\r\nIncidents: 2\r\n\r\n"
    b"--cut\r\nContent-Type: text/rfc822-headers\r\n\r\n"
    b"From: Acme <news@acme.example>\r\nSubject: =?utf-8?q?D=C3=A9p=C3=AAche?=\r\nMessage-ID: <m@elsewhere.example>\r\n\r\n"
    b"--cut--\r\n"
)


def zipped(*contents: bytes, names: tuple[str, ...] = ()) -> bytes:
    """A zip archive."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            name = zipfile.ZipInfo(names[number] if names else f"report-{number}.xml", (2026, 9, 21, 0, 0, 0))
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def mail(
    *parts: tuple[str, bytes], sender: str = "dmarc@receiver.example", to: str = "dmarc@bounce.acme.example"
) -> bytes:
    """A mail with parts of some types, in base64."""
    from base64 import encodebytes

    made = "".join(
        f"--cut\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{encodebytes(content).decode()}\r\n"
        for kind, content in parts
    )
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Report Domain: acme.example\r\nMessage-ID: <1@receiver.example>\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="cut"\r\n\r\nHello.\r\n{made}--cut--\r\n'
    ).encode()


def gzipped(content: bytes) -> bytes:
    """A gzip stream, the same each time."""
    return gzip.compress(content, mtime=0)

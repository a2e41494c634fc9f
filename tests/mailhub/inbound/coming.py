"""Mail that comes back, as the tests of understanding need it: messages that were delivered, and what servers answer."""

from mailhub import counting
from mailhub.accounts import Account
from mailhub.db import bulk, transaction
from mailhub.hub import Hub
from mailhub.inbound import arrivals, understanding
from mailhub.inbound.arrivals import Came
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.messages import Outcome
from mailhub.outbox import claim, settle
from mailhub.testing import make_owner, make_source

PEER = "192.0.2.7"


def delivered(hub: Hub, *addresses: str, account: Account | None = None) -> list[int]:
    """Messages that receiving servers have taken, one for each address."""
    account = account or make_owner(hub)[0]
    source = make_source(hub, account, list(addresses))
    with bulk():
        waiting = {each.address: each.id for each in claim(source, hub.node.number, len(addresses), hub.ms())}
        settle(hub.node.number, [Outcome(id_, 1, "delivered", hub.ms(), 250) for id_ in waiting.values()])
    return [waiting[each] for each in addresses]


def return_path(hub: Hub, message: int) -> str:
    """Where a message's bounces go."""
    return f"bounce+{hub.tokens.return_path(1, message)}@bounce.acme.example"


def bounce(address: str, status: str = "5.1.1", said: str = "550 5.1.1 User unknown", action: str = "failed") -> bytes:
    """A delivery report of RFC 3464 about one address."""
    lines = [
        "From: MAILER-DAEMON@mx.example.net", "To: sender", "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"', "",
        "--cut", "Content-Type: text/plain; charset=us-ascii", "", "Your message could not be delivered.", "",
        "--cut", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.net", "",
        f"Final-Recipient: rfc822; {address}", f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: smtp; {said}",
        "", "--cut", "Content-Type: text/rfc822-headers", "", "Subject: Spring", "", "--cut--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def complaint(*returned: str) -> bytes:
    """A report of a feedback loop (RFC 5965) that returns these header lines; it names no recipient."""
    lines = [
        "From: fbl@provider.example", "To: fbl@acme.example", "Subject: complaint", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="cut"', "",
        "--cut", "Content-Type: text/plain", "", "This is an e-mail abuse report.", "",
        "--cut", "Content-Type: message/feedback-report", "", "Feedback-Type: abuse", "User-Agent: Loop/1.0",
        "Version: 1", "", "--cut", "Content-Type: message/rfc822", "", *returned, "Subject: Spring", "", "Hello.", "",
        "--cut--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def come(hub: Hub, content: bytes, *recipients: str, sender: str = "", policy: str = "tag", peer: str = PEER) -> None:
    """A mail is on disk, as the listener puts it there."""
    with transaction():
        mail = Came(sender, recipients, content, peer, "mx.example.net", hub.ms(), policy)
        arrivals.write(hub.node.new_ids(1 + len(recipients)), mail)


def work(hub: Hub) -> None:
    """What the engine does until nothing more is due, and the counters after it."""
    understanding.wake(hub)
    for _ in range(50):
        jobs = [each.id for each in Job.select().where(Job.kind == understanding.KIND, Job.state == rows.WAITING)]
        more = [rows.work(hub, each) for each in jobs]
        if not any(more):
            break
    counting.count_events(hub)

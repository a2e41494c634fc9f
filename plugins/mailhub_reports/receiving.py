"""Reports come in, by mail or by hand: small ones are read at once, large ones by a job, outside of any transaction."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from mailhub import Hub, JobKind, jobs
from mailhub.accounts import OPERATOR
from mailhub.db import bulk, sql, transaction
from mailhub.errors import Conflict, UserError
from mailhub.reports import UNPACKED, TooLarge, read
from mailhub_reports.gathering import Gathered
from mailhub_reports.keeping import Brought, keep
from mailhub_reports.models import File
from mailhub_reports.owners import is_report_address
from mailhub_reports.proving import Proof, proof_of

if TYPE_CHECKING:
    from mailhub.inbound import Mail

AT_ONCE = 2 << 20
"""Octets that are read in the transaction of who asks: a fifth of a second."""
MOST_WAITING = 256 << 20
"""Octets of large reports that may wait."""
READ = "reports.read"


def receive(hub: Hub, mail: "Mail") -> bool | None:
    """Take a mail to an address for reports, in the caller's transaction. None for other mail.

    Raises `UserError` for one that holds no report about a domain of ours, so that staff sees it.
    """
    if not is_report_address(hub, mail.recipient):
        return None
    take(hub, mail.content, 0, proof_of(mail.verdicts))
    return True


def take(hub: Hub, content: bytes, account: int, proof: Proof) -> Brought | None:
    """Read a report, in the caller's transaction; None: it is large, and a job reads it. `account` is who gave it by hand,
    0 for a mail. Raises `UserError`."""
    if len(content) <= AT_ONCE:
        try:
            return keep(hub, gather(hub, content, account, AT_ONCE, proof), nullcontext)
        except TooLarge:
            pass  # packed tightly
    _put_aside(hub, content, account, proof)
    return None


def gather(hub: Hub, content: bytes, account: int, limit: int, proof: Proof) -> Gathered:
    """What a report says, summed up; nothing is written. Raises `UserError`."""
    gathered = Gathered(hub.ms(), account, proof)
    for record in read(content, limit):
        gathered.take(record)
    return gathered


def _put_aside(hub: Hub, content: bytes, account: int, proof: Proof) -> None:
    waiting = sql("SELECT coalesce(sum(length(content)), 0) FROM reports_files").fetchone()[0]
    if int(waiting) + len(content) > MOST_WAITING:
        raise Conflict("Many large reports wait to be read: try again in an hour.")
    file = File.create(account_id=account, content=content, received_at=hub.ms(), **proof._asdict())
    jobs.start(hub, READ, account or OPERATOR, file.id)


def step(hub: Hub, job: Any, until: float) -> bool:
    """What a job does with a large report; one that cannot be read leaves a sentence behind."""
    file = File.get_or_none(File.id == job.ref, File.error == "")
    if file is None:
        return False
    try:
        proof = Proof(file.verdict, file.author)
        keep(hub, gather(hub, bytes(file.content), file.account_id, UNPACKED, proof), bulk)
    except UserError as error:
        with transaction():
            File.update(error=error.sentence, content=b"").where(File.id == file.id).execute()
        return False
    with transaction():
        File.delete().where(File.id == file.id).execute()
    return False


JOBS = (JobKind(READ, step),)

"""A campaign carried to its outcomes, as the engine would: for tests of what is counted and shown."""

from mailhub import Hub, counting, outbox
from mailhub.db import transaction
from mailhub.events import NewEvent, write
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.messages import CLICKED, OPENED, Message, Outcome, Source
from mailhub_sending.models import Campaign


def fill(hub: Hub, campaign: Campaign) -> Source:
    """Submit the campaign's whole audience."""
    rows.work(hub, Job.get(Job.ref == campaign.id).id)
    return Source.get_by_id(campaign.source_id)


def settle(hub: Hub, campaign: Campaign, *kinds: str) -> None:
    """Give the next messages these outcomes, oldest first."""
    source = Source.get_by_id(campaign.source_id)
    words = {
        "delivered": (250, "2.0.0", "OK"),
        "bounced": (550, "5.1.1", "No such user"),
        "deferred": (421, "4.7.0", "Later"),
    }
    with transaction():
        waiting = outbox.claim(source, hub.node.number, len(kinds), hub.ms())
        outcomes = [
            Outcome(each.id, each.attempts + 1, kind, hub.ms(), *words[kind], due_at=hub.ms() + 600_000)
            for each, kind in zip(waiting, kinds, strict=True)
        ]
        outbox.settle(hub.node.number, outcomes)
    counting.count_events(hub)


def see(hub: Hub, campaign: Campaign, address: str, kind: str = OPENED, link: int = 0) -> None:
    """Open a message, or follow one of its links."""
    row = Message.get(Message.source_id == campaign.source_id, Message.address == address)
    values = {"agent": "test", **({"link": link} if kind == CLICKED else {})}
    with transaction():
        write([NewEvent(kind, row.account_id, hub.ms(), row.source_id, row.id, values=values)])
    counting.count_events(hub)

"""The service that looks at every domain again every few hours, beside the elected scheduler: some at a time."""

import logging
import threading
import time

from mailhub import outages
from mailhub.accounts import Domain
from mailhub.db import close_database, transaction
from mailhub.hub import Hub
from mailhub.vocabulary import Service

BATCH = 20
"""Domains looked at at the same time."""
PAUSE = 5.0
"""Seconds between two questions whether any is due."""

log = logging.getLogger(__name__)


def run(hub: Hub, stop: threading.Event) -> None:
    """Look at what is due until `stop` is set; while the database is away, wait for it."""
    while not stop.wait(0.5):
        try:
            looked = look_at_due(hub)
        except Exception as error:
            if outages.find(error) is None:
                raise
            close_database()
            log.warning("checks of domains wait: the database cannot be used now")
            looked = 0
        asked_at = time.monotonic()
        while looked == 0 and time.monotonic() - asked_at < PAUSE and not stop.wait(0.5):
            pass


def look_at_due(hub: Hub) -> int:
    """Look at the next domains that are due, the longest waiting first. Returns how many there were."""
    if not hub.config.domains.check_every:
        return 0
    due = list(Domain.select().where(Domain.check_at <= hub.ms()).order_by(Domain.check_at, Domain.id).limit(BATCH))
    if due:
        with transaction():  # whatever becomes of this look, the others have their turn
            later = hub.ms() + hub.config.domains.check_every * 1000
            Domain.update(check_at=later).where(Domain.id.in_([each.id for each in due])).execute()
        look_and_note(hub, due)
    return len(due)


def look_and_note(hub: Hub, domains: list[Domain]) -> None:
    """Look at some domains and keep what was seen. Not in a transaction."""
    # DNS is loaded where it is asked: a worker and a listener have no use for it.
    from mailhub.domains.looking import look_at
    from mailhub.domains.noting import note

    for domain, look in zip(domains, look_at(hub, domains), strict=True):
        with transaction():
            note(hub, domain, look)


SERVICES = (Service("domains", run),)

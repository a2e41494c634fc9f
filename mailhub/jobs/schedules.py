"""The clock: what the elected scheduler calls, and how often."""

import logging

from apscheduler.schedulers.blocking import BlockingScheduler

from mailhub.counting import count_events
from mailhub.delivery.sandbox import forget_old
from mailhub.hub import Hub
from mailhub.vocabulary import Schedule

log = logging.getLogger(__name__)

CORE_SCHEDULES: tuple[Schedule, ...] = (
    Schedule("counters", 1, count_events),
    Schedule("sandbox.forget", 3600, forget_old),
)

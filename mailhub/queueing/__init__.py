"""The queue for people: what waits and why, how the lanes stand, and what may be done about it.

The outbox reads and changes the queue; here that is asked for, carried out in steps, and told.
"""

from mailhub.queueing.actions import ACTIONS
from mailhub.queueing.orders import JOBS

__all__ = ["ACTIONS", "JOBS"]

"""What can be done with routes, their rules, pools of local addresses and warm-up plans; and trying a route out.

The rows are in `mailhub.routes`; which route a message takes is decided in `delivery.routes`.
"""

from mailhub.routing import waking, warming
from mailhub.routing.actions import ACTIONS
from mailhub.routing.trials import JOBS

SCHEDULES = (*warming.SCHEDULES, *waking.SCHEDULES)

__all__ = ["ACTIONS", "JOBS", "SCHEDULES"]

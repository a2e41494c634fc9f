"""The engine: background jobs and deliveries in slices of a second, the sweep that queues them, the schedules.

Huey carries only "go on with job 3" or "deliver source 7"; the truth is in rows, so losing every queued task loses nothing.
"""

from mailhub.jobs.rows import Job, start

__all__ = ["Job", "start"]

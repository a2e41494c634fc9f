"""What the engine and the clock call."""

from mailhub import JobKind, Schedule
from mailhub_contacts import analysing, importing, imports, lists, undoing

JOBS = (
    JobKind(analysing.KIND, analysing.step),
    JobKind(importing.KIND, importing.step),
    JobKind(undoing.KIND, undoing.step),
    JobKind(lists.KIND, lists.step),
)

SCHEDULES = (Schedule("imports.forget", 3600, imports.forget_old),)

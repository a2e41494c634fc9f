"""What the engine calls. What looks domains up is loaded by the first slice: most processes never verify anything."""

from typing import Any

from mailhub import Hub, JobKind
from mailhub_verification import forgetting, suppressing, verifications


def verify(hub: Hub, job: Any, until: float) -> bool | float:
    """One slice of verifying a list; see `verifying.step`."""
    from mailhub_verification import verifying

    return verifying.step(hub, job, until)


JOBS = (
    JobKind(verifications.KIND, verify),
    JobKind(suppressing.KIND, suppressing.step),
    JobKind(forgetting.KIND, forgetting.step),
)

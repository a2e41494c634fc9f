"""The table of a campaign's states: which action leads from where to where. Every change of state passes here.

What an action does besides is left to the rooms that call `move`.
"""

from typing import Any, NamedTuple

from mailhub import Conflict
from mailhub.errors import Sentence
from mailhub_sending.models import Campaign

DRAFT, VALIDATED, SCHEDULED, SENDING, PAUSED, FINISHED, CANCELLED = STATES = (
    "draft", "validated", "scheduled", "sending", "paused", "finished", "cancelled",
)  # fmt: skip


class Move(NamedTuple):
    """One row: the action, the states it is allowed in, and the state it leads to."""

    action: str
    origins: tuple[str, ...]
    state: str


MOVES: tuple[Move, ...] = (
    Move("change", (DRAFT,), DRAFT),
    Move("delete", (DRAFT,), DRAFT),
    Move("validate", (DRAFT,), VALIDATED),
    Move("unvalidate", (VALIDATED, SCHEDULED), DRAFT),
    Move("schedule", (VALIDATED,), SCHEDULED),
    Move("reschedule", (SCHEDULED,), SCHEDULED),
    Move("start", (VALIDATED, SCHEDULED), SENDING),
    Move("pause", (SENDING,), PAUSED),
    Move("resume", (PAUSED,), SENDING),
    Move("cancel", (DRAFT, VALIDATED, SCHEDULED, SENDING, PAUSED), CANCELLED),
    Move("finish", (SENDING,), FINISHED),
)

BY_ACTION: dict[str, Move] = {each.action: each for each in MOVES}

NOW: dict[str, Sentence] = {
    DRAFT: Sentence("Campaign {number} is a draft: you can change, validate, delete or cancel it now."),
    VALIDATED: Sentence("Campaign {number} is validated: you can start, schedule, unvalidate or cancel it now."),
    SCHEDULED: Sentence("Campaign {number} is scheduled: you can start, reschedule, unvalidate or cancel it now."),
    SENDING: Sentence("Campaign {number} is sending: you can pause or cancel it now."),
    PAUSED: Sentence("Campaign {number} is paused: you can resume or cancel it now."),
    FINISHED: Sentence("Campaign {number} is finished: you can copy it to send it again."),
    CANCELLED: Sentence("Campaign {number} is cancelled: you can copy it to send it after all."),
}
"""What is told to whoever asks for something that a state does not allow."""


def allowed(state: str) -> list[str]:
    """The actions a person can ask for in a state, in the order of the table."""
    return [each.action for each in MOVES if state in each.origins and each.action != "finish"]


def require(campaign: Campaign, action: str) -> None:
    """Raise `Conflict` unless the campaign's state, as it was read, allows the action."""
    if campaign.state not in BY_ACTION[action].origins:
        raise refusal(campaign)


def move(campaign: Campaign, action: str, **columns: Any) -> None:
    """Change a campaign's state, and `columns`, in the caller's transaction; of two at once one wins.

    Raises `Conflict`, which says the present state and what can be done in it.
    """
    row = BY_ACTION[action]
    changed = (
        Campaign.update(state=row.state, **columns)
        .where(Campaign.id == campaign.id, Campaign.state.in_(row.origins))
        .execute()
    )
    if not changed:
        raise refusal(campaign)
    campaign.state = row.state
    for name, value in columns.items():
        setattr(campaign, name, value)


def refusal(campaign: Campaign) -> Conflict:
    """What to raise when the campaign's present state, read anew, does not allow what was asked."""
    now = Campaign.select(Campaign.state).where(Campaign.id == campaign.id).scalar()
    if now is None:
        return Conflict(
            "Campaign {number} was deleted: the Campaigns page lists those there are.", number=campaign.number
        )
    return Conflict(NOW[now].template, number=campaign.number)

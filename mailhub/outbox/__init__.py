"""The only way out: sources are opened here, messages submitted, claimed, settled, held, paused and cancelled here.

No other room writes sources, queue or messages. Everything works in batches, in the caller's transaction.
"""

from mailhub.outbox.admission import Held
from mailhub.outbox.claims import (
    Aside,
    Back,
    claim,
    claimed_by,
    give_back,
    holders,
    put_off,
    release,
    release_node,
    renew,
    set_aside,
)
from mailhub.outbox.reserving import Short, hold_when_left
from mailhub.outbox.settling import settle
from mailhub.outbox.sources import cancel, hold, open_again, open_source, pause, resume
from mailhub.outbox.submitting import Submitted, room_left, submit

__all__ = [
    "Aside",
    "Back",
    "Held",
    "Short",
    "Submitted",
    "cancel",
    "claim",
    "claimed_by",
    "give_back",
    "hold",
    "hold_when_left",
    "holders",
    "open_again",
    "open_source",
    "pause",
    "put_off",
    "release",
    "release_node",
    "renew",
    "resume",
    "room_left",
    "set_aside",
    "settle",
    "submit",
]

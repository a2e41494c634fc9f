"""Campaigns as a phone shows them: small, with words ready to be read and moments ready to be counted from."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mailhub.db import from_ms
from mailhub.errors import NotFound
from mailhub.web.language import translate
from mobile_api.doorkeeper import ask, device, hub
from mobile_api.permitted import verbs

NUMBERS = (
    "planned", "waiting", "delivered", "deferred", "bounced", "refused", "expired", "cancelled", "opened", "clicked",
    "unsubscribed",
)  # fmt: skip
_SEEN = ("number", "name", "state", "from", "audience", "exclude", "scheduled_at", "started_at", "finished_at", "rate")


def summary(campaign: Mapping[str, Any]) -> dict[str, Any]:
    """A campaign in a line, of what `campaigns.list` says."""
    return {
        "number": campaign["number"],
        "name": campaign["name"],
        "state": campaign["state"],
        **{name: _moment(campaign[name]) for name in ("scheduled_at", "started_at", "finished_at")},
    }


def shown(number: int) -> dict[str, Any]:
    """What `campaigns.show` says of a campaign, by its number alone. Raises `NotFound`.

    The action also takes a part of a name: a phone that says 12 never means "Summer 2012".
    """
    found: dict[str, Any] = ask("campaigns.show", which=str(number))
    if found["number"] != number:
        raise NotFound("There is no campaign {which}: the Campaigns page lists those there are.", which=number)
    return found


def whole(number: int) -> dict[str, Any]:
    """A campaign with its statistics, as the schema `Campaign` has it."""
    campaign = shown(number)
    counted = ask("campaigns.stats", which=str(number))
    mine = verbs(hub(), device())
    return {
        **summary(campaign),
        "version": version(campaign),
        "sentence": translate(counted["sentence"]),
        "time_zone": campaign["time_zone"],
        "numbers": {name: counted[name] for name in NUMBERS},
        "rate": counted["rate"],
        "seconds_left": counted["seconds_left"],
        "standing": counted["standing"],
        "can": [verb for verb in campaign["can"] if verb in mine],
    }


def version(campaign: Mapping[str, Any]) -> str:
    """Changes when somebody changes the campaign, not when its numbers grow."""
    seen = json.dumps([campaign[name] for name in _SEEN], ensure_ascii=False)
    return hashlib.sha256(seen.encode()).hexdigest()[:12]


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)

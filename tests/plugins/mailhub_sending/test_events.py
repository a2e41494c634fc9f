"""Events carry the number and who."""

import pytest

from mailhub import Hub
from mailhub.db import transaction
from mailhub.messages import Event
from mailhub_sending.events import OF_CAMPAIGNS, tell


def test_every_kind_can_be_told(hub: Hub, team, make) -> None:
    campaign = make()
    with transaction():
        for kind in OF_CAMPAIGNS:
            tell(hub, team.owner, campaign, kind.name.removeprefix("campaign."))
    rows = list(Event.select())
    assert [row.kind for row in rows] == [kind.name for kind in OF_CAMPAIGNS]
    assert all(row.values == {"number": 1, "who": "Ada Owner", "user": team.owner.user_id} for row in rows)


def test_an_unknown_kind_is_a_bug(hub: Hub, team, make) -> None:
    with pytest.raises(LookupError, match=r"campaign\.exploded"), transaction():
        tell(hub, team.owner, make(), "exploded")

"""The first tables."""

from typing import Any

from mailhub_sending import models


def up(migrator: Any, db: Any) -> None:
    db.create_tables([models.Campaign, models.CampaignText, models.CampaignNumber])

"""Ready-made roles that nobody changed get what was added to them since: verification, credit, alerts, a phone, Slack."""

import json

import peewee

ADDED = {
    "marketer": ["alerts.edit", "phones.edit", "slack.use", "verifications.view", "verifications.run"],
    "analyst": ["alerts.edit", "phones.edit", "slack.use"],
    "billing": ["alerts.edit", "phones.edit", "slack.use", "billing.view", "billing.edit"],
}
FIRST = {
    "marketer": [
        "campaigns.view", "campaigns.edit", "campaigns.validate", "campaigns.start", "campaigns.pause", "campaigns.cancel",
        "contacts.view", "contacts.edit", "contacts.import", "lists.edit", "suppressions.view", "suppressions.edit",
        "messages.view", "sandbox.view",
    ],
    "analyst": ["campaigns.view", "contacts.view", "messages.view", "suppressions.view"],
    "billing": ["account.view"],
}  # fmt: skip
"""What each was made with at first; some accounts were made with a part of what was added."""


def up(migrator: object, db: peewee.Database) -> None:
    place = "%s" if isinstance(db, peewee.PostgresqlDatabase) else "?"
    for name, first in FIRST.items():
        rows = db.execute_sql(f"SELECT id, permissions FROM roles WHERE name = {place}", (name,)).fetchall()
        for number, permissions in rows:
            if set(json.loads(permissions)) - set(ADDED[name]) == set(first):
                db.execute_sql(
                    f"UPDATE roles SET permissions = {place} WHERE id = {place}",
                    (json.dumps(first + ADDED[name]), number),
                )

"""The first tables."""

from mailhub import accounts, activity, addresses, ids, messages
from mailhub.jobs import rows


def up(migrator, db):
    db.create_tables([
        accounts.Account, accounts.User, accounts.Role, accounts.Membership, accounts.Session, accounts.SmtpCredential,
        accounts.Domain, accounts.DkimKey, accounts.AccountSetting, activity.Activity, addresses.Suppression,
        messages.Content, messages.Source, messages.Queued, messages.Message, messages.Event, messages.Counter,
        messages.Cursor, ids.Node, rows.Job,
    ])
    db.execute_sql("CREATE INDEX queue_holder ON queue (holder) WHERE holder IS NOT NULL")

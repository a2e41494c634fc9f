"""One of everything in somebody else's account, and how each action would be asked for it."""

import zlib
from pathlib import Path
from typing import Any

from mailhub.accounts import User
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_sending.models import Campaign, Reply
from mailhub_slack import linking
from mailhub_slack.models import Workspace


def foreign_things(hub: Hub, theirs: Actor) -> dict[str, dict[str, Any]]:
    """Make one of everything in the account of `theirs`; action → the arguments that name it."""
    sheet = hub.config.data / "theirs.csv"
    sheet.write_text("e-mail;langue\nsomebody@example.com;EN\n", "utf-8")
    contact = hub.call(theirs, "contacts.create", address="theirs@example.com")["number"]
    chosen = hub.call(theirs, "lists.create", name="Theirs")["number"]
    rules = {"match": "all", "rules": [{"what": "language", "how": "is", "value": "fr"}]}
    segment = {"number": hub.call(theirs, "segments.create", name="French", rules=rules)["number"]}
    record = hub.call(theirs, "contacts.analyse", file=Path(sheet))["number"]
    login = hub.call(theirs, "smtp_credentials.create", name="Theirs")["login"]
    hub.call(theirs, "domains.add", name="theirs.example.com")
    campaign = hub.call(
        theirs, "campaigns.create", name="Theirs", subject="Hello", body="Hello", language="en", audience=["Theirs"],
        **{"from": "info@theirs.example.com"},
    )["number"]  # fmt: skip
    key = hub.call(theirs, "api_keys.create", name="Theirs")["key"]
    mail = {"from": "info@theirs.example.com", "to": "reader@example.com", "subject": "Hello", "text": "Hello"}
    message = hub.call(theirs, "messages.send", **mail)["id"]
    hub.call(theirs, "slack_workspaces.connect", bot_token="xoxb-1", signing_secret="theirs")
    asked = linking.offer(hub, Workspace.of(theirs.account_id).get(), "U1", "somebody")
    slack_link = hub.call(theirs, "slack_links.create", token=asked.rpartition("/")[2])["number"]
    hub.call(theirs, "contacts.change", number=contact, lists=["Theirs"])
    verification = hub.call(theirs, "verifications.start", audience="Theirs")["number"]
    hub.call(theirs, "connectors.switch", on=True)
    email = User.get_by_id(theirs.user_id).email
    connector = {"number": hub.call(theirs, "connectors.add", user=email, kind="iphone", name="Theirs")["number"]}
    reply = Reply.create(
        account=theirs.account_id, campaign=Campaign.get(Campaign.account == theirs.account_id).id, message_id=1, digest="x",
        kind="reply", recipient="theirs@example.com", sender="theirs@example.com", content=zlib.compress(b"\r\n"), size=2,
        received_at=1,
    ).id  # fmt: skip
    webhook = hub.call(theirs, "webhooks.create", url="https://theirs.example.com/")["number"]
    one = {"which": "Theirs"}
    assert campaign == 1, "their first campaign has number 1, as ours would have: ours must not be found either"
    return {
        "contacts.change": {"number": contact, "display": "Mine now"},
        "contacts.delete": {"number": contact},
        "contacts.show": {"number": contact},
        "contacts.list": {"list": chosen},
        "contacts.analyse": {"number": record},
        "contacts.import": {"number": record},
        "imports.show": {"number": record},
        "imports.cancel": {"number": record},
        "imports.undo": {"number": record},
        "lists.rename": {"number": chosen, "name": "Mine now"},
        "lists.delete": {"number": chosen},
        **{f"segments.{verb}": segment for verb in ("show", "count", "delete")},
        "segments.change": {**segment, "name": "Mine now"},
        "segments.create": {
            "name": "Mine", "rules": {"match": "all", "rules": [{"what": "list", "how": "in", "value": chosen}]}
        },
        **{f"smtp_credentials.{verb}": {"login": login} for verb in ("revoke", "limit", "allow")},
        "connectors.change": {**connector, "name": "Mine now"},
        **{f"connectors.{verb}": connector for verb in ("revoke", "pair", "sign_in", "sign_out")},
        "slack_links.delete": {"number": slack_link},
        "slack_links.switch": {"number": slack_link, "account": theirs.account_id},
        "api_keys.revoke": {"key": key},
        **{f"webhooks.{verb}": {"number": webhook} for verb in ("show", "log", "change", "enable", "disable", "delete", "test")},
        "webhooks.replay": {"number": webhook, "event": "evt_1"},
        "messages.show": {"number": message},
        **{f"queue.{verb}": {"number": message} for verb in ("retry", "hold", "release", "delete")},
        **{f"domains.{verb}": {"name": "theirs.example.com"} for verb in ("show", "check", "rotate", "activate", "delete")},
        "domains.change": {"name": "theirs.example.com", "inherited": True},
        **{f"verifications.{verb}": {"number": verification} for verb in ("show", "results", "cancel", "suppress", "delete")},
        "verifications.start": {"audience": "Theirs"},
        **{f"reports.{verb}": {"domain": "theirs.example.com"} for verb in ("sources", "tls", "failures")},
        **{
            f"campaigns.{verb}": one
            for verb in (
                "show", "stats", "change", "delete", "copy", "validate", "unvalidate", "start", "pause", "resume", "cancel",
                "ledger", "replies",
            )
        },
        "campaigns.schedule": {**one, "at": "in 2 hours"},
        "campaigns.reschedule": {**one, "at": "in 2 hours"},
        "replies.show": {"number": reply},
        "replies.handle": {"number": reply},
        "campaigns.test": {**one, "to": ["me@example.com"]},
    }  # fmt: skip

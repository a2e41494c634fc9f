"""Connected workspaces: their secrets, what Slack says of them, which serves an account, and who signed a request."""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailhub import Hub, Invalid, NotFound
from mailhub.accounts import OPERATOR
from mailhub.db import sql, transaction
from mailhub.errors import Sentence
from mailhub_slack.models import Channel, SlackLink, Workspace

if TYPE_CHECKING:
    from mailhub_slack.calling import Refused

log = logging.getLogger(__name__)

SECRETS = ("bot_token", "signing_secret", "app_token")
_BEGINS = {
    "bot_token": ("xoxb-", Sentence("A bot token begins with xoxb-: copy it from OAuth & Permissions.")),
    "app_token": ("xapp-", Sentence("An app-level token begins with xapp-: make it under Basic Information.")),
}
UNREACHED = Sentence("Slack cannot be reached from this server: check its way to slack.com, then try again.")


@dataclass(frozen=True)
class Secrets:
    """A workspace's secrets in the clear; "" is not set."""

    bot_token: str
    signing_secret: str
    app_token: str


def of_account(account_id: int) -> Workspace | None:
    """The workspace an account connected itself."""
    found: Workspace | None = Workspace.of(account_id).first()
    return found


def serving(account_id: int) -> list[Workspace]:
    """The workspaces from which an account can be worked in: its own, and the operator's."""
    mine = list(Workspace.select().where(Workspace.account.in_({account_id, OPERATOR})))
    return sorted(mine, key=lambda each: each.account_id != account_id)


def secrets_of(hub: Hub, workspace: Workspace) -> Secrets:
    """Open a workspace's secrets. Raises `UserError` when the key file is another one."""
    return Secrets(*(_open(hub, getattr(workspace, name)) for name in SECRETS))


def save(hub: Hub, account_id: int, given: Mapping[str, str]) -> Workspace:
    """Connect an account's workspace or change its secrets, in the caller's transaction; what is empty stays as it was.

    Raises `Invalid` for each that cannot be right, and when neither way from Slack to MailHub is set.
    """
    workspace = of_account(account_id)
    before = secrets_of(hub, workspace) if workspace else Secrets("", "", "")
    after = Secrets(*(given.get(name) or getattr(before, name) for name in SECRETS))
    check(after)
    columns = {
        name: hub.keyring.encrypt(getattr(after, name).encode()) if getattr(after, name) else b"" for name in SECRETS
    }
    if workspace is None:
        return Workspace.create(account=account_id, changed_at=hub.ms(), **columns)
    if after != before:
        news = {**columns, "problem": "", "connected": False, "changed_at": max(hub.ms(), workspace.changed_at + 1)}
        Workspace.update(**news).where(Workspace.id == workspace.id).execute()
    return Workspace.get_by_id(workspace.id)


def check(secrets: Secrets) -> None:
    """Raise `Invalid` with a sentence for each secret that cannot be what it should."""
    errors: dict[str, str] = {}
    for name, (beginning, sentence) in _BEGINS.items():
        value = getattr(secrets, name)
        if value and not value.startswith(beginning):
            errors[name] = sentence
    if not secrets.bot_token:
        errors["bot_token"] = Sentence("Copy the Bot User OAuth Token here: without it nothing can be posted.")
    if not secrets.signing_secret and not secrets.app_token:
        errors["signing_secret"] = Sentence(
            "Give the signing secret (for Slack to reach this server) or an app-level token (for Socket Mode)."
        )
    if errors:
        raise Invalid(fields=errors)


def introduce(secrets: Secrets) -> dict[str, str]:
    """Ask Slack whose bot token this is: columns of `Workspace`. Speaks to the network, so never in a transaction.

    Raises `calling.Refused` and `calling.Unreached`.
    """
    from mailhub_slack import calling  # Slack's library: only where it is spoken to

    said = calling.call(calling.client(secrets.bot_token), "auth.test")
    columns = {"team": "team_id", "team_name": "team", "bot_id": "bot_id", "bot_user": "user_id"}
    return {column: str(said.get(key) or "") for column, key in columns.items()}


def remember(workspace: Workspace, **columns: object) -> None:
    """Write down what Slack said of a workspace, unless its secrets were changed meanwhile."""
    same = (Workspace.id == workspace.id) & (Workspace.changed_at == workspace.changed_at)
    Workspace.update(**columns).where(same).execute()


def complain(workspace: Workspace, refused: "Refused") -> None:
    """Show on the page why Slack says no; logged when it is news."""
    if workspace.problem != refused.sentence:
        log.warning("Slack refuses workspace %s: %s", workspace.id, refused.code)
        remember(workspace, problem=str(refused.sentence))


def disconnect(account_id: int) -> Workspace:
    """Forget an account's workspace, with its links, channels and cards, in the caller's transaction."""
    workspace = of_account(account_id)
    if workspace is None:
        raise NotFound("There is no Slack workspace to disconnect: none is connected to this account.")
    Workspace.delete().where(Workspace.id == workspace.id).execute()
    return workspace


def signer(hub: Hub, body: bytes, headers: Mapping[str, str]) -> Workspace | None:
    """The workspace whose signing secret signed a request within the last five minutes, or None.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    from slack_sdk.signature import SignatureVerifier  # only where Slack's requests arrive

    for workspace in Workspace.select().order_by(Workspace.id):
        secret = secrets_of(hub, workspace).signing_secret
        with contextlib.suppress(ValueError):  # a timestamp that is no number, a body that is no text
            if secret and SignatureVerifier(secret).is_valid_request(body, dict(headers)):
                return workspace
    return None


def heard(hub: Hub, workspace: Workspace) -> None:
    """Note that Slack reached this server; to the minute, since a page shows it."""
    if hub.ms() - (workspace.heard_at or 0) > 60_000:
        Workspace.update(heard_at=hub.ms()).where(Workspace.id == workspace.id).execute()


def set_channel(hub: Hub, account_id: int, user_id: int | None, channel: str) -> Channel | None:
    """Post the cards of an account's campaigns in `channel` (a name or id); "" posts none. In the caller's transaction.

    By the account's own workspace, else by the operator's if the user is linked there. Raises `Invalid`.
    """
    Channel.delete().where(Channel.account == account_id).execute()
    name = channel.strip().removeprefix("#")
    if not name:
        return None
    for workspace in serving(account_id):
        if workspace.account_id == account_id or user_id is None or _is_linked(workspace, user_id):
            return Channel.create(account=account_id, workspace=workspace.id, channel=name)
    wrong = Sentence("Link yourself first (/mailhub link): then a channel can be chosen.")
    errors: dict[str, str] = {"channel": wrong}
    raise Invalid(fields=errors)


def _is_linked(workspace: Workspace, user_id: int) -> bool:
    return SlackLink.select().where(SlackLink.workspace == workspace, SlackLink.user == user_id).exists()


def first_time(hub: Hub, key: str) -> bool:
    """Whether a press or command is new; the same one sent again is not. An empty key is always new."""
    if not key:
        return True
    with transaction():
        sql("DELETE FROM slack_seen WHERE at < ?", (hub.ms() - 3_600_000,))
        new = sql(
            "INSERT INTO slack_seen (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING key", (key, hub.ms())
        )
        return new.fetchone() is not None


def all_workspaces() -> Iterator[Workspace]:
    """Every connected workspace."""
    yield from list(Workspace.select().order_by(Workspace.id))


def _open(hub: Hub, sealed: bytes) -> str:
    return hub.keyring.decrypt(sealed).decode() if sealed else ""

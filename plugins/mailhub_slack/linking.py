"""Linking a Slack user to a user: a signed address in Slack, confirmed on a page by who is signed in, used once.

Who a press or command comes from, and what they may, is asked anew each time: roles change, users are disabled.
"""

from dataclasses import dataclass

from mailhub import Forbidden, Hub, NotFound
from mailhub.accounts import OPERATOR, Account, User, accounts_of
from mailhub.db import sql
from mailhub.permissions import Actor, user_actor
from mailhub_slack.models import LinkRequest, SlackLink, Workspace

MINUTES = 10
"""How long a link address may be used."""
PURPOSE = "slack.link"
PERMISSION = "slack.use"


@dataclass(frozen=True)
class Linked:
    """A Slack user who is somebody here: the link, the user, the account they work in, and what they may do there."""

    link: SlackLink
    user: User
    account: Account
    actor: Actor


def offer(hub: Hub, workspace: Workspace, slack_user: str, slack_name: str) -> str:
    """The address by which a Slack user can be linked: signed, for ten minutes, once. Works for whoever is signed in there."""
    now = hub.ms()
    LinkRequest.delete().where(LinkRequest.expires_at < now - 86_400_000).execute()
    request = LinkRequest.create(
        workspace=workspace.id, slack_user=slack_user, slack_name=slack_name, expires_at=now + MINUTES * 60_000
    )
    token = hub.tokens.sign_until(PURPOSE, str(request.id).encode(), now // 1000 + MINUTES * 60)
    return f"{page(hub)}/link/{token}"


def page(hub: Hub) -> str:
    """The address of the plugin's page."""
    return f"{hub.config.server.public_url.rstrip('/')}/settings/slack"


def read(hub: Hub, token: str) -> LinkRequest:
    """What a link address stands for. Raises `NotFound` when it is forged, expired, used, or its workspace is gone."""
    payload = hub.tokens.read_until(PURPOSE, token, int(hub.clock()))
    request = LinkRequest.get_or_none(LinkRequest.id == int(payload)) if payload else None
    if request is None or request.expires_at <= hub.ms():
        raise NotFound("There is no such link any more: it works for ten minutes. Write /mailhub link in Slack again.")
    if request.used_at is not None:
        raise NotFound("There is no use left in this link: it works once. Write /mailhub link in Slack again.")
    found: LinkRequest = request
    return found


def confirm(hub: Hub, actor: Actor, token: str) -> SlackLink:
    """Link the Slack user of a token to the actor's user, in the caller's transaction; who was linked before is no more.

    Raises `NotFound` as `read` does, and when the workspace serves another account than the actor's.
    """
    request = read(hub, token)
    workspace: Workspace = Workspace.get_by_id(request.workspace_id)
    if workspace.account_id not in (OPERATOR, actor.account_id):
        raise NotFound("There is no such workspace in this account: switch to the account that connected it.")
    if actor.user_id is None:
        raise Forbidden("Only a user can be linked to Slack: sign in, and open the link again.")
    used = sql("UPDATE slack_link_requests SET used_at = ? WHERE id = ? AND used_at IS NULL", (hub.ms(), request.id))
    if not used.rowcount:
        raise NotFound("There is no use left in this link: it works once. Write /mailhub link in Slack again.")
    SlackLink.delete().where(SlackLink.workspace == workspace.id, SlackLink.slack_user == request.slack_user).execute()
    return SlackLink.create(
        account=actor.account_id,
        workspace=workspace.id,
        slack_user=request.slack_user,
        slack_name=request.slack_name,
        user=actor.user_id,
        created_at=hub.ms(),
    )


def own(actor: Actor, link_id: int) -> SlackLink:
    """A link of the actor's own user. Raises `NotFound`."""
    link: SlackLink | None = SlackLink.get_or_none(SlackLink.id == link_id, SlackLink.user == actor.user_id)
    if link is None:
        raise NotFound("There is no link {number} of yours: the Slack page lists them.", number=link_id)
    return link


def unlink(actor: Actor, link_id: int) -> SlackLink:
    """Take a link of the actor's own user away, in the caller's transaction. Raises `NotFound`."""
    link = own(actor, link_id)
    SlackLink.delete().where(SlackLink.id == link.id).execute()
    return link


def links_of(user_id: int) -> list[SlackLink]:
    """A user's links, newest first."""
    return list(SlackLink.select().where(SlackLink.user == user_id).order_by(SlackLink.id.desc()))


def who(workspace: Workspace, slack_user: str) -> Linked | None:
    """Who a Slack user is, with their permissions as they are now; None when they are nobody here (any more)."""
    link: SlackLink | None = SlackLink.get_or_none(
        SlackLink.workspace == workspace.id, SlackLink.slack_user == slack_user
    )
    if link is None or link.user.disabled_at is not None:
        return None
    accounts = reachable(workspace, link.user)
    if not accounts:
        return None
    account = next((each for each in accounts if each.id == link.account_id), accounts[0])
    return Linked(link, link.user, account, _actor(link.user, account.id))


def reachable(workspace: Workspace, user: User) -> list[Account]:
    """The accounts in which a user may work from a workspace, by name."""
    mine = [each for each in accounts_of(user) if workspace.account_id in (OPERATOR, each.id)]
    return [each for each in mine if _actor(user, each.id).may(PERMISSION)]


def within(workspace: Workspace, linked: Linked, account_id: int) -> Actor:
    """The linked user in another account, as a button of a card asks for. Raises `Forbidden` unless they may work there."""
    if account_id not in {each.id for each in reachable(workspace, linked.user)}:
        raise Forbidden(
            "This campaign belongs to an account in which you cannot work from Slack: ask one of its owners."
        )
    return _actor(linked.user, account_id)


def switch(actor: Actor, link_id: int, account_id: int) -> SlackLink:
    """Let the actor's own user work in another account from now on, in the caller's transaction. Raises `NotFound`."""
    link = own(actor, link_id)
    if account_id not in {each.id for each in reachable(link.workspace, link.user)}:
        raise NotFound("There is no account {account} in which you may work from this workspace.", account=account_id)
    SlackLink.update(account=account_id).where(SlackLink.id == link.id).execute()
    return link


def _actor(user: User, account_id: int) -> Actor:
    return user_actor(user.id, account_id, "slack", user.name)

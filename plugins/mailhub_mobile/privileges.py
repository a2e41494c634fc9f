"""What may be done from a phone: by its connector's privilege, and never more than its user may.

Campaigns are known here by the names of their actions alone.
"""

from mailhub.accounts import User, permissions_of
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_mobile.models import WRITE, Connector

ADMINISTER = "connectors.administer"
USE = "connectors.use"
LOOK = ("campaigns.list", "campaigns.show", "campaigns.stats")
ACT = ("campaigns.unvalidate", "campaigns.reschedule", "campaigns.pause", "campaigns.resume")


def phone_actor(hub: Hub, connector: Connector, user: User) -> Actor | None:
    """Who a phone acts as: the user's own permissions, cut to what the privilege names. None when they left the account."""
    own = permissions_of(user, connector.account_id)
    if not own:
        return None
    whole = Actor(connector.account_id, "phone", user.id, user.name, own)
    wanted = {hub.actions[name].permission for name in _actions(connector) if name in hub.actions}
    kept = frozenset(each for each in wanted if whole.may(each))
    return Actor(connector.account_id, "phone", user.id, user.name, kept | {USE})


def _actions(connector: Connector) -> tuple[str, ...]:
    return (*LOOK, *ACT) if connector.privilege == WRITE else LOOK


def holder(actor: Actor) -> Actor:
    """The same person with the permission that comes with a connector of their own."""
    return Actor(actor.account_id, actor.door, actor.user_id, actor.name, actor.permissions | {USE})

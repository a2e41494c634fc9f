"""Who acts, through which door, and whether they may."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailhub.accounts import OPERATOR, permissions_of
from mailhub.errors import Forbidden
from mailhub.vocabulary import Door, Permission

CORE: tuple[Permission, ...] = (
    Permission("account.view", "Account", "See the account's settings"),
    Permission("account.edit", "Account", "Change the account's settings"),
    Permission("users.view", "Account", "See the users"),
    Permission("users.create", "Account", "Add users"),
    Permission("owners.create", "Account", "Add owners"),
    Permission("activity.view", "Account", "Read the activity log"),
    Permission("domains.view", "Sending", "See the domains"),
    Permission("domains.add", "Sending", "Add domains"),
    Permission("domains.edit", "Sending", "Check, change and delete domains"),
    Permission("smtp_credentials.view", "Sending", "See the SMTP credentials"),
    Permission("smtp_credentials.edit", "Sending", "Make and revoke SMTP credentials"),
    Permission("api_keys.view", "Account", "See the API keys"),
    Permission("api_keys.edit", "Account", "Make and revoke API keys"),
    Permission("messages.send", "Sending", "Send single messages through the API"),
    Permission("messages.view", "Sending", "See messages and what became of them"),
    Permission("queue.edit", "Sending", "Retry, hold, release and delete waiting messages"),
    Permission("sandbox.view", "Sending", "Read what the sandbox kept"),
    Permission("accounts.create", "Server", "Open accounts on this server"),
    Permission("server.view", "Server", "See the server's state"),
    Permission("routes.view", "Server", "See routes, rules and address pools"),
    Permission("routes.edit", "Server", "Change and test routes, rules and address pools"),
    Permission("smtp_bans.view", "Server", "See who is banned from SMTP"),
    Permission("smtp_bans.edit", "Server", "Ban addresses from SMTP and lift bans"),
    Permission("received.view", "Server", "Read received mail that was kept for staff"),
    Permission("received.edit", "Server", "Retry, send on and delete received mail that was kept"),
    Permission("server.queue", "Server", "Retry, hold, release and delete what waits on the whole server"),
    Permission("server.purge", "Server", "Delete old messages and events"),
)
"""The core's permissions."""

OWNERS_ONLY = frozenset({"owners.create"})
SERVER = "Server"
"""The area of what is about the whole server: it counts in the operator's account only."""
_servers: set[str] = {each.name for each in CORE if each.area == SERVER}
# An actor carries no hub, so the process knows these. Names are only ever added: what was the server's once stays so.


def know(permissions: Iterable[Permission]) -> None:
    """Remember which of a plugin's permissions are the server's own; called for all of them when a hub is composed."""
    _servers.update(each.name for each in permissions if each.area == SERVER)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account, perhaps a user, a door, and the permissions they have there.

    `user_id` is None for the console, the clock and recipients. `name` is what the activity log shows.
    """

    account_id: int
    door: Door
    user_id: int | None = None
    name: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        """True when the actor has the permission; the server's own ones only in the operator's account."""
        if self._is_foreign(permission):
            return False
        return (
            permission in self.permissions
            or "*" in self.permissions
            or ("administer" in self.permissions and permission not in OWNERS_ONLY)
        )

    def require(self, permission: str) -> None:
        """Raise `Forbidden`, naming the permission, unless the actor has it."""
        if self._is_foreign(permission):
            raise Forbidden(
                "The permission {permission} counts in the operator's account alone: ask whoever runs this server.",
                permission=permission,
            )
        if not self.may(permission):
            raise Forbidden(
                "This needs the permission {permission}: ask an owner of the account for it.", permission=permission
            )

    def _is_foreign(self, permission: str) -> bool:
        return permission in _servers and self.account_id != OPERATOR


def user_actor(user_id: int, account_id: int, door: Door, name: str) -> Actor:
    """The actor a user is in an account, with the permissions of their roles there (none if they do not belong)."""
    return Actor(account_id, door, user_id, name, permissions_of(user_id, account_id))


def console_actor(account_id: int) -> Actor:
    """Whoever has a shell on the server: may do everything, in one account at a time."""
    return Actor(account_id, "cli", None, "console", frozenset({"*"}))


def system_actor(account_id: int) -> Actor:
    """The clock and the server itself."""
    return Actor(account_id, "system", None, "system", frozenset({"*"}))


def recipient_actor(account_id: int, address: str) -> Actor:
    """Someone who received a mail and follows a link in it: may do nothing but what the link says."""
    return Actor(account_id, "recipient", None, address, frozenset())

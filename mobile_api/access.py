"""What the companion API needs of whoever keeps the devices: the words of their agreement.

The tables behind it are left to the plugin that mounts the API.
"""

from dataclasses import dataclass
from typing import Protocol

from mailhub.errors import Conflict, Forbidden
from mailhub.permissions import Actor

KINDS = ("iphone", "ipad", "android", "other")
READ, WRITE = "read", "write"


class SignedOut(Forbidden):
    """The device is signed in no more (or never was): it has to sign in before it asks again."""


class Changed(Conflict):
    """What the device saw is not what there is now: it has to look again."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device that is signed in. `actor` holds what it may do; `privilege` is `read` or `write`; moments are in ms."""

    number: int
    name: str
    kind: str
    privilege: str
    activated_at: int
    actor: Actor
    email: str
    account: str
    language: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What a device gets when it signs in: a token for each request, good for `seconds`, and one to get the next."""

    device: Device
    access: str
    refresh: str
    seconds: int


class Access(Protocol):
    """Who may come in. Each raises `Forbidden` (or `SignedOut`) with a sentence for whoever may not."""

    def sign_in(self, email: str, password: str, kind: str, agent: str, account: int | None) -> Keys:
        """By address and password; `account` says which when there are several."""
        ...

    def pair(self, code: str, kind: str, agent: str) -> Keys:
        """By a code that was shown to the user; it is worth nothing afterwards."""
        ...

    def refresh(self, token: str) -> Keys:
        """The next pair of tokens. An old token that comes back ends the device's access."""
        ...

    def read(self, token: str) -> Device:
        """Whose token this is."""
        ...

    def sign_out(self, device: Device) -> None:
        """End the device's tokens."""
        ...

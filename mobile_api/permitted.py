"""What a device may ask for: the few actions of a phone, cut to its privilege and its user's permissions."""

from mailhub.errors import Forbidden
from mailhub.hub import Hub
from mobile_api.access import READ, Device

VERBS = ("pause", "resume", "unvalidate", "reschedule")


def verbs(hub: Hub, device: Device) -> list[str]:
    """Those of `VERBS` that the device may ask for at all."""
    if device.privilege == READ:
        return []
    known = ((verb, hub.actions.get(f"campaigns.{verb}")) for verb in VERBS)
    return [verb for verb, action in known if action is not None and device.actor.may(action.permission)]


def require_write(device: Device) -> None:
    """Raise `Forbidden` on a device that may only look."""
    if device.privilege == READ:
        raise Forbidden(
            "This phone may look and change nothing: ask an administrator of the account for read and write."
        )

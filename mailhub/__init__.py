"""MailHub's face: what a plugin imports first.

`hookimpl` marks a plugin's hooks, `Hub` is what every hook receives, the rest are the words of the house: errors, answers
to `admit_messages`, actions, events, permissions and jobs as a plugin declares them. Each is loaded when it is asked
for, so that a process that needs only the configuration stays small.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mailhub.actions import Action, Arguments, argument
    from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, Sentence, UserError
    from mailhub.hookspecs import hookimpl
    from mailhub.hub import Hub
    from mailhub.vocabulary import (
        Audience,
        EventKind,
        Hold,
        JobKind,
        MenuEntry,
        Permission,
        Quote,
        Recipient,
        Refuse,
        Schedule,
        Service,
        Setting,
    )

_ROOMS = {
    "actions": ("Action", "Arguments", "argument"),
    "errors": ("Conflict", "Forbidden", "Invalid", "NotFound", "Sentence", "UserError"),
    "hookspecs": ("hookimpl",),
    "hub": ("Hub",),
    "vocabulary": (
        "Audience", "EventKind", "Hold", "JobKind", "MenuEntry", "Permission", "Quote", "Recipient", "Refuse", "Schedule",
        "Service", "Setting",
    ),
}  # fmt: skip

__all__ = [
    "Action",
    "Arguments",
    "Audience",
    "Conflict",
    "EventKind",
    "Forbidden",
    "Hold",
    "Hub",
    "Invalid",
    "JobKind",
    "MenuEntry",
    "NotFound",
    "Permission",
    "Quote",
    "Recipient",
    "Refuse",
    "Schedule",
    "Sentence",
    "Service",
    "Setting",
    "UserError",
    "__version__",
    "argument",
    "hookimpl",
]

try:
    __version__ = version("mailhub")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"mailhub.{room}"), name)
    raise AttributeError(f"module 'mailhub' has no attribute {name!r}")

"""MailHub's face: what a plugin imports first.

`hookimpl` marks a plugin's hooks, `Hub` is what every hook receives, the rest are the words of the house:
errors, answers to `admit_messages`, actions, events, permissions and jobs as a plugin declares them.
"""

from importlib.metadata import PackageNotFoundError, version

from mailhub.actions import Action, Arguments, argument
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, UserError
from mailhub.hookspecs import hookimpl
from mailhub.hub import Hub
from mailhub.vocabulary import Audience, EventKind, Hold, JobKind, MenuEntry, Permission, Recipient, Refuse, Schedule, Setting

try:
    __version__ = version("mailhub")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Action",
    "Arguments",
    "Conflict",
    "EventKind",
    "Forbidden",
    "Hold",
    "Hub",
    "Invalid",
    "JobKind",
    "NotFound",
    "Permission",
    "Recipient",
    "Refuse",
    "UserError",
    "__version__",
    "argument",
    "hookimpl",
]

"""The words that cross between core and plugins: small frozen values, no behaviour, no imports from above."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import threading

    from mailhub.hub import Hub

Door = Literal["web", "api", "cli", "slack", "phone", "sms", "system", "recipient", "smtp"]
Stage = Literal["submit", "claim"]

DOORS: tuple[Door, ...] = ("web", "api", "cli", "slack", "phone", "sms", "system", "recipient", "smtp")
LANGUAGES: dict[str, str] = {"en": "English", "fr": "Français"}


class Recipient(NamedTuple):
    """One address of an audience. `key` is the plugin's own (a contact's id), `fields` what an audience knows already."""

    key: int
    address: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """`admit_messages`: this message never leaves. `reason` is a fixed slug such as `suppressed`, `text` a sentence."""

    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """`admit_messages`, `reserve`: the whole source waits. It goes on by itself at `until` (milliseconds since 1970, UTC).

    To `reserve` alone, `room` is how many messages of the page may be taken in all the same.
    """

    reason: str
    until: int
    room: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What messages cost now: `amount` in millionths of `currency` (ISO 4217), and `mails` paid from packs of mails.

    `short` is how many of them the credit does not reach for.
    """

    amount: int
    currency: str
    mails: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True)
class Permission:
    """`<plural>.<verb>`, the area it is listed under, and its words in English (translated by the pages).

    Those of the area Server are about the whole server: they count in the operator's account only.
    """

    name: str
    area: str
    title: str


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event a plugin tells, past tense (`campaign.finished`), and what its `data` holds."""

    name: str
    title: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobKind:
    """Background work in slices.

    `step(hub, job, until)` works until about `until` (monotonic seconds), keeps its progress in its own rows and in
    `job.done` / `job.total`, and returns True when there is more to do, False when it is done, or the seconds to wait
    before it goes on.
    """

    name: str
    step: Callable[["Hub", Any, float], bool | float]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something the elected scheduler calls every `seconds`."""

    name: str
    seconds: float
    run: Callable[["Hub"], None]


@dataclass(frozen=True, slots=True)
class Service:
    """Something that runs all the time, in one process of all: a connection kept open, a card kept up to date.

    `run(hub, stop)` has a thread of its own beside the elected scheduler. It works until `stop` is set and looks at it at
    least every second; when it returns or raises earlier it is started again, after a pause that grows.
    """

    name: str
    run: Callable[["Hub", "threading.Event"], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """An account's setting: its key, default, and a line of reason. Values are JSON."""

    key: str
    default: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Audience:
    """A choosable set of recipients: `list:3`, its name, how many addresses it holds now (None when not counted)."""

    key: str
    name: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell a user something besides mail. `title` is its word in English (translated by the pages).

    `reaches(hub, user_id)` says whether it can reach a user now; when not, `setup` is the endpoint of the page where they
    change that. `answers`: what is told can be answered by a command such as `PAUSE 12`.
    """

    name: str
    title: str
    reaches: Callable[["Hub", int], bool]
    setup: str = ""
    answers: bool = False


class Notice(NamedTuple):
    """Something to tell one user by a channel, in their language. `key` names it: the same key is delivered once."""

    key: str
    account_id: int
    user_id: int
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu. `under` is one of the sidebar's entries; `permission` hides it from who may not."""

    under: str
    title: str
    endpoint: str
    permission: str
    icon: str = ""
    position: int = 50

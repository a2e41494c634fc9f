"""The hub: what every hook, action and job receives first. Thin; passed, never global.

It holds what was composed at start (configuration, plugins, registries) and knows no subject.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pluggy

from mailhub import events, plugins
from mailhub.accounts import AccountSetting
from mailhub.config import Config
from mailhub.errors import NotFound
from mailhub.ids import NodeLease
from mailhub.permissions import Actor
from mailhub.secrets import Keyring
from mailhub.tokens import Tokens
from mailhub.vocabulary import EventKind, JobKind, Permission, Schedule, Service, Setting

if TYPE_CHECKING:
    from mailhub.actions import Action


class Hub:
    """Configuration, plugins and registries of one process.

    `hook` asks plugins directly; `ask` and `ask_safely` name who answered. `clock` gives seconds since 1970 and is set
    by tests.
    """

    def __init__(self, config: Config, manager: pluggy.PluginManager, clock: Callable[[], float] = time.time) -> None:
        self.config = config
        self.manager = manager
        self.hook = manager.hook
        self.clock = clock
        self.actions: dict[str, Action] = {}
        self.permissions: dict[str, Permission] = {}
        self.event_kinds: dict[str, EventKind] = {}
        self.settings_known: dict[str, Setting] = {}
        self.jobs: dict[str, JobKind] = {}
        self.schedules: dict[str, Schedule] = {}
        self.services: dict[str, Service] = {}

    @cached_property
    def keyring(self) -> Keyring:
        """The server's key file; made at first use."""
        return Keyring(self.config.key_path)

    @cached_property
    def tokens(self) -> Tokens:
        """Tokens for tracking, unsubscribe and return paths."""
        return Tokens(self.keyring.derive("tokens"))

    @cached_property
    def node(self) -> NodeLease:
        """This process's node; taken at first use, so always after a fork."""
        return NodeLease(self.config.data)

    def leave(self) -> None:
        """Give back what the process holds; on a clean stop."""
        if "node" in self.__dict__:
            self.node.release()
            del self.__dict__["node"]

    def ms(self) -> int:
        """Now, in milliseconds since 1970."""
        return int(self.clock() * 1000)

    def now(self) -> datetime:
        """Now, as an aware UTC datetime."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def emit(self, kind: str, account_id: int, source_id: int = 0, **values: Any) -> None:
        """Tell an event that is about no single message, in the caller's transaction."""
        if kind not in self.event_kinds:
            raise LookupError(f"event kind {kind} was never registered")
        events.write([events.NewEvent(kind, account_id, self.ms(), source_id=source_id, values=values or None)])

    def call(self, actor: Actor, action: str, *, idempotency_key: str = "", **arguments: Any) -> Any:
        """Run a registered action; see `Action.perform`."""
        return self.action(action).perform(self, actor, arguments, idempotency_key)

    def action(self, name: str) -> "Action":
        """A registered action. Raises `NotFound`."""
        if name not in self.actions:
            raise NotFound("There is no action {name}: `mailhub do` lists them.", name=name)
        return self.actions[name]

    def setting(self, account: int, key: str) -> Any:
        """An account's setting, or its default."""
        row = AccountSetting.of(account).where(AccountSetting.key == key).first()
        return self.settings_known[key].default if row is None else row.value

    def ask(self, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
        """Ask every plugin in turn; (name, answer). A plugin's exception is raised here."""
        return plugins.each(self.manager, hook, **arguments)

    def ask_safely(self, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
        """Ask every plugin in turn; a failing one is logged by name and left out."""
        return plugins.each_safely(self.manager, hook, **arguments)

    def fields_of(self, account: int, keys: list[int]) -> Mapping[int, Mapping[str, str]]:
        """What plugins know of these recipients, for personalisation."""
        answer: Mapping[int, Mapping[str, str]] | None = self.hook.recipient_fields(
            hub=self, account=account, keys=keys
        )
        return answer or {}

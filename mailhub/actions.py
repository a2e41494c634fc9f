"""The registered actions: what can be asked of MailHub, once for all doors.

A door finds an action by name, and `perform` does the rest in one order: permission, arguments, the work, the log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import marshmallow

from mailhub import activity, repeats
from mailhub.db import transaction
from mailhub.errors import Invalid, Sentence
from mailhub.permissions import Actor

if TYPE_CHECKING:
    from mailhub.hub import Hub


LARGEST = 2**63 - 1
"""The largest whole number a table holds."""


class Arguments(marshmallow.Schema):
    """Base of an action's arguments. Use `argument()` for each field.

    Unknown names are refused, text is stripped of spaces around it and of NULs, which PostgreSQL cannot keep.
    """

    @marshmallow.pre_load
    def _strip(self, given: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {
            name: value.replace("\0", "").strip() if isinstance(value, str) else value for name, value in given.items()
        }


class Nothing(Arguments):
    """An action without arguments."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked.

    `name` is `<plural>.<verb>`; `title` its words in English; `permission` what it needs; `run(hub, actor, **arguments)`
    does it inside a transaction and returns what JSON can hold; `changes` is False for a read, which is not logged;
    `confirm` marks what a door should ask about before it runs it; `target` names the argument that the log shows.
    """

    name: str
    title: str
    permission: str
    run: Callable[..., Any]
    arguments: type[Arguments] = Nothing
    changes: bool = True
    confirm: bool = False
    target: str = ""
    secret: frozenset[str] = frozenset({"password"})

    def perform(self, hub: "Hub", actor: Actor, given: Mapping[str, Any], idempotency_key: str = "") -> Any:
        """Check, run, log. `given` may hold texts (from a command line or form) or JSON values.

        With an `idempotency_key` the same request of the same user and door within a day gets the first one's answer,
        and nothing is done twice; the answer is kept in the database, so this is not for actions that tell a secret.

        Returns what `run` returns. Raises `Forbidden`, `Invalid` (a sentence for each argument), `Conflict` for a key
        that was used for another request, and whatever `UserError` the work raises; then nothing has changed.
        """
        actor.require(self.permission)
        arguments = self.load(given)
        if not self.changes:
            return self.run(hub, actor, **arguments)
        if not idempotency_key:
            with transaction():
                return self._work(hub, actor, arguments)
        repeats.check_key(idempotency_key)
        key = f"{actor.door} {actor.user_id} {idempotency_key}"
        with transaction():
            return repeats.once(
                actor.account_id, key, self.name, given, hub.ms(), lambda: self._work(hub, actor, arguments)
            )

    def _work(self, hub: "Hub", actor: Actor, arguments: Mapping[str, Any]) -> Any:
        result = self.run(hub, actor, **arguments)
        activity.write(actor, self.name, hub.ms(), self._target(arguments, result), self._shown(arguments))
        return result

    def load(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments, checked and converted. Raises `Invalid`."""
        try:
            loaded: dict[str, Any] = self.arguments().load(dict(given))
        except marshmallow.ValidationError as error:
            raise Invalid(fields=_sentences(error.normalized_messages())) from error
        said = {
            name: value for name, value in given.items() if isinstance(value, Sentence) and loaded.get(name) == value
        }
        return loaded | said  # the same text, that can still be translated

    def _target(self, arguments: Mapping[str, Any], result: Any) -> str:
        if isinstance(result, dict) and "number" in result:
            return str(result["number"])
        return str(arguments.get(self.target, "")) if self.target else ""

    def _shown(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in arguments.items() if name not in self.secret}
        return {name: _short(value) for name, value in shown.items()}


def _short(value: Any) -> Any:
    if isinstance(value, Sentence) and len(value) <= 200:
        return value
    text = value if isinstance(value, (int, float, bool, type(None))) else str(value)
    return f"{text[:200]}…" if isinstance(text, str) and len(text) > 200 else text


def _sentences(messages: Mapping[str, Any]) -> dict[str, str]:
    return {name: f"{name}: {_first(message)}" for name, message in messages.items()}


def _first(message: Any) -> str:
    while isinstance(message, (list, dict)):
        message = next(iter(message.values() if isinstance(message, dict) else message))
    return str(message)


def argument(kind: type[marshmallow.fields.Field[Any]], reason: str, **options: Any) -> Any:
    """A field of `Arguments` with its line of explanation; `required=True` or `load_default=…`.

    A whole number without a `validate` of its own is one that a table can hold.
    """
    if issubclass(kind, marshmallow.fields.Integer):
        options.setdefault("validate", marshmallow.validate.Range(-LARGEST, LARGEST, error="Number too large."))
    return kind(metadata={"reason": reason}, **options)


def explain(action: Action) -> list[tuple[str, str, bool, str]]:
    """An action's arguments for help and documentation: (name, kind, required, reason)."""
    return [
        (name, type(each).__name__.lower(), each.required, each.metadata.get("reason", ""))
        for name, each in action.arguments().fields.items()
    ]

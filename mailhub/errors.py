"""The few errors a person can mend. They know neither HTTP nor SMTP: each door has one short table of its own.

Anything raised that is not a `UserError` is a bug: the edges log it whole and show a reference number.
"""

from collections.abc import Mapping
from typing import Any


class Sentence(str):
    """A sentence for a person, in English, that still knows its template and values, so that a page can translate it.

    `Sentence("There is no list {name}.", name="Spring")`; without values the template is taken as it stands.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Sentence":
        sentence = super().__new__(cls, template.format(**values) if values else template)
        sentence.template, sentence.values = template, values
        return sentence


class UserError(Exception):
    """A person can mend this. `str(error)` is one sentence: what happened, to what, what to do.

    `UserError("There is no list {name}: …", name=name)`: `sentence` keeps both for the pages' translation.
    """

    def __init__(self, template: str = "", **values: Any) -> None:
        self.sentence = template if isinstance(template, Sentence) else Sentence(template, **values)
        super().__init__(self.sentence)


class NotFound(UserError):
    """The thing asked for does not exist, or exists only where the asker may not look (never say which)."""


class Forbidden(UserError):
    """The actor exists and lacks the permission; the sentence names it."""


class Conflict(UserError):
    """The thing is in a state that does not allow this."""


class Invalid(UserError):
    """Input that cannot be taken.

    `fields` maps a field's name to its `Sentence`, so that a form shows each where it belongs. The message alone
    stands for the whole input.
    """

    def __init__(self, template: str = "", *, fields: Mapping[str, str] | None = None, **values: Any) -> None:
        self.fields: dict[str, str] = dict(fields or {})
        super().__init__(template or " ".join(self.fields.values()), **values)

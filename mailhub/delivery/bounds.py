"""The filters, the function and the limits of a rendering whose size its template and its values decide together.

What can be seen in the template alone, `grammar` refuses; time is bounded by the fuel of `template`.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Protocol

from minijinja import Environment, Markup, escape, pass_state

VALUE_LENGTH = 16_384
"""Characters of one value put into a template."""
RESULT_LENGTH = 65_536
"""Characters a filter may make of them."""
RANGE_LENGTH = 10_000
OUTPUT_LENGTH = 2**20
"""Characters one rendering may put in, and the tags of one message with conditions, loops and filters together."""
BODY_LENGTH = 8 * 2**20
"""Bytes all tags of one message may put into its body."""

_REMOVED_FILTERS = [
    "attr",
    "batch",
    "chain",
    "dictsort",
    "filesizeformat",
    "format",
    "groupby",
    "indent",
    "items",
    "lines",
    "list",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "slice",
    "sort",
    "striptags",
    "sum",
    "tojson",
    "unique",
    "wordwrap",
    "zip",
]
_REMOVED_GLOBALS = ("namespace", "debug", "dict", "cycler", "joiner")


class BoundsError(Exception):
    """A rendering that grows too large, or a filter that is given what it cannot take; the message says which."""


class _State(Protocol):
    def get_temp(self, name: str, default: Any = None) -> Any: ...

    def set_temp(self, name: str, value: Any) -> Any: ...


def set_bounds(env: Environment) -> None:
    """Take from `env` what a mail has no use for, and put in what stays bounded."""
    for name in _REMOVED_FILTERS:
        env.remove_filter(name)
    for name in _REMOVED_GLOBALS:
        env.remove_global(name)
    env.pycompat = False
    for function in (replace, join, split):
        env.add_filter(function.__name__, _checked(function.__name__, function))
    env.add_global("range", _checked("range", make_range))
    env.finalizer = count_output


def replace(value: object, old: object, new: object) -> str:
    """`value` with each `old` in it replaced; markup stays markup, and what is put into it is escaped."""
    text, before, after = _text(value), str(_text(old)), _text(new)
    if isinstance(text, Markup):
        after = escape(after)
    times = text.count(before)
    if len(text) + times * max(0, len(after) - len(before)) > RESULT_LENGTH:
        raise BoundsError('the result of "replace" is too large')
    made = str(text).replace(before, str(after))
    return Markup(made) if isinstance(text, Markup) else made


def join(values: object, separator: object = "") -> str:
    """The `values` of a list, or the characters of a text, with `separator` between them; markup as in `replace`."""
    if isinstance(values, Markup):
        values = str(values)
    parts = [_text(value) for value in values] if isinstance(values, Iterable) else [_text(values)]
    between = _text(separator)
    if any(isinstance(part, Markup) for part in [*parts, between]):
        parts, between = [escape(part) for part in parts], escape(between)
    if sum(map(len, parts)) + len(between) * len(parts) > RESULT_LENGTH:
        raise BoundsError('the result of "join" is too large')
    made = str(between).join(map(str, parts))
    return Markup(made) if isinstance(between, Markup) else made


def split(value: object, separator: str | None = None, most: int = -1) -> list[str]:
    """The pieces of a text between each `separator` (white space when there is none), as a list."""
    text = str(_text(value))
    if len(text) > RESULT_LENGTH:
        raise BoundsError('what "split" is given is too large')
    return text.split(separator, most) if separator != "" else list(text)


def make_range(*bounds: int) -> list[int]:
    """The whole numbers of Python's `range`, as a list."""
    numbers = range(*bounds)
    if numbers[RANGE_LENGTH:]:
        raise BoundsError(f'it takes too long ("range" of more than {RANGE_LENGTH})')
    return list(numbers)


@pass_state
def count_output(state: _State, value: object) -> object:
    """Let `value` into the text, or raise BoundsError when it is too much for one rendering; nothing is no text."""
    if value is None:
        return ""
    length = state.get_temp("length", 0) + len(value if isinstance(value, str) else str(value))
    if length > OUTPUT_LENGTH:
        raise BoundsError("its text is too large")
    state.set_temp("length", length)
    return value


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    raise BoundsError("a list stands where a text is needed")


def _checked(name: str, function: Callable[..., object]) -> Callable[..., object]:
    """`function`, whose complaints about what it is given are the writer's to mend."""

    @wraps(function)
    def run(*given: object, **named: object) -> object:
        try:
            return function(*given, **named)
        except (TypeError, ValueError, OverflowError) as error:
            raise BoundsError(f'"{name}" cannot take what it is given') from error

    return run

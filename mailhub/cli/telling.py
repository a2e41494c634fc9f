"""What a command line shows of an action: its answer for people, its help, and its mistakes in a shell's own words."""

import difflib
from typing import Any

from mailhub.actions import Action, explain
from mailhub.db import from_ms
from mailhub.errors import UserError


def readable(answer: Any, indent: str = "") -> str:
    """An action's answer as lines of `key: value`; moments in this machine's zone, what is empty left out."""
    if isinstance(answer, dict):
        shown = {key: value for key, value in answer.items() if value not in (None, "", [], {})}
        return "\n".join(_line(key, value, indent) for key, value in shown.items())
    if isinstance(answer, list):
        return f"\n{indent}--\n".join(readable(each, indent) for each in answer)
    return f"{indent}{answer}"


def _line(key: str, value: Any, indent: str) -> str:
    if isinstance(value, (dict, list)):
        return f"{indent}{key}:\n{readable(value, indent + '  ')}"
    if key.endswith("_at") and isinstance(value, int):
        value = from_ms(value).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return f"{indent}{key}: {value}"


def help_of(action: Action) -> str:
    """What an action is for and what it takes."""
    lines = [f"{action.name}: {action.title} (needs {action.permission})"]
    for name, kind, required, reason in explain(action):
        lines.append(f"  {name}={kind}{'' if required else ' (optional)'}  {reason}")
    return "\n".join(lines)


def explained(action: Action, error: UserError) -> UserError:
    """The same mistake; a missing or unknown argument in words that say what to type."""
    known = [name for name, *_ in explain(action)]
    fields: dict[str, str] = getattr(error, "fields", {})
    if not fields:
        return error
    sentences = [_explained(action.name, name, sentence, known) for name, sentence in fields.items()]
    together = " ".join(sentences)
    return UserError(together)


def _explained(action: str, name: str, sentence: str, known: list[str]) -> str:
    if sentence.endswith("Missing data for required field."):
        return f"{name} is missing: add {name}=…"
    if sentence.endswith("Unknown field."):
        nearest = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"it takes {', '.join(known) or 'none'}."
        return f"{action} has no argument {name}: {hint}"
    return sentence

"""Writes the reference pages from what is registered: `make docs`. A test holds them to it, word by word."""

import inspect
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from mailhub import hookspecs
from mailhub.actions import explain
from mailhub.config import example
from mailhub.hub import Hub
from mailhub.testing import make_hub

FOLDER = Path(__file__).parent


def hooks(hub: Hub) -> str:
    """Every hook with its arguments and its docstring."""
    lines = [
        "# Hooks",
        "",
        "What a plugin may implement, each with `@hookimpl` in its module. A hook takes the arguments it wants, by name.",
        "Those called `register_…` are asked once at start; the others whenever MailHub needs an answer.",
        "See [writing plugins](writing-plugins.md).",
    ]
    for name, function in vars(hookspecs).items():
        if inspect.isfunction(function) and hasattr(function, "mailhub_spec"):
            arguments = ", ".join(inspect.signature(function).parameters)
            users = sorted(plugin for plugin, module in hub.manager.list_name_plugin() if hasattr(module, name))
            lines += ["", f"### `{name}({arguments})`", "", inspect.cleandoc(function.__doc__ or "")]
            lines += ["", f"Answered by: {', '.join(users) if users else 'third-party plugins'}."]
    return _page(lines)


def actions(hub: Hub) -> str:
    """Every action with its permission and arguments."""
    lines = [
        "# Actions",
        "",
        "Everything that can be asked of MailHub, from any door: pages, `mailhub do NAME key=value …`, and plugins",
        '(`hub.call(actor, "campaigns.pause", which="12")`). Each checks its permission and, unless it only reads, is written',
        "to the activity log. On a command line `key=@FILE` gives a file.",
    ]
    for action in sorted(hub.actions.values(), key=lambda each: each.name):
        kind = "Changes something and is logged." if action.changes else "Only reads."
        confirm = " A door asks before it runs." if action.confirm else ""
        lines += ["", f"### `{action.name}`", "", f"{action.title}. Needs `{action.permission}`. {kind}{confirm}"]
        arguments = explain(action)
        if arguments:
            lines += ["", "| argument | kind | |", "|---|---|---|"]
            lines += [
                f"| `{name}` | {kind}{', required' if required else ''} | {_cell(reason)} |"
                for name, kind, required, reason in arguments
            ]
    return _page(lines)


def events(hub: Hub) -> str:
    """Every kind of event and what its values hold."""
    lines = [
        "# Events",
        "",
        "What happened, as rows numbered in commit order: who has seen number n will find nothing new at or below n.",
        "",
        "| event | what it tells | values |",
        "|---|---|---|",
    ]
    for kind in hub.event_kinds.values():
        fields = "; ".join(f"`{name}`: {meaning}" for name, meaning in kind.fields.items())
        lines.append(f"| `{kind.name}` | {_cell(kind.title)} | {_cell(fields)} |")
    return _page(lines)


def permissions(hub: Hub) -> str:
    """Every permission, by area."""
    lines = [
        "# Permissions",
        "",
        "A role is a set of these; `*` is all of them. Those of the area Server count in the operator's account alone.",
        "",
        "| permission | area | allows to |",
        "|---|---|---|",
    ]
    ordered = sorted(hub.permissions.values(), key=lambda each: (each.area, each.name))
    return _page(lines + [f"| `{each.name}` | {each.area} | {_cell(each.title)} |" for each in ordered])


def settings(hub: Hub) -> str:
    """Every setting of an account, and every key of the configuration."""
    lines = [
        "# Settings",
        "",
        "An account's own settings:",
        "",
        "| setting | default | |",
        "|---|---|---|",
        *(f"| `{each.key}` | {each.default!r} | {_cell(each.reason)} |" for each in hub.settings_known.values()),
        "",
        "The server's configuration is a TOML file: `--config PATH`, the environment's `MAILHUB_CONFIG`, or `config.toml` in the",
        "present folder. Any key can be given by `MAILHUB_SECTION__KEY` instead. Every key at its default:",
        "",
        "```toml",
        example().rstrip(),
        "```",
    ]
    return _page(lines)


PAGES: dict[str, Callable[[Hub], str]] = {
    "hooks": hooks,
    "actions": actions,
    "events": events,
    "permissions": permissions,
    "settings": settings,
}


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _page(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write all pages."""
    with tempfile.TemporaryDirectory() as folder, make_hub(Path(folder)) as hub:
        for name, write in PAGES.items():
            (FOLDER / f"{name}.md").write_text(write(hub), "utf-8")
            print(f"docs/{name}.md")


if __name__ == "__main__":
    main()

"""`mailhub contacts import`: analyse, import and watch a file from a shell, beside a server or without one."""

from pathlib import Path
from typing import Any

from mailhub.app import open_hub
from mailhub.cli.doing import acting, work_off
from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import imports
from mailhub_contacts.sheet_back import write_bad_rows


def bring(
    config: Config,
    file: Path,
    bad_rows: Path | None,
    *,
    lists: tuple[str, ...],
    groups: tuple[str, ...],
    mapping: str,
    language: str,
    account: int,
    email: str | None,
) -> tuple[dict[str, Any], int]:
    """Import a file to its end. Returns the import as `imports.show` tells it, and how many bad rows were written.

    Raises `UserError`: what the actions raise, or that it was interrupted.
    """
    with open_hub(config) as (hub, _):
        actor = acting(hub, "contacts.import", account, email)
        analysed = hub.call(actor, "contacts.analyse", file=file, mapping=mapping or None, language=language)
        number = int(analysed["number"])
        try:
            _work(hub, analysed, "Analysing")
            begun = hub.call(actor, "contacts.import", number=number, lists=list(lists), groups=list(groups))
            _work(hub, begun, "Importing")
        except KeyboardInterrupt:
            raise _interrupted(hub, actor, number) from None
        except UserError:
            _discard(hub, actor, number)
            raise
        told = hub.call(actor, "imports.show", number=number)
        written = write_bad_rows(imports.find(account, number), bad_rows) if bad_rows else 0
        return told, written


def _work(hub: Hub, told: dict[str, Any], words: str) -> None:
    if told["job"]:
        work_off(hub, int(told["job"]), words)


def _interrupted(hub: Hub, actor: Actor, number: int) -> UserError:
    hub.call(actor, "imports.cancel", number=number)
    return UserError(
        "The import was cancelled: what came in before stays. `mailhub imports undo number={number}` takes it back.",
        number=number,
    )


def _discard(hub: Hub, actor: Actor, number: int) -> None:
    """A file that could not be imported does not wait for a week."""
    if hub.call(actor, "imports.show", number=number)["state"] == "analysed":
        hub.call(actor, "imports.cancel", number=number)

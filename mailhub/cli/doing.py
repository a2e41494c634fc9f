"""`mailhub do`: any registered action from a shell. Exit 0, 1 (a sentence on standard error) or 2 (usage)."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from mailhub.actions import Action
from mailhub.app import open_hub
from mailhub.cli.telling import explained, help_of, readable
from mailhub.config import Config
from mailhub.errors import Invalid, NotFound, UserError
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.people import find_account, find_user
from mailhub.permissions import Actor, console_actor, user_actor

_FREE = {"ignore_unknown_options": True, "allow_extra_args": True}
_OPTIONS = (
    click.option("--account", "account_id", type=int, default=1, show_default=True, help="Number of the account."),
    click.option("--as", "email", metavar="USER", help="Act as this user (e-mail), with their permissions."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    click.option("--wait", is_flag=True, help="Do the background work this starts here and now."),
)


def _with_options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command(context_settings=_FREE)
@click.argument("name", required=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@_with_options
@click.pass_obj
def do(
    config: Config,
    name: str | None,
    words: tuple[str, ...],
    account_id: int,
    email: str | None,
    as_json: bool,
    wait: bool,
) -> None:
    """Run an action: NAME key=value key=@FILE … Without NAME, list them all."""
    with open_hub(config) as (hub, _):
        if name is None:
            _list(hub, as_json)
            return
        action = hub.action(name)
        if words == ("help",):
            click.echo(help_of(action))
            return
        try:
            given = _arguments(action, words)
            result = action.perform(hub, _actor(action, account_id, email), given)
        except UserError as error:
            if as_json:
                told = {"error": str(error), "fields": getattr(error, "fields", {})}
                click.echo(json.dumps(told, ensure_ascii=False))
            raise explained(action, error) from error
        if wait and isinstance(result, dict) and result.get("job"):
            work_off(hub, int(result["job"]))
        click.echo(json.dumps(result, ensure_ascii=False) if as_json else readable(result))


def short_form(area: str) -> click.Command | None:
    """`mailhub contacts import …`, `mailhub account create …`: an area's actions as commands."""
    if not area.isidentifier():
        return None

    @click.command(area, context_settings=_FREE, help=f"Run an action of {area}.")
    @click.argument("verb")
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    @_with_options
    @click.pass_context
    def run(context: click.Context, /, verb: str, **options: Any) -> None:
        context.invoke(do, name=_action_name(area, verb), **options)

    return run


def verb_form(area: str, verb: str) -> click.Command:
    """One action of an area as a command of a plugin's group of that name."""

    @click.command(verb, context_settings=_FREE, help=f"Run the action {_action_name(area, verb)}.")
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    @_with_options
    @click.pass_context
    def run(context: click.Context, /, **options: Any) -> None:
        context.invoke(do, name=_action_name(area, verb), **options)

    return run


def _action_name(area: str, verb: str) -> str:
    return f"{area if area.endswith('s') else f'{area}s'}.{verb}"


def acting(hub: Hub, action: str, account_id: int, email: str | None) -> Actor:
    """Who runs an action from a shell: the machine's operator, or a user by e-mail.

    Raises `NotFound` when the account is not there or the user does not belong to it.
    """
    return _actor(hub.action(action), account_id, email)


def _actor(action: Action, account_id: int, email: str | None) -> Actor:
    if action.name != "accounts.create":  # which makes the first one
        find_account(account_id)
    if email is None:
        return console_actor(account_id)
    user = find_user(email)
    actor = user_actor(user.id, account_id, "cli", user.name)
    if not actor.permissions:
        raise NotFound("{email} does not belong to account {number}.", email=email, number=account_id)
    return actor


def _arguments(action: Action, words: Iterable[str]) -> dict[str, Any]:
    """`key=value`, `--key value` and `--key=value` alike; `@FILE` becomes a path; a key given twice, a list."""
    given: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        key, equals, value = word.removeprefix("--").partition("=")
        if not equals and word.startswith("--") and rest:
            value = rest.pop(0)
        elif not equals:
            raise click.UsageError(f"{word!r} is no key=value. `mailhub do {action.name} help` shows the keys.")
        _put(given, key.replace("-", "_"), _value(value))
    return given


def _put(given: dict[str, Any], key: str, value: Any) -> None:
    if key not in given:
        given[key] = value
        return
    given[key] = [*given[key], value] if isinstance(given[key], list) else [given[key], value]


def _value(text: str) -> Any:
    if not text.startswith("@"):
        return text
    path = Path(text[1:]).expanduser()
    if not path.is_file():
        raise Invalid("There is no file {path}: correct the path after the @.", path=path)
    return path


def _list(hub: Hub, as_json: bool) -> None:
    actions = sorted(hub.actions.values(), key=lambda each: each.name)
    if as_json:
        told = [{"name": each.name, "title": each.title, "permission": each.permission} for each in actions]
        click.echo(json.dumps({"actions": told}))
        return
    width = max(len(each.name) for each in actions)
    for each in actions:
        click.echo(f"{each.name:<{width}}  {each.title}")
    click.echo("\n`mailhub do NAME help` shows an action's arguments.")


def work_off(hub: Hub, job_id: int, words: str = "Working") -> None:
    """Do a job's slices in this process, behind a progress bar; whoever else has it at the moment goes on with it.

    Raises `Invalid` when the job fails.
    """
    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(words, total=None)
        while True:
            more = rows.work(hub, job_id)
            job = rows.Job.get_by_id(job_id)
            bars.update(bar, completed=job.done, total=job.total or None)
            if job.state != rows.WAITING:
                break
            if not more:
                time.sleep(0.05)
    if job.state == rows.FAILED:
        raise Invalid(job.error)

"""The command `mailhub`: words in, an action or a process out. A mistake a person can mend ends in one sentence."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from mailhub import config as configuration
from mailhub.cli.mail import mail
from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.processes import leave_out


class Commands(click.Group):
    """What is no command of ours is a plugin's, or an action's area: `mailhub domains add …` is `mailhub do
    domains.add …`. A plugin may bring a group for such an area: words that it does not know are the actions."""

    def list_commands(self, context: click.Context) -> list[str]:
        try:
            brought = _plugin_commands(context, super().list_commands(context))
        except UserError:  # help is most wanted when the configuration is wrong
            brought = {}
        return sorted([*super().list_commands(context), "do", *brought])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        own = super().get_command(context, name)
        if own is not None or name == "do":
            return own or _action_command(name)
        taken = super().list_commands(context)
        # Most are named as their plugin, which is then the only one that is loaded.
        brought = _plugin_commands(context, taken, only=name).get(name) or _plugin_commands(context, taken).get(name)
        return _with_actions(brought) if isinstance(brought, click.Group) else brought or _action_command(name)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            click.echo(f"mailhub: {error}", err=True)
            sys.exit(1)


class _Area(click.Group):
    """A plugin's group; what it does not know is an action of its name."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        own = super().get_command(context, name)
        if own is not None or not name.isidentifier():
            return own
        from mailhub.cli import doing

        return doing.verb_form(str(self.name), name)


def _with_actions(group: click.Group) -> click.Group:
    return _Area(group.name, group.commands, help=group.help, epilog=group.epilog)


def _plugin_commands(context: click.Context, taken: list[str], only: str = "") -> dict[str, click.Command]:
    """The commands by name of the plugins, or of one; loaded here, since a server's parent process needs no plugin.

    Raises `UserError`: a configuration or plugin that is wrong, a name that is taken.
    """
    from mailhub.plugins import PluginFault, each, load

    path = context.params.get("path") or os.environ.get("MAILHUB_CONFIG") or None
    found: dict[str, click.Command] = {}
    try:
        for plugin, brought in each(load(configuration.load(path), only), "register_commands"):
            for command in brought:
                name = str(command.name)
                if name in found or name in taken or name == "do":
                    raise UserError(
                        f"The plugin {plugin} brings the command {name}, and that name is taken: rename it."
                    )
                found[name] = command
    except PluginFault as fault:
        raise UserError(f"The {fault}. Mend it, or add it to plugins.disabled.") from fault
    return found


def _action_command(name: str) -> click.Command | None:
    from mailhub.cli import doing  # it needs all of MailHub; a server's parent process needs none of it

    return doing.do if name == "do" else doing.short_form(name)


_EPILOG = """Any action is a command too: `mailhub account create --name Acme`, `mailhub domains add`. `mailhub do`
lists the actions, `mailhub do NAME help` shows what one takes."""


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mailhub")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), envvar="MAILHUB_CONFIG", help="The configuration file."
)
@click.pass_context
def main(context: click.Context, path: Path | None) -> None:
    """MailHub: a mail server of your own for campaigns and transactional mail."""
    if path is not None:
        os.environ["MAILHUB_CONFIG"] = str(path.resolve())
    context.obj = configuration.load(path)
    if not context.obj.uses_postgres:
        leave_out("psycopg")
    if not context.obj.uses_redis:
        leave_out("redis")


@main.command()
@click.option("--demo", is_flag=True, help="Fresh data, a demo campaign through the sandbox, then go on serving.")
@click.option("--once", is_flag=True, help="With --demo: end after the campaign's counts.")
@click.pass_obj
def serve(config: Config, demo: bool, once: bool) -> None:
    """Start everything: web, SMTP, workers and scheduler."""
    if once and not demo:
        raise click.UsageError("--once goes with --demo.")
    if demo:
        from mailhub.cli import demo as demonstration

        sys.exit(demonstration.run(config, once))
    from mailhub.cli import serving

    sys.exit(serving.run(config))


@main.command()
@click.pass_obj
def web(config: Config) -> None:
    """Run the pages alone."""
    from mailhub.cli import roles

    roles.web(config)


@main.command()
@click.pass_obj
def smtp(config: Config) -> None:
    """Run the SMTP listeners alone."""
    from mailhub.cli import roles

    roles.smtp(config)


@main.command()
@click.option(
    "--drain", is_flag=True, help="End this machine's workers: they finish what they have and take nothing more."
)
@click.pass_obj
def worker(config: Config, drain: bool) -> None:
    """Run worker processes alone."""
    from mailhub.cli import roles

    if drain:
        ended = roles.drain(config)
        click.echo("The workers have ended" if ended else "No workers were running", nl=False)
        click.echo(": nothing is claimed by this machine, and others go on with what waits.")
    else:
        roles.worker(config)


@main.command()
@click.pass_obj
def scheduler(config: Config) -> None:
    """Run the scheduler alone; of several, one is elected."""
    from mailhub.cli import roles

    roles.scheduler(config)


@main.command()
@click.pass_obj
def migrate(config: Config) -> None:
    """Bring the database to this version."""
    from mailhub.app import open_hub

    with open_hub(config) as (_, ran):
        click.echo("\n".join(ran) if ran else "The database is up to date.")


@main.command()
@click.pass_obj
def plugins(config: Config) -> None:
    """List the plugins, where they are and the hooks they answer."""
    from mailhub.plugins import describe, load

    for name, file, hooks in describe(load(config)):
        click.echo(f"{name}  {file}\n    {', '.join(hooks)}")


@main.command("config")
def config_example() -> None:
    """Print a configuration with every key at its default."""
    click.echo(configuration.example(), nl=False)


main.add_command(mail)

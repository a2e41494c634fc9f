"""`mailhub mail`: files of mail, read without a database. Each command is loaded when it is asked for, and alone."""

from importlib import import_module

import click

_COMMANDS = {
    "check": ("mailhub.cli.mail_check", "Say who a mail is from: SPF, DKIM, ARC and DMARC."),
    "classify": ("mailhub.cli.mail_classify", "Say what came back: bounces, complaints, automatic replies."),
    "report": ("mailhub.cli.mail_report", "Read DMARC and TLS reports."),
}
"""Each command, the module whose `command` it is, and what it does."""


class _Lazy(click.Group):
    """A group that knows its commands' names and loads the one that is run; a listing loads none."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[name][0]).command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(context)])


@click.group(cls=_Lazy)
def mail() -> None:
    """Read files of mail: what came back, who wrote it, what reports say. No database is needed."""

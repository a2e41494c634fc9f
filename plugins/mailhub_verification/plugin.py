"""The hooks this plugin answers: its table of contents. What a role does not need is imported when it is asked for."""

from typing import TYPE_CHECKING

from mailhub import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands() -> "list[click.Command]":
    from mailhub_verification.command import verify

    return [verify]

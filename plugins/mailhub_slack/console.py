"""`mailhub slack …`: what is done from a shell before Slack knows this server."""

import json

import click

from mailhub.config import Config
from mailhub_slack.manifest import manifest as make


@click.group("slack")
def slack() -> None:
    """Set Slack up."""


@slack.command()
@click.option("--socket", is_flag=True, help="For Socket Mode: Slack needs no address of this server.")
@click.option("--url", default="", help="Where Slack reaches this server; server.public_url when left out.")
@click.pass_obj
def manifest(config: Config, socket: bool, url: str) -> None:
    """Print the manifest of the Slack app (JSON), for https://api.slack.com/apps: Create New App, From a manifest."""
    click.echo(json.dumps(make(url or config.server.public_url, socket), indent=2, ensure_ascii=False))

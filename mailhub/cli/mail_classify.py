"""`mailhub mail classify FILE…`: what came back, one line of JSON a file. No database, no network."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mailhub.bounces import Reading, Recipient, classify


@click.command("classify")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
def command(files: tuple[Path, ...]) -> None:
    """Say what came back: bounces, complaints, automatic replies. One JSON line for each file; - is the standard input."""
    unread = [path for path in files if not _tell(path)]
    if unread:
        sys.exit(1)


def _tell(path: Path) -> bool:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        click.echo(f"mailhub: {path} cannot be read ({reason}): name a file that holds one mail.", err=True)
        return False
    click.echo(json.dumps(told(str(path), classify(content)), ensure_ascii=False))
    return True


def told(file: str, reading: Reading) -> dict[str, Any]:
    """A reading as the line of JSON says it."""
    return {"file": file, "kind": reading.kind, "recipients": [_recipient(each) for each in reading.recipients]}


def _recipient(recipient: Recipient) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in asdict(recipient).items()}

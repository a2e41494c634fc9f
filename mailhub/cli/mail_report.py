"""`mailhub mail report FILE…`: reports of receivers as JSON, one record a line. No database, no network."""

import json
import sys
from pathlib import Path

import click

from mailhub.errors import UserError
from mailhub.reports import Unreadable, flat, read

LARGEST = 1 << 30
"""Octets of a file."""
UNPACKED = 4 << 30
"""Octets that an archive may unpack to: whoever reads a file of their own wants all of it, and it takes no memory."""


@click.command("report")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
def command(files: tuple[Path, ...]) -> None:
    """Read DMARC and TLS reports: XML, JSON, gzip, zip, or a mail that holds one. Prints one JSON line per record."""
    troubled = False
    for file in files:
        try:
            _print(file)
        except UserError as error:
            sys.stdout.flush()
            click.echo(f"mailhub: {file}: {error}", err=True)
            troubled = True
    sys.exit(1 if troubled else 0)


def _print(file: Path) -> None:
    empty = True
    for record in read(_octets(file), UNPACKED):
        sys.stdout.write(json.dumps({"file": str(file), **flat(record)}, ensure_ascii=False) + "\n")
        empty = False
    if empty:
        raise Unreadable("The report holds no record: its sender saw no mail, or left it out.")


def _octets(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable("It cannot be read ({reason}): check its name.", reason=error.strerror or "error") from error
    if len(content) > LARGEST:
        raise Unreadable("It has more than {size} MiB: split it, or pack it with gzip.", size=LARGEST >> 20)
    return content

"""`mailhub mail report FILE…`: reports of receivers as JSON, one record a line. No database, no network."""

import json
import sys
from pathlib import Path

import click

from mailhub.errors import UserError
from mailhub.reports import UNPACKED, TooLarge, Unreadable, flat, read

LARGEST = 1 << 30
"""Octets of a file."""
_TOO_LARGE = "It unpacks to more than {limit} MiB: if it is to be trusted, read it with --limit and a larger number."


@click.command("report")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--limit", type=click.IntRange(1, 1 << 20), default=UNPACKED >> 20, show_default=True, metavar="MIB",
    help="How much the archives of one file may unpack to; what comes before is printed.",
)  # fmt: skip
def command(files: tuple[Path, ...], limit: int) -> None:
    """Read DMARC and TLS reports: XML, JSON, gzip, zip, or a mail that holds one. Prints one JSON line per record."""
    troubled = False
    for file in files:
        try:
            _print(file, limit << 20)
        except TooLarge:
            sys.stdout.flush()
            click.echo(f"mailhub: {file}: {_TOO_LARGE.format(limit=limit)}", err=True)
            troubled = True
        except UserError as error:
            sys.stdout.flush()
            click.echo(f"mailhub: {file}: {error}", err=True)
            troubled = True
    sys.exit(1 if troubled else 0)


def _print(file: Path, limit: int) -> None:
    empty = True
    for record in read(_octets(file), limit):
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

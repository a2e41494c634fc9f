"""`mailhub contacts analyse FILE` and `mailhub contacts import FILE --list NAME`; other words are the actions of contacts."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from mailhub.address import REASONS
from mailhub.config import Config
from mailhub.errors import UserError
from mailhub_contacts.file_analysis import ALL, FileAnalysis, analyse_file
from mailhub_contacts.tallies import COUNTS, FATES
from mailhub_contacts.weighing import Base, NoBase

_FILE = click.argument("file", type=click.Path(path_type=Path))
_MAPPING = click.option(
    "--map",
    "mapping",
    metavar="COLUMN=FIELD,…",
    default="",
    help="Other fields for columns: Courriel=address,3=ignore.",
)
_LANGUAGE = click.option("--language", default="", help="en or fr, for contacts whose row has none.")
_ACCOUNT = click.option("--account", type=int, default=1, show_default=True, help="Number of the account.")


@click.group("contacts")
def contacts() -> None:
    """Look at files of contacts and import them. Other words are actions: `mailhub contacts list`."""


class _Rows(click.ParamType[int]):
    name = "N|all"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:
        if value == "all":
            return ALL
        if isinstance(value, int) or str(value).isdecimal():
            return int(value)
        self.fail(f"{value!r} is neither a number nor all.", parameter, context)


@contacts.command()
@_FILE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rows", type=_Rows(), default=10, show_default=True, help="How many rows are shown.")
@click.option("--sheet", default="", help="The sheet of a workbook, if not its first with rows.")
@_MAPPING
@_LANGUAGE
@_ACCOUNT
@click.pass_obj
def analyse(
    config: Config, file: Path, as_json: bool, rows: int, sheet: str, mapping: str, language: str, account: int
) -> None:
    """Say what a file of contacts holds and what it would bring. Writes nothing, needs no server.

    Counts against the contacts of the account when there is a database, else as if there were none.
    """
    _require(file)
    found = analyse_file(
        file, _base(config, account), rows=rows, sheet=sheet, mapping=_pairs(mapping), language=language
    )
    try:
        for piece in found.json() if as_json else _told(found):
            click.echo(piece, nl=False)
    except BrokenPipeError:  # `… | head` has seen enough
        sys.stderr.close()


def _require(file: Path) -> None:
    if not file.is_file():
        raise UserError("There is no file {path}: correct the path.", path=file)


def _pairs(text: str) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in text.split(",") if each.strip()]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _base(config: Config, account: int) -> Base:
    """The account's contacts, when this machine has a database that knows any."""
    if not config.uses_postgres and not (config.data / "mailhub.sqlite").is_file():
        return NoBase()
    from peewee import DatabaseError

    from mailhub.db import open_database
    from mailhub_contacts.bases import AccountBase

    open_database(config)
    base = AccountBase(account)
    try:
        base.known([0])
        base.suppressed([0])
    except DatabaseError:  # it has no such tables (yet), or cannot be reached
        return NoBase()
    return base


def _told(found: FileAnalysis) -> list[str]:
    sheet = found.sheet
    form = [sheet.kind, sheet.encoding, sheet.separator and f"separator {sheet.separator!r}"]
    form += [sheet.sheet and f"sheet {sheet.sheet!r}", "with a header" if sheet.header else "without a header"]
    lines = [", ".join(filter(None, form))]
    if sheet.others:
        lines.append(f"Sheets that are not read: {', '.join(sheet.others)}")
    for each in found.columns:
        lines.append(
            f"  {each['index'] + 1:>3}  {each['name'] or '-':<30}  {each['field']:<20}  {' '.join(each['sample'].split())}"
        )
    told = found.tally.json()
    lines += counted(told)
    for row in told["preview"]:
        lines.append(f"  row {row['row']}: {row['fate']}: {row['address']}{_changes(row['changes'])}")
    for bad in told["bad"][:20]:
        lines.append(f"  row {bad['row']}: {REASONS[bad['reason']]}")
    return [f"{line}\n" for line in lines]


def _changes(changes: dict[str, Any]) -> str:
    return "".join(f"; {name}: {before or ''!r} becomes {after!r}" for name, (before, after) in changes.items())


def counted(told: dict[str, Any]) -> list[str]:
    """A tally (as JSON) in lines for a person."""
    counts = told["counts"]
    parts = ", ".join(f"{counts[fate]:,} {fate}" for fate in FATES)
    lines = [f"{counts['rows']:,} rows: {parts}."]
    lines += [f"  {counts[name]:,} with {name.replace('_', ' ')}" for name in COUNTS[-3:] if counts[name]]
    return lines + [f"  {count:,} bad: {REASONS[reason]}" for reason, count in told["reasons"].items()]


@contacts.command("import")
@_FILE
@click.option("--list", "lists", multiple=True, help="A list they come into: its name, made if new, or number.")
@click.option("--group", "groups", multiple=True, help="A group they are marked with, likewise.")
@click.option("--bad-rows", type=click.Path(path_type=Path), help="Write the rows that were not imported to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the import as one JSON object.")
@click.option("--as", "email", metavar="USER", help="Act as this user (e-mail), with their permissions.")
@_MAPPING
@_LANGUAGE
@_ACCOUNT
@click.pass_obj
def import_(config: Config, /, file: Path, as_json: bool, bad_rows: Path | None, **given: Any) -> None:
    """Import a file of contacts, with a progress bar, and print the report.

    A server that runs does the work, else this command does. Ctrl-C cancels; `mailhub imports undo number=N` undoes.
    """
    _require(file)
    from mailhub_contacts.bringing import bring

    told, written = bring(config, file, bad_rows, **given)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in counted(told["report"]):
        click.echo(line)
    places = ", ".join(each["name"] for each in [*told["lists"], *told["groups"]])
    click.echo(f"Import {told['number']} is {told['state']}{f': {places}' if places else ''}.")
    if written:
        click.echo(f"{written:,} bad rows are in {bad_rows}.")

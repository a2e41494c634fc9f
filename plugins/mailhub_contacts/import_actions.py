"""What can be asked about files of contacts, for every door: analyse, import, show, cancel, undo."""

from pathlib import Path
from typing import Any

from marshmallow import fields

from mailhub.actions import Action, Arguments, argument
from mailhub.errors import Invalid, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import analysing, importing, imports, undoing
from mailhub_contacts.texts import File, Pairs, Texts


class Analyse(Arguments):
    file = argument(File, "the sheet: csv, txt, xls, xlsx or ods", load_default=None)
    number = argument(fields.Integer, "instead of a file: analyse this import again", load_default=None)
    name = argument(fields.String, "the file's name, if it is not its own", load_default="")
    mapping = argument(Pairs, "columns and fields: Courriel=address,3=custom:size,4=ignore", load_default=None)
    language = argument(fields.String, "en or fr, for contacts whose row has none", load_default="")


class AnalyseFile(Analyse):
    encoding = argument(fields.String, "of a text, when another was found: utf-8, cp1252…", load_default="")
    separator = argument(fields.String, "of a text, when another was found: ; , | or a tab", load_default="")
    sheet = argument(fields.String, "of a workbook, if not its first with rows", load_default="")
    header = argument(fields.String, "yes or no, when the other was found", load_default="")


class ImportFile(Analyse):
    number = argument(fields.Integer, "the import that was analysed", load_default=None)
    lists = argument(Texts, "lists the contacts come into: numbers or names, with commas", load_default=[])
    groups = argument(Texts, "groups they are marked with: numbers or names, with commas", load_default=[])


class OneImport(Arguments):
    number = argument(fields.Integer, "number of the import", required=True)


def _analyse(
    hub: Hub,
    actor: Actor,
    file: Path | None,
    number: int | None,
    name: str,
    mapping: dict[str, Any] | None,
    language: str,
    **reading: str,
) -> dict[str, Any]:
    imports.check_language(language)
    how = analysing.Reading(**reading)
    if file and any(how):
        record = analysing.upload(hub, actor, file, name)
    elif file:
        record, mapping = analysing.upload(hub, actor, file, name, mapping), None
    else:
        record = imports.find(actor.account_id, _given(number))
    return imports.show(hub, analysing.analyse(hub, record, mapping, language, how))


def _import(
    hub: Hub,
    actor: Actor,
    file: Path | None,
    number: int | None,
    name: str,
    mapping: dict[str, Any] | None,
    language: str,
    lists: list[str],
    groups: list[str],
) -> dict[str, Any]:
    if file:
        record, mapping = importing.upload_directly(hub, actor, file, name, mapping), None
    else:
        record = imports.find(actor.account_id, _given(number))
    return imports.show(hub, importing.begin(hub, actor, record, lists, groups, language, mapping))


def _given(number: int | None) -> int:
    if number is None:
        raise Invalid(fields={"file": Sentence("There is no file: choose one.")})
    return number


def _show(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return imports.show(hub, imports.find(actor.account_id, number))


def _cancel(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    record = imports.find(actor.account_id, number)
    imports.cancel(hub, record)
    return imports.show(hub, record)


def _undo(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return imports.show(hub, undoing.begin(hub, imports.find(actor.account_id, number)))


# Analysing changes no contact and is not in the log; it keeps the file for a week, in transactions of its own.
ACTIONS: tuple[Action, ...] = (
    Action("contacts.analyse", "Analyse a file of contacts", "contacts.import", _analyse, AnalyseFile, changes=False),
    Action("contacts.import", "Import a file of contacts", "contacts.import", _import, ImportFile),
    Action("imports.show", "Show an import", "contacts.import", _show, OneImport, changes=False, target="number"),
    Action("imports.cancel", "Cancel an import", "contacts.import", _cancel, OneImport, confirm=True, target="number"),
    Action("imports.undo", "Undo an import", "contacts.import", _undo, OneImport, confirm=True, target="number"),
)

"""The import in three steps: choose a file, look at its analysis, watch it go in and read the report."""

import time
from pathlib import Path
from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from mailhub.address import REASONS
from mailhub.errors import Invalid, UserError
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.language import field_errors, language, translate
from mailhub_contacts import imports, labels, lists, people, uploads
from mailhub_contacts.column_words import REASON_HEADER
from mailhub_contacts.columns import IGNORE, MAX_MAPPED, slug
from mailhub_contacts.mapping import CUSTOM
from mailhub_contacts.models import GROUP
from mailhub_contacts.sheet_back import extension, write_bad_rows
from mailhub_contacts.sheet_out import MODEL, download

pages = Blueprint("imports", __name__, template_folder="templates", url_prefix="/imports")


@pages.get("")
@requires("contacts.import")
def index() -> ResponseReturnValue:
    return _index_page({})


@pages.post("")
@requires("contacts.import")
def analyse() -> ResponseReturnValue:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _index_page({"file": gettext("There is no file: choose one.")}), 422
    kept = _keep(file)
    try:
        told = perform("contacts.analyse", file=kept, name=Path(file.filename).name)
    except UserError as error:
        return _index_page(_errors(error)), 422
    finally:
        kept.unlink(missing_ok=True)
    return redirect(
        url_for(
            ".show", number=told["number"], lists=request.form.getlist("lists"), groups=request.form.getlist("groups")
        ),
        303,
    )


def _keep(file: FileStorage) -> Path:
    """Put an upload on this machine's disk for as long as the request lasts."""
    path = uploads.scratch(current_hub()) / f"upload-{time.time_ns()}"
    file.save(path)
    return path


def _index_page(errors: dict[str, str]) -> str:
    latest = [imports.show(current_hub(), record) for record in imports.latest(current_account().id)]
    chosen, groups = (request.values.getlist(name) for name in ("lists", "groups"))  # of the page that led here
    return render_template("contacts/imports.html", errors=errors, latest=latest, chosen=chosen, chosen_groups=groups)


@pages.get("/model.csv")
@requires("contacts.import")
def model() -> ResponseReturnValue:
    return download(MODEL[language()], "model.csv")


@pages.get("/<int:number>")
@requires("contacts.import")
def show(number: int) -> ResponseReturnValue:
    return _import_page(number, {})


@pages.post("/<int:number>/analyse")
@requires("contacts.import")
def analyse_again(number: int) -> ResponseReturnValue:
    try:
        perform("contacts.analyse", number=number, **_chosen(), **_reading())
    except Invalid as error:
        return _import_page(number, field_errors(error)), 422
    except UserError as error:
        return _import_page(number, {"encoding": translate(error.sentence)}), 422
    return redirect(_with_choices(number), 303)


def _with_choices(number: int) -> str:
    """The import's page, with the lists and groups that were ticked or named already."""
    form = request.form
    kept: dict[str, Any] = {name: form.get(name) or None for name in ("new_list", "new_group")}
    return url_for(".show", number=number, lists=form.getlist("lists"), groups=form.getlist("groups"), **kept)


def _reading() -> dict[str, str]:
    return {name: request.form[name] for name in ("encoding", "separator", "sheet", "header") if name in request.form}


@pages.post("/<int:number>/start")
@requires("contacts.import")
def start(number: int) -> ResponseReturnValue:
    wanted = [*request.form.getlist("lists"), request.form.get("new_list", "")]
    groups = [*request.form.getlist("groups"), request.form.get("new_group", "")]
    try:
        perform("contacts.import", number=number, lists=wanted, groups=groups, **_chosen())
    except Invalid as error:
        return _import_page(number, field_errors(error)), 422
    return redirect(url_for(".show", number=number), 303)


@pages.post("/<int:number>/cancel")
@requires("contacts.import")
def cancel(number: int) -> ResponseReturnValue:
    perform("imports.cancel", number=number)
    flask.flash(gettext("The import is cancelled."), "success")
    return redirect(url_for(".show", number=number), 303)


@pages.get("/<int:number>/bad-rows")
@requires("contacts.import")
def bad(number: int) -> ResponseReturnValue:
    """A file like the one that was imported; what is written is gone from the disk when it is sent."""
    record = imports.find(current_account().id, number)
    words = {slug: translate(sentence) for slug, sentence in REASONS.items()}
    path = uploads.scratch(current_hub()) / f"bad-rows-{number}-{time.time_ns()}"
    write_bad_rows(record, path, REASON_HEADER[language()], words)
    file = path.open("rb")
    path.unlink()
    return flask.send_file(file, as_attachment=True, download_name=f"import-{number}-bad-rows.{extension(record)}")


@pages.post("/<int:number>/undo")
@requires("contacts.import")
def undo(number: int) -> ResponseReturnValue:
    perform("imports.undo", number=number)
    return redirect(url_for(".show", number=number), 303)


def _chosen() -> dict[str, Any]:
    form = request.form
    fields = {name.removeprefix("column:"): form[name] for name in form if name.startswith("column:")}
    return {"mapping": fields or None, "language": form.get("language", "")}


def _errors(error: UserError) -> dict[str, str]:
    fields = field_errors(error) if isinstance(error, Invalid) else {}
    return {"file": next(iter(fields.values()), translate(error.sentence))}


def _import_page(number: int, errors: dict[str, str]) -> str:
    account = current_account().id
    told = imports.show(current_hub(), imports.find(account, number))
    titles = labels.titles_of(people.custom_fields(account))
    coming = {each["field"].removeprefix(CUSTOM): each["name"] for each in told["columns"] if each["name"]}
    return render_template(
        "contacts/import.html",
        told=told,
        errors=errors,
        columns=_columns(told, titles),
        titles={**coming, **titles},
        title_of=labels.field_title,
        languages=labels.LANGUAGES,
        separators=labels.SEPARATORS,
        fates=labels.FATES,
        encodings=_encodings(told["encoding"]),
        sheet_choices=[(name, name) for name in [told["sheet"], *told["other_sheets"]]],
        left_out=sum(each["field"] == IGNORE and bool(each["sample"]) for each in told["columns"][MAX_MAPPED:]),
        most=MAX_MAPPED,
        reasons=REASONS,
        lists=lists.with_counts(account),
        groups=lists.with_counts(account, GROUP),
        given=request.values,
    )


def _encodings(found: str) -> list[tuple[str, str]]:
    choices = {name: str(words) for name, words in labels.ENCODINGS.items()}
    return list({found: found, **choices}.items() if found not in choices else choices.items())


def _columns(told: dict[str, Any], titles: dict[str, str]) -> list[dict[str, Any]]:
    """The columns as the form shows them: what was just chosen stays, and each has its choices."""
    shown = []
    for column in told["columns"]:
        number = str(column["index"] + 1)
        own = CUSTOM + (slug(column["name"]) if column["name"] else f"column_{number}")
        described = {**column, "number": number, "own": own}
        described["choices"] = labels.field_choices(described, titles)
        described["field"] = request.form.get(f"column:{number}", column["field"])
        shown.append(described)
    return shown

"""`mailhub contacts …` as a shell runs it: a file without a database, against one, and an import to its end."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from mailhub.cli import main

FILE = (
    "Courriel;Langue;Affichage;Taille\na@example.com;FR;Anne;M\nnobody;FR;;\nA@example.com;;;\nb@example.com;DE;;12\n"
)
KEYS = ["format", "encoding", "separator", "sheet", "header", "columns", "counts", "rows", "bad"]


def run(*words: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, ["contacts", *words], input=input)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, alone: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of contacts and a configuration, and nothing else."""
    (tmp_path / "config.toml").write_text(f'[server]\ndata = "data"\n[plugins]\ndisabled = {alone["disabled"]!r}\n')
    (tmp_path / "base.csv").write_text(FILE, encoding="cp1252")
    monkeypatch.setenv("MAILHUB_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def analysed(*words: str) -> Any:
    answer = run("analyse", *words, "--json")
    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout.count("\n") == 1
    return json.loads(answer.stdout)


def test_a_file_is_analysed_without_a_database(folder: Path) -> None:
    told = analysed("base.csv")
    assert list(told) == KEYS
    assert (told["format"], told["encoding"], told["separator"], told["header"]) == ("csv", "utf-8", ";", True)
    assert told["columns"][3] == {"index": 3, "name": "Taille", "field": "custom:taille"}
    assert told["rows"][3] == ["b@example.com", "DE", "", "12"]
    assert told["bad"] == [{"row": 3, "reason": "no-at-sign"}]
    fates = {name: told["counts"][name] for name in ("rows", "bad", "duplicate", "new", "other_language")}
    assert fates == {"rows": 4, "bad": 1, "duplicate": 1, "new": 2, "other_language": 1}
    assert not (folder / "data").exists()


@pytest.mark.parametrize(("given", "shown"), [("2", 2), ("0", 0), ("all", 4)])
def test_as_many_rows_as_wanted(given: str, shown: int) -> None:
    assert len(analysed("base.csv", "--rows", given)["rows"]) == shown
    assert run("analyse", "base.csv", "--rows", "some").exit_code == 2


def test_a_sheet_of_no_contacts_is_shown_too(folder: Path) -> None:
    (folder / "prices.csv").write_text("pear;1,5\napple;2\n")
    told = analysed("prices.csv")
    assert told["rows"] == [["pear", "1,5"], ["apple", "2"]]
    assert (told["counts"]["bad"], told["bad"][1]) == (2, {"row": 2, "reason": "empty"})


def test_a_sheet_by_its_name(folder: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["first@example.com"])
    book.create_sheet("Others").append(["second@example.com"])
    book.save(folder / "book.xlsx")
    assert analysed("book.xlsx")["rows"] == [["first@example.com"]]
    told = analysed("book.xlsx", "--sheet", "Others")
    assert (told["sheet"], told["rows"]) == ("Others", [["second@example.com"]])
    answer = run("analyse", "book.xlsx", "--sheet", "None")
    assert answer.stderr == "mailhub: book.xlsx has no sheet None: write the name of one that it has.\n"


def test_a_mistake_is_one_sentence(folder: Path) -> None:
    (folder / "letter.csv").write_bytes(b"%PDF-1.7")
    for words in (["analyse", "letter.csv"], ["analyse", "none.csv"], ["import", "none.csv"], ["import", "letter.csv"]):
        answer = run(*words)
        assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
        assert answer.stderr.startswith("mailhub: ")


def test_people_read_it_too() -> None:
    lines = run("analyse", "base.csv", "--map", "Taille=company").stdout.splitlines()
    assert lines[0] == "csv, utf-8, separator ';', with a header"
    assert lines[4].split() == ["4", "Taille", "company", "M"]
    assert "4 rows: 1 bad, 1 duplicate, 0 suppressed, 2 new, 0 changed, 0 unchanged." in lines
    assert "  row 3: The address has no @." in lines


def test_import_to_its_end_then_counted_against_what_is_there(folder: Path) -> None:
    assert run("create", "--name", "x").exit_code == 1  # an action: there is no account yet
    assert CliRunner().invoke(main, ["account", "create", "--name", "Acme"]).exit_code == 0
    words = ("--list", "Spring", "--list", "Autumn", "--group", "Friends", "--bad-rows", "bad.csv", "--language", "en")
    answer = run("import", "base.csv", *words)
    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "4 rows: 1 bad, 1 duplicate, 0 suppressed, 2 new, 0 changed, 0 unchanged.",
        "  1 with empty display", "  1 with no language", "  1 with other language", "  1 bad: The address has no @.",
        "Import 1 is done: Autumn, Spring, Friends.", "1 bad rows are in bad.csv.",
    ]  # fmt: skip
    assert (folder / "bad.csv").read_text("utf-8-sig").splitlines()[1] == "The address has no @.;nobody;FR;;"
    counts = analysed("base.csv")["counts"]
    assert (counts["new"], counts["unchanged"]) == (0, 2)
    assert analysed("base.csv", "--account", "9")["counts"]["new"] == 2
    assert json.loads(run("import", "base.csv", "--json").stdout)["report"]["counts"]["unchanged"] == 2
    assert run("undo").exit_code == 1


def test_what_cannot_be_imported_does_not_wait(folder: Path) -> None:
    CliRunner().invoke(main, ["account", "create", "--name", "Acme"])
    assert run("import", "base.csv", "--list", "x" * 200).exit_code == 1
    told = CliRunner().invoke(main, ["imports", "show", "number=1", "--json"])
    assert json.loads(told.stdout)["state"] == "cancelled"

"""Contact files opened as people make them: every encoding, separator and form, gone on with from any place."""

import dataclasses
import datetime
import json
import time
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from mailhub.errors import UserError
from mailhub_contacts.sheets import MAX_COLUMNS, Layout, Sheet, open_sheet

MODEL = "Courriel;Langue;Affichage\na@b.ca;FR;Madame Côté\nc@d.ca;EN;John\n"
ROWS = [["a@b.ca", "FR", "Madame Côté"], ["c@d.ca", "EN", "John"]]


def written(folder: Path, content: str | bytes, name: str = "base.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def cells(sheet: Sheet) -> list[list[str]]:
    return [row for batch in sheet.batches() for _, row in batch.numbered()]


def numbers(sheet: Sheet) -> list[int]:
    return [number for batch in sheet.batches() for number, _ in batch.numbered()]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
        ("cp850", "cp850"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, told: str, line_end: str) -> None:
    sheet = open_sheet(written(tmp_path, MODEL.replace("\n", line_end), encoding=encoding))
    assert (sheet.kind, sheet.encoding, sheet.separator, sheet.columns) == ("csv", told, ";", 3)
    assert sheet.header == ["Courriel", "Langue", "Affichage"]
    assert cells(sheet) == sheet.sample == ROWS
    assert numbers(sheet) == [2, 3]
    assert (sheet.rows, sheet.rows_known) == (2, True)


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_separators(tmp_path: Path, separator: str) -> None:
    sheet = open_sheet(written(tmp_path, MODEL.replace(";", separator), "base.txt"))
    assert (sheet.kind, sheet.separator) == ("txt", separator)
    assert cells(sheet) == ROWS


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a@b.ca;Tremblay, Jean\nc@d.ca;Roy, Ann\n", ";"),
        ("Courriel\na@b.ca\n", ";"),
        ("Courriel,Langue\n", ","),
        ('"Courriel";"Nom"\n"a@b.ca";"Roy, Ann"\n', ";"),
        ("a@b.ca,x;y;z\nc@d.ca,x;y;z\n", ","),
    ],
)
def test_separator_is_the_one_that_frees_the_addresses(tmp_path: Path, text: str, separator: str) -> None:
    assert open_sheet(written(tmp_path, text)).separator == separator


def test_line_that_names_the_separator(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, "sep=|\r\nCourriel|Note\r\na@b.ca|x;y;z\r\n"))
    assert (sheet.separator, sheet.header, cells(sheet)) == ("|", ["Courriel", "Note"], [["a@b.ca", "x;y;z"]])
    assert numbers(sheet) == [3]


def test_quotes_and_line_breaks_inside_cells(tmp_path: Path) -> None:
    text = 'Courriel;Note\na@b.ca;"one\ntwo; ""three"""\n\nc@d.ca;"x\r\ny"\n'
    sheet = open_sheet(written(tmp_path, text))
    assert cells(sheet) == [["a@b.ca", 'one\ntwo; "three"'], ["c@d.ca", "x\r\ny"]]
    assert numbers(sheet) == [2, 4]


def test_blanks_before_quotes(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, '"Email", "Name"\n"a@b.ca", "Roy, Ann"\n'))
    assert cells(sheet) == [["a@b.ca", "Roy, Ann"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a@b.ca;"Jean\nc@d.ca;Ann\ne@f.ca;Lou\n', [["a@b.ca", '"Jean'], ["c@d.ca", "Ann"], ["e@f.ca", "Lou"]]),
        ('a@b.ca;"Jean" Roy\nc@d.ca;Ann\n', [["a@b.ca", "Jean Roy"], ["c@d.ca", "Ann"]]),
        ('a@b.ca;"Jean\nc@d.ca;"Ann" L\n', [["a@b.ca", '"Jean'], ["c@d.ca", "Ann L"]]),
        ('a@b.ca;5" x 7"\nc@d.ca;x\n', [["a@b.ca", '5" x 7"'], ["c@d.ca", "x"]]),
    ],
)
def test_broken_quotes_swallow_no_row(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    assert cells(open_sheet(written(tmp_path, text))) == rows


def test_a_quote_never_closed_in_a_long_file(tmp_path: Path) -> None:
    lines = [f"a{number}@b.ca;x\n" for number in range(50_000)]
    lines[7] = 'a7@b.ca;"x\n'
    sheet = open_sheet(written(tmp_path, "".join(lines)))
    assert [row[0] for row in cells(sheet)] == [f"a{number}@b.ca" for number in range(50_000)]


def test_ragged_rows_and_empty_columns(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, "Courriel;Langue;;;\na@b.ca;FR;;;\nc@d.ca\n;;;;\ne@f.ca;FR;x;y;z\n"))
    assert sheet.header == ["Courriel", "Langue"]
    assert sheet.columns == 5
    assert cells(sheet)[1:] == [["c@d.ca", "", "", "", ""], ["e@f.ca", "FR", "x", "y", "z"]]
    assert numbers(sheet) == [2, 3, 5]


@pytest.mark.parametrize(
    ("text", "header_row"),
    [
        ("a@b.ca;FR\nc@d.ca;EN\n", 0),
        ("jean@;FR\na@b.ca;FR\n", 0),
        (";FR;Jean\na@b.ca;FR;Ann\n", 0),
        ("X1;X2\na@b.ca;FR\n", 1),
        ("Liste des membres;\n\nCourriel;Langue\nnone;FR\na@b.ca;FR\n", 3),
        ("FR;a@b.ca\n", 0),
        ("Langue;Courriel\nFR;a@b.ca\n", 1),
        ("Courriel;Langue\n", 1),
        ("Jean;FR\nAnn;EN\n", 0),
    ],
)
def test_header_is_found_or_missed_rightly(tmp_path: Path, text: str, header_row: int) -> None:
    sheet = open_sheet(written(tmp_path, text))
    assert sheet.layout.header_row == header_row
    assert numbers(sheet)[:1] == ([header_row + 1] if sheet.rows else [])


def test_end_mark_and_zeros_at_the_end(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, MODEL.encode("cp1252") + b"\x1a" + bytes(30)))
    assert cells(sheet) == ROWS


def test_very_wide_rows_are_not_copied_into_every_row(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, "a@b.ca;FR\n" * 50 + "x;" * 100_000 + "\n"))
    assert sheet.columns == MAX_COLUMNS
    assert {len(row) for row in sheet.sample} == {MAX_COLUMNS}
    assert len(cells(sheet)[-1]) == 100_001


def test_only_a_header(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, "Courriel;Langue\n"))
    assert (sheet.header, sheet.sample, sheet.rows, cells(sheet)) == (["Courriel", "Langue"], [], 0, [])


def test_old_encodings_of_other_countries(tmp_path: Path) -> None:
    for encoding, names in {
        "cp1251": ["Иванов Сергей", "Кузнецова Мария", "Смирнов Алексей"],
        "cp1250": ["Wałęsa Łódź", "Świętosława Wiśniewska", "Gdańsk żółć"],
        "cp1253": ["Παπαδόπουλος Γεώργιος", "Μαρία Κωνσταντίνου"],
        "cp932": ["山田太郎です", "鈴木花子さん"],
        "cp1252": ["Müller Straße", "Größe", "José Peña"],
    }.items():
        text = "".join(f"a{number}@b.ru;{name}\n" for number, name in enumerate(names))
        sheet = open_sheet(written(tmp_path, text, encoding=encoding))
        assert [row[1] for row in cells(sheet)] == names


def test_an_accent_late_in_a_long_file_counts(tmp_path: Path) -> None:
    text = "a@b.ca;x\n" * 400_000 + "c@d.ca;Émile Côté\n"
    sheet = open_sheet(written(tmp_path, text, encoding="cp1252"))
    assert sheet.encoding == "cp1252"
    assert cells(sheet)[-1] == ["c@d.ca", "Émile Côté"]


def test_stray_bytes_in_utf_8_are_read_and_none_is_lost(tmp_path: Path) -> None:
    content = "a@b.ca;Émile Côté-Bélanger\n".encode() + "c@d.ca;Zoé\n".encode("cp1252") + "e@f.ca;Noël\0\n".encode()
    sheet = open_sheet(written(tmp_path, content))
    assert sheet.encoding == "utf-8"
    assert [row[1] for row in cells(sheet)] == ["Émile Côté-Bélanger", "Zoé", "Noël"]


LONG = "Courriel;Note\n" + "".join(
    f'é{n}@b.ca;"ligne 1\nligne {n}"\n' if n % 3 else f'b{n}@b.ca;"x" y\n\n' for n in range(5000)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_going_on_from_any_token(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, LONG, encoding=encoding)
    sheet = open_sheet(path)
    whole = [pair for batch in sheet.batches(size=700) for pair in batch.numbered()]
    seen = []
    layout = Layout(**json.loads(json.dumps(dataclasses.asdict(sheet.layout))))
    token, progress = "", 0.0
    while batch := next(open_sheet(path, layout=layout).batches(token, 700), None):
        seen += batch.numbered()
        token = batch.token
        assert progress < (progress := sheet.progress(token)) <= 1
    assert seen == whole
    assert len(whole) == 5000
    assert progress == 1
    assert whole[-1] == (1 + 5000 + 5000 // 3 + 1, ["é4999@b.ca", "ligne 1\nligne 4999"])


def test_a_person_may_correct_the_layout(tmp_path: Path) -> None:
    path = written(tmp_path, "Côté,x;a@b.ca\n", encoding="cp1252")
    found = open_sheet(path).layout
    changed = dataclasses.replace(found, separator=",", encoding="latin-1", header_row=1)
    sheet = open_sheet(path, layout=changed)
    assert (sheet.header, sheet.separator, cells(sheet)) == (["Côté", "x;a@b.ca"], ",", [])


def test_a_file_without_line_ends_stays_within_bounds(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, "a@b.ca;" * 1_000_000))
    rows = cells(sheet)
    assert sum(cell == "a@b.ca" for row in rows for cell in row) > 999_000
    assert len(rows) > 1


def test_quotes_that_hold_megabytes_are_taken_for_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailhub_contacts.sheet_text._LONGEST_BATCH", 2**20)
    sheet = open_sheet(written(tmp_path, "a@b.ca;x\n" + '"aa\n";' * 200_000 + "\nc@d.ca;y\n"))
    assert max(len(row) for batch in sheet.batches() for row in batch.rows) < 10
    assert cells(sheet)[-1][:2] == ["c@d.ca", "y"]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n", b";;;\n;;;\n", "\ufeff\n".encode("utf-16-le")])
def test_empty_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UserError, match=r"liste\.csv is empty"):
        open_sheet(written(tmp_path, content), name="liste.csv")


@given(
    st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=4), min_size=1, max_size=8), st.sampled_from(";,\t|")
)
def test_any_table_comes_back(tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], separator: str) -> None:
    """Whatever is written with quotes is read as it was, except NULs and the end marks of old programs."""
    text = "".join(separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\r\n" for row in table)
    path = written(tmp_path_factory.mktemp("any"), text.encode("utf-8", "surrogatepass"))
    layout = Layout("csv", "utf-8", separator)
    expected = [[cell.replace("\0", "").replace("\x1a", "") for cell in row] for row in table]
    if any(cell.strip() for row in expected for cell in row):
        read = [row for batch in open_sheet(path, layout=layout).batches() for row in batch.rows]
        assert [row[: len(kept)] for row, kept in zip(read, expected, strict=True)] == expected


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    said = ""
    try:
        cells(open_sheet(written(tmp_path_factory.mktemp("any"), content)))
    except UserError as error:
        said = str(error)
    assert not said or said.startswith("base.csv is ")


def book(path: Path) -> Path:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Vide"
    page = workbook.create_sheet("Membres")
    page.append(["Courriel", "Langue", "Né le", "Âge", "Actif", "Note"])
    page.append(["a@b.ca", "FR", datetime.date(1980, 2, 3), 44, True, "x; y\nz"])
    page.append([])
    page.append(["c@d.ca", "EN", datetime.datetime(2024, 1, 2, 3, 4, 5), 12.5, False, " "])
    workbook.create_sheet("Autre").append(["z@z.ca"])
    workbook.save(path)
    return path


def test_xlsx(tmp_path: Path) -> None:
    sheet = open_sheet(book(tmp_path / "membres.xlsx"))
    assert (sheet.kind, sheet.encoding, sheet.separator, sheet.sheet) == ("xlsx", "", "", "Membres")
    assert sheet.others == ("Vide", "Autre")
    assert sheet.header == ["Courriel", "Langue", "Né le", "Âge", "Actif", "Note"]
    assert [pair for batch in sheet.batches() for pair in batch.numbered()] == [
        (2, ["a@b.ca", "FR", "1980-02-03", "44", "true", "x; y\nz"]),
        (4, ["c@d.ca", "EN", "2024-01-02T03:04:05", "12.5", "false", ""]),
    ]
    assert (sheet.rows, sheet.rows_known) == (3, True)


def test_xls_under_another_name(tmp_path: Path) -> None:
    workbook = xlwt.Workbook()
    page = workbook.add_sheet("A")
    for column, value in enumerate(["é@b.ca", 3.0, True, 2.25]):
        page.write(1, column + 1, value)
    workbook.save(str(tmp_path / "base.csv"))
    sheet = open_sheet(tmp_path / "base.csv")
    assert (sheet.kind, sheet.header) == ("xls", [])
    assert [pair for batch in sheet.batches() for pair in batch.numbered()] == [
        (2, ["", "é@b.ca", "3", "true", "2.25"])
    ]


def test_a_workbook_is_unpacked_once_into_the_scratch_folder(tmp_path: Path) -> None:
    path, scratch = book(tmp_path / "membres.xlsx"), tmp_path / "scratch"
    layout = open_sheet(path, scratch=scratch).layout
    (flat,) = scratch.iterdir()
    made = flat.stat().st_mtime_ns
    began = time.process_time()
    batch = next(open_sheet(path, layout=layout, scratch=scratch).batches(size=1))
    assert time.process_time() - began < 0.5
    assert (batch.first, batch.rows[0][0], flat.stat().st_mtime_ns) == (2, "a@b.ca", made)


def test_without_scratch_folder_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, temporary = book(tmp_path / "membres.xlsx"), tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    sheet = open_sheet(path)
    assert len(list(temporary.iterdir())) == 1
    del sheet
    assert list(temporary.iterdir()) == []


def test_reading_csv_is_fast(tmp_path: Path) -> None:
    line = "user@example.com;FR;Monsieur Tremblay;Jean;Tremblay;Montréal;Société inc.;H0H 0H0\n"
    sheet = open_sheet(written(tmp_path, line * 100_000))
    began = time.process_time()
    assert sum(len(batch.rows) for batch in sheet.batches()) == 100_000
    assert time.process_time() - began < 2  # 50,000 rows/s on a busy machine; alone it does over 900,000
